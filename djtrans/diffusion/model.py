"""A trained network with all that it takes to draw: a curve model like any technique."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.encoder import Conditioning, Encoder, FeatureExtractor, TechniqueEncoder
from djtrans.core.contracts.scheduler import Scheduler
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.vocal_rests import limit_vocal_fades
from djtrans.core.errors import InputError, LayoutError
from djtrans.diffusion.conditioning import ConditioningSlot, join
from djtrans.diffusion.guidance import Guidance
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.normalization import Scaling
from djtrans.diffusion.sampling import sample

#: Windows that a model is trained on and may be asked for, in bars.
SHORTEST_BARS, LONGEST_BARS = 4, 64


@attrs.frozen
class InferenceConfig:
    """How a model is sampled.

    Attributes
    ----------
    steps : int
        Evaluations of the network; 0 takes as many as the scheduler is best at.
    guidance_scale : float
        1 follows the conditioning as it was learned, 0 ignores it.
    wishless_guidance_scale : float
        The same where no technique is wished for. The kind of transition is open then, and what
        leads away from the mean of all of them leads between two as well.
    guidance_interval : tuple of float
        Lowest and highest noise fraction at which to guide. Which transition it will be is decided
        where there is much noise; guided to the end, curves overshoot what was learned [1]_.

    References
    ----------
    .. [1] T. Kynkäänniemi et al., Applying Guidance in a Limited Interval Improves Sample and
       Distribution Quality in Diffusion Models, NeurIPS 2024.
    """

    steps: int = setting(
        0, "Evaluations of the network; 0: the scheduler's own.", minimum=0, maximum=1000
    )
    guidance_scale: float = setting(
        2.0, "How far the conditioning is followed.", unit="ratio", minimum=0.0, maximum=20.0
    )
    wishless_guidance_scale: float = setting(
        1.0, "The same without a wished technique.", unit="ratio", minimum=0.0, maximum=20.0
    )
    guidance_interval: tuple[float, float] = setting(
        (0.3, 1.0),
        "Noise fractions between which to guide.",
        unit="fraction",
        minimum=0.0,
        maximum=1.0,
    )

    def __attrs_post_init__(self) -> None:
        self.guidance("")  # refuses an interval that is none

    def guidance(self, technique: str) -> Guidance:
        """The guidance alone, with a wish or, where that is empty, without one."""
        scale = self.guidance_scale if technique else self.wishless_guidance_scale
        return Guidance(scale, self.guidance_interval)


@attrs.frozen(eq=False)
class DiffusionModel:
    """Draws curves by denoising, told of the tracks and of the wish by its encoders.

    Attributes
    ----------
    network : DiffusionNetwork
        In inference.
    layout : Layout
        What its columns mean.
    stems : tuple of str
        Stems that its encoders heard in training.
    encoders : tuple of Encoder
        In the order of the network's slots.
    extractors : tuple of FeatureExtractor
        Of the encoders that declare one: features that it is asked with must hold their arrays.
    scheduler : Scheduler
    default_steps : int
        What the scheduler is best at.
    frames_per_beat : int
        Frames that it was trained on.
    inference : InferenceConfig
    card : mapping
        What is known of its training.
    name, sha256 : str
        File that it was read from, and the hash of its bytes.
    scheduler_name : str
        Qualified name.
    scheduler_config : mapping
        Its full config, JSON-ready.
    """

    network: DiffusionNetwork
    layout: Layout
    stems: tuple[str, ...]
    encoders: tuple[Encoder, ...]
    scheduler: Scheduler
    default_steps: int
    frames_per_beat: int = 2
    inference: InferenceConfig = InferenceConfig()
    card: Mapping[str, Any] = attrs.field(factory=dict)
    name: str = ""
    sha256: str = ""
    scheduler_name: str = ""
    scheduler_config: Mapping[str, Any] = attrs.field(factory=dict)
    extractors: tuple[FeatureExtractor, ...] = ()

    @property
    def steps(self) -> int:
        """Evaluations of the network that a drawing takes."""
        return self.inference.steps or self.default_steps

    def knows(self, technique: str) -> bool:
        """Whether it can be asked for a technique: each of its encoders that are told has a word.

        A model that no encoder tells of techniques draws what it likes: it knows them all.
        """
        told = [e for e in self.encoders if isinstance(e, TechniqueEncoder)]
        return all(encoder.knows(technique) for encoder in told)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next(self.network.parameters()).device

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]`` on the CPU; the request's seed decides all noise.

        Vocal faders that would cut a sung line are slowed down, see
        :func:`djtrans.core.curves.vocal_rests.limit_vocal_fades`.

        Raises
        ------
        LayoutError
            If the request's parameters are not those that it was trained on.
        InputError
            If the window has a length, a frame rate or stems that it was not trained on.
        """
        self.check(request)
        conditioning, absent = encode(self.encoders, self.network, request)
        curves = sample(
            self.network,
            self.scheduler,
            on_device(conditioning, self.device),
            steps=self.steps,
            seed=request.seed,
            guidance=self.inference.guidance(request.technique),
            absent=absent.to(self.device),
        )
        return limit_vocal_fades(Scaling(self.layout).from_model(curves[0].cpu()), request)

    def draw(self, request: CurveRequest) -> Tensor:
        """Call :meth:`generate`, its name since 0.2."""
        warnings.warn("draw() is now generate().", DeprecationWarning, stacklevel=2)
        return self.generate(request)

    def check(self, request: CurveRequest) -> None:
        """Refuse what it was not trained on."""
        check_layout(self.layout, request.layout)
        if request.frames_per_beat != self.frames_per_beat:
            raise InputError(
                f"The model draws {self.frames_per_beat} frames per beat and "
                f"{request.frames_per_beat} are asked for; ask for {self.frames_per_beat} and "
                "resample the curves (n_frames)."
            )
        bars = request.beats / request.beats_per_bar
        if not SHORTEST_BARS <= bars <= LONGEST_BARS:
            raise InputError(
                f"A window of {bars:g} bars is not what the model was trained on; give "
                f"{SHORTEST_BARS} to {LONGEST_BARS}, or a technique."
            )
        for features in (request.features_a, request.features_b):
            if features is not None and features.stem_names != self.stems:
                raise InputError(
                    f"The stems are {', '.join(features.stem_names)}; the model was trained on "
                    f"{', '.join(self.stems)}. Choose a separator that gives these."
                )


