"""Diffusion model of curves: a trained network with its encoders, scheduler and layout."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.encoder import Conditioning, Encoder, FeatureExtractor, TechniqueEncoder
from djtrans.core.contracts.scheduler import AnyScheduler, Level
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.tying import tie_stems
from djtrans.core.curves.vocal_rests import limit_vocal_fades
from djtrans.core.errors import InputError, ShapeError
from djtrans.diffusion.conditioning import ConditioningSlot, concatenate
from djtrans.diffusion.guidance import Guidance
from djtrans.diffusion.layout_part import LayoutPart, check_layout
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.normalization import Scaling
from djtrans.diffusion.sampling import CleanGuide, Start, sample

if TYPE_CHECKING:
    from djtrans.diffusion.checkpoint import ModelRecord

#: Shortest and longest window that models are trained on and accept, in bars.
SHORTEST_BARS, LONGEST_BARS = 4, 64

#: Changes clean curves ``[batch, frames, parameters]``, -1 to 1, at a noise level of sampling, for
#: a request: ``guide(clean, level, request)``. The parameters are those of the request's layout;
#: only changes of the model's own parameters are kept.
Guide: TypeAlias = "Callable[[Tensor, Level, CurveRequest], Tensor]"


@attrs.frozen
class InferenceConfig:
    """Sampling settings of a model.

    Attributes
    ----------
    steps : int
        Number of steps; 0 takes the default of the scheduler. A step is one network evaluation
        unless the scheduler makes several.
    guidance_scale : float
        Classifier-free guidance scale, 0 to 20; 1 is no guidance, 0 is unconditional.
    no_technique_guidance_scale : float
        Scale of requests without a technique. The kind of transition is open then, and
        extrapolating away from the mean of all kinds may end between two of them.
    guidance_interval : tuple of float
        Lowest and highest noise fraction at which to guide. High noise levels decide the kind of
        transition; guidance at low ones makes curves overshoot [1]_.
    objective : float
        Objective of requests without one; see :class:`djtrans.CurveRequest`.

    See Also
    --------
    get_inference_config : Create one from keyword arguments.
    Guidance : Guidance alone.

    References
    ----------
    .. [1] T. Kynkäänniemi et al., Applying Guidance in a Limited Interval Improves Sample and
       Distribution Quality in Diffusion Models, NeurIPS 2024.

    Examples
    --------
    >>> from djtrans.diffusion import InferenceConfig
    >>> InferenceConfig(guidance_scale=3.0).guidance("djtrans/cut").scale
    3.0
    """

    steps: int = setting(0, "Sampling steps; 0: the scheduler's default.", minimum=0, maximum=1000)
    guidance_scale: float = setting(
        2.0, "Classifier-free guidance scale; 1: off.", unit="ratio", minimum=0.0, maximum=20.0
    )
    no_technique_guidance_scale: float = setting(
        1.0,
        "Guidance scale of requests without a technique.",
        unit="ratio",
        minimum=0.0,
        maximum=20.0,
    )
    guidance_interval: tuple[float, float] = setting(
        (0.3, 1.0),
        "Lowest and highest noise fraction at which to guide.",
        unit="fraction",
        minimum=0.0,
        maximum=1.0,
    )
    objective: float = setting(
        1.0,
        "Share of the possible improvement on the rules that a model aims at.",
        minimum=-1.0,
        maximum=2.0,
    )

    def __attrs_post_init__(self) -> None:
        self.guidance("")  # validates the interval

    def guidance(self, technique: str) -> Guidance:
        """Return the guidance for a technique, or for no technique if `technique` is empty."""
        scale = self.guidance_scale if technique else self.no_technique_guidance_scale
        return Guidance(scale, self.guidance_interval)


@attrs.frozen(eq=False)
class DiffusionModel:
    """Curve source that samples a trained diffusion network.

    Attributes
    ----------
    network : DiffusionNetwork
        Network in evaluation mode.
    layout : Layout
        Parameters of the curves, in column order.
    stems : tuple of str
        Stems of the features in training.
    encoders : tuple of Encoder
        Encoders in the order of the network's slots.
    extractors : tuple of FeatureExtractor
        Extractors of the encoders that declare one; the features of a request must contain their
        arrays.
    scheduler : Scheduler or StagedScheduler
        Noise schedule and solver.
    default_steps : int
        Number of steps that the scheduler declares.
    frames_per_beat : int
        Frame rate in training.
    inference : InferenceConfig
        Sampling settings.
    card : mapping
        Facts about the training, JSON-ready.
    name, sha256 : str
        File name, and SHA-256 of the file.
    scheduler_name : str
        Qualified name of the scheduler.
    scheduler_config : mapping
        Full config of the scheduler, JSON-ready.
    loaded : mapping of str to str
        Parts of the model as its file has them (:func:`djtrans.diffusion.identity.identify`);
        empty for a model that was not loaded from a file.
    record : ModelRecord, optional
        Record that it was built from, with which it can be saved.

    See Also
    --------
    load_model : Read a model from a file or a hub.
    with_scheduler : Exchange the scheduler.

    Examples
    --------
    >>> import djtrans
    >>> model = djtrans.load_model(device="cpu")
    >>> model.stems
    ('drums', 'bass', 'vocals', 'other')
    >>> len(model.layout)
    54
    """

    network: DiffusionNetwork
    layout: Layout
    stems: tuple[str, ...]
    encoders: tuple[Encoder, ...]
    scheduler: AnyScheduler
    default_steps: int
    frames_per_beat: int = 2
    inference: InferenceConfig = InferenceConfig()
    card: Mapping[str, Any] = attrs.field(factory=dict)
    name: str = ""
    sha256: str = ""
    scheduler_name: str = ""
    scheduler_config: Mapping[str, Any] = attrs.field(factory=dict)
    extractors: tuple[FeatureExtractor, ...] = ()
    loaded: Mapping[str, str] = attrs.field(factory=dict)
    record: ModelRecord | None = None

    @property
    def steps(self) -> int:
        """Number of steps of one generation."""
        return self.inference.steps or self.default_steps

    def knows(self, technique: str) -> bool:
        """Return True if every technique encoder has this technique in its vocabulary.

        A model without a technique encoder accepts any technique and ignores it.
        """
        technique_encoders = [e for e in self.encoders if isinstance(e, TechniqueEncoder)]
        return all(encoder.knows(technique) for encoder in technique_encoders)

    @property
    def undertrained(self) -> str:
        """Why the model may be undertrained, from its card; ``""`` if nothing indicates it.

        It is, if its weights are from the first half of the planned steps of its run, or if no
        validation was made. Models without these facts, such as older ones, are not.
        """
        trained, planned = self.card.get("trained"), self.card.get("train")
        if not isinstance(trained, Mapping):
            return ""
        done = trained.get("steps")
        steps = planned.get("steps") if isinstance(planned, Mapping) else None
        if isinstance(done, int) and isinstance(steps, int) and done < steps / 2:
            return f"it was trained for {done} of {steps} planned steps"
        if trained.get("validation_loss") is None:
            return "its loss on held-out data was never measured"
        return ""

    @property
    def device(self) -> torch.device:
        """Device of the weights."""
        return next(self.network.parameters()).device

    def generate(self, request: CurveRequest) -> Tensor:
        """Sample curves for a request; its seed determines the noise.

        Stems whose curves are nearly equal get one curve, see
        :func:`djtrans.core.curves.tying.tie_stems`; then vocal faders that would cut off a sung
        line are slowed down, see :func:`djtrans.core.curves.vocal_rests.limit_vocal_fades`.

        Parameters
        ----------
        request : CurveRequest
            Window, technique and features of both tracks.

        Returns
        -------
        Tensor
            ``[frames, parameters]`` on the CPU, in the units of the parameters.

        Raises
        ------
        LayoutError
            If the layout of the request lacks parameters of the model, or has other stems.
        InputError
            If the length of the window, its frame rate or its stems do not occur in training.
        """
        return self.generate_many(request, [request.seed])[0]

    def generate_many(
        self,
        request: CurveRequest,
        seeds: Sequence[int],
        *,
        guides: Sequence[Guide] = (),
        start: Tensor | None = None,
        strength: float = 1.0,
    ) -> Tensor:
        """Sample curves for a request with several seeds, as one batch.

        The mixer may have more parameters than the model was trained on: they have the curves of
        ``request.rest``, by default neutral ones.

        Parameters
        ----------
        request : CurveRequest
            Window, technique and features of both tracks; its own seed is ignored.
        seeds : sequence of int
            One for each result; a result does not depend on the other seeds.
        guides : sequence of callable
            ``guide(clean, level, request)`` changes the clean prediction of each step, such as
            :class:`djtrans.objectives.ObjectiveGuide`.
        start : Tensor, optional
            ``[frames, parameters]`` curves to vary, in the units of the parameters.
        strength : float
            How far the results may be from `start`, greater than 0 and at most 1.

        Returns
        -------
        Tensor
            ``[seeds, frames, parameters]`` on the CPU, in the units of the parameters.

        Raises
        ------
        LayoutError
            If the layout of the request lacks parameters of the model, or has other stems.
        InputError
            If the length of the window, its frame rate or its stems do not occur in training, or
            there is no seed.
        ShapeError
            If the curves to vary have another number of frames or parameters.

        Examples
        --------
        >>> import djtrans
        >>> model = djtrans.load_model(device="cpu")
        >>> request = djtrans.CurveRequest(model.layout, n_frames=64, swap_beat=16)
        >>> model.generate_many(request, seeds=(1, 2, 3)).shape
        torch.Size([3, 64, 54])
        """
        self.check(request)
        if not seeds:
            raise InputError("No seed was given; give at least one.")
        if start is not None and len(start) != request.n_frames:
            raise ShapeError(
                f"The curves to vary have {len(start)} frames and the request {request.n_frames}; "
                "give curves of this length."
            )
        part = LayoutPart.of(self.layout, request)
        aimed = request.objective if request.objective is not None else self.inference.objective
        conditioning, missing = encode(
            self.encoders, self.network, attrs.evolve(part.own, objective=aimed)
        )
        scaling = Scaling(self.layout)
        curves = sample(
            self.network,
            self.scheduler,
            on_device(_repeated(conditioning, len(seeds)), self.device),
            steps=self.steps,
            seed=seeds,
            guidance=self.inference.guidance(request.technique),
            missing=missing.repeat(len(seeds), 1).to(self.device),
            guides=[_guide_for(guide, part) for guide in guides],
            start=None if start is None else Start(scaling.to_model(part.select(start)), strength),
        )
        each = tie_stems(scaling.from_model(curves.cpu()), self.layout)
        return part.insert(torch.stack([limit_vocal_fades(values, part.own) for values in each]))

    @classmethod
    def from_pretrained(
        cls, path: str | os.PathLike[str], *, revision: str | None = None, **options: Any
    ) -> DiffusionModel:
        """Load a model; :func:`djtrans.load_model` with a revision as an argument.

        Parameters
        ----------
        path : path or str
            File, folder, or id of a repository on the hub.
        revision : str, optional
            Branch, tag or commit of the repository; a commit pins the model.
        **options
            `device`, `scheduler`, `inference`, `registry` of :func:`djtrans.load_model`.
        """
        from djtrans.diffusion.loading import load_model

        return load_model(path if revision is None else f"{os.fspath(path)}@{revision}", **options)

    def save_pretrained(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write the model and its card; see :func:`djtrans.diffusion.sharing.save_pretrained`."""
        from djtrans.diffusion.sharing import save_pretrained

        return save_pretrained(self, folder)

    def push_to_hub(self, repository: str, **options: Any) -> str:
        """Upload the model and its card; see :func:`djtrans.diffusion.sharing.push_to_hub`."""
        from djtrans.diffusion.sharing import push_to_hub

        return push_to_hub(self, repository, **options)

    def draw(self, request: CurveRequest) -> Tensor:
        """Call :meth:`generate`, its name since 0.2."""
        warnings.warn("draw() is now generate().", DeprecationWarning, stacklevel=2)
        return self.generate(request)

    def check(self, request: CurveRequest) -> None:
        """Raise if the model was not trained for a request; see :meth:`generate`."""
        check_layout(self.layout, request.layout)
        if request.frames_per_beat != self.frames_per_beat:
            raise InputError(
                f"The model generates {self.frames_per_beat} frames per beat, but the request has "
                f"{request.frames_per_beat}; request {self.frames_per_beat} and resample the "
                "curves (n_frames)."
            )
        bars = request.beats / request.beats_per_bar
        if not SHORTEST_BARS <= bars <= LONGEST_BARS:
            raise InputError(
                f"The model was not trained on windows of {bars:g} bars; choose "
                f"{SHORTEST_BARS} to {LONGEST_BARS} bars, or a technique."
            )
        for features in (request.features_a, request.features_b):
            if features is not None and features.stem_names != self.stems:
                raise InputError(
                    f"The stems are {', '.join(features.stem_names)}; the model was trained on "
                    f"{', '.join(self.stems)}. Choose a separator with these stems."
                )


def encode(
    encoders: tuple[Encoder, ...], network: DiffusionNetwork, request: CurveRequest
) -> tuple[Conditioning, Tensor]:
    """Encode one request with all encoders: the inputs of the network.

    Parameters
    ----------
    encoders : tuple of Encoder
        Encoders in the order of the network's slots.
    network : DiffusionNetwork
        Provides the slots.
    request : CurveRequest
        The transition.

    Returns
    -------
    conditioning : Conditioning
        Concatenated results of the encoders' ``encode``, with a batch of 1.
    missing : Tensor
        ``[1, encoders]`` bool: encoders that have no conditioning for this request.

    Raises
    ------
    InputError
        If the features lack the arrays of an encoder's extractor.
    """
    parts, missing = [], []
    for encoder, slot in zip(encoders, network.slots, strict=True):
        _check_extracted(slot, request)
        encoded = encoder.encode(request)
        missing.append(encoded is None)
        parts.append(encoded or _zeros(request.n_frames, *slot.input_widths))
    if not parts:
        parts.append(_zeros(request.n_frames, 0, 0))
    return concatenate(parts), torch.tensor([missing], dtype=torch.bool)


def _check_extracted(slot: ConditioningSlot, request: CurveRequest) -> None:
    if slot.extractor is None:
        return
    name = slot.extractor[0]
    for side, features in (("A", request.features_a), ("B", request.features_b)):
        if features is not None and not any(k.startswith(f"{name}/") for k in features.extra):
            raise InputError(
                f"The encoder {slot.encoder} needs the features of its extractor {name!r}, which "
                f"was not run for track {side}; pass the model's extractors where the features are "
                "built: build_track_features(..., extractors=model.extractors)."
            )


def _zeros(frames: int, per_frame: int, global_: int) -> Conditioning:
    return Conditioning(torch.zeros(1, frames, per_frame), torch.zeros(1, global_))


def _guide_for(guide: Guide, part: LayoutPart) -> CleanGuide:
    def guided(clean: Tensor, level: Level) -> Tensor:
        return part.select(guide(part.insert_normalized(clean), level, part.request))

    return guided


def _repeated(conditioning: Conditioning, times: int) -> Conditioning:
    """Repeat the conditioning of one request as a batch."""
    mask = conditioning.mask
    return Conditioning(
        conditioning.per_frame.repeat(times, 1, 1),
        conditioning.global_.repeat(times, 1),
        None if mask is None else mask.repeat(times, 1),
    )


def on_device(conditioning: Conditioning, device: torch.device) -> Conditioning:
    """Move the tensors of conditioning to a device."""
    mask = conditioning.mask
    return Conditioning(
        conditioning.per_frame.to(device),
        conditioning.global_.to(device),
        None if mask is None else mask.to(device),
    )