def check_layout(trained: Layout, asked: Layout) -> None:
    """Refuse a layout whose numbers mean something else; say what differs.

    Raises
    ------
    LayoutError
        If the digests differ.
    """
    if differs := layout_difference(trained, asked):
        raise LayoutError(
            f"The model was trained for another mixer: {differs}. Choose the mixer that it was "
            "trained for, a technique, or train a model for this one (djtrans train --mixer)."
        )


def layout_difference(trained: Layout, asked: Layout) -> str:
    """How the layout of a mixer differs from that of a model; ``""`` where it does not."""
    if trained.digest == asked.digest:
        return ""
    lacks = [key for key in trained.keys if key not in set(asked.keys)]
    more = [key for key in asked.keys if key not in set(trained.keys)]
    parts = []
    if more:
        parts.append(f"the mixer has {_some(more)}, which the model does not know")
    if lacks:
        parts.append(f"the model draws {_some(lacks)}, which the mixer lacks")
    if not parts:
        mine = {row.key: row.parameter for row in trained.rows}
        changed = [row.key for row in asked.rows if row.parameter != mine[row.key]]
        parts.append(
            f"{_some(changed)} have another range or meaning" if changed else "the order differs"
        )
    return "; ".join(parts)


def _some(keys: list[str]) -> str:
    rest = f" and {len(keys) - 2} more" if len(keys) > 2 else ""
    return ", ".join(keys[:2]) + rest


def encode(
    encoders: tuple[Encoder, ...], network: DiffusionNetwork, request: CurveRequest
) -> tuple[Conditioning, Tensor]:
    """Encode one request with all encoders: the inputs of the network.

    Returns
    -------
    conditioning : Conditioning
        Batch 1; what the encoders' ``encode`` gives, joined.
    absent : Tensor
        ``[1, encoders]`` bool: encoders that have no conditioning for this request.

    Raises
    ------
    InputError
        If the features lack the arrays of an encoder's extractor.
    """
    parts, absent = [], []
    for encoder, slot in zip(encoders, network.slots, strict=True):
        _check_extracted(slot, request)
        said = encoder.encode(request)
        absent.append(said is None)
        parts.append(said or _silence(request.n_frames, *slot.input_widths))
    if not parts:
        parts.append(_silence(request.n_frames, 0, 0))
    return join(parts), torch.tensor([absent], dtype=torch.bool)


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


def _silence(frames: int, per_frame: int, global_: int) -> Conditioning:
    return Conditioning(torch.zeros(1, frames, per_frame), torch.zeros(1, global_))


def on_device(conditioning: Conditioning, device: torch.device) -> Conditioning:
    """The conditioning with its tensors on a device."""
    mask = conditioning.mask
    return Conditioning(
        conditioning.per_frame.to(device),
        conditioning.global_.to(device),
        None if mask is None else mask.to(device),
    )
