"""Curves of a model for a case, and with parts of its conditioning removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import attrs
import numpy as np
import torch
from feature_coverage import SHARED
from torch import Tensor

from djtrans.core.contracts.declaration import short_name
from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.curves.params import conform
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.tying import tie_stems
from djtrans.core.curves.vocal_rests import limit_vocal_fades
from djtrans.diffusion.conditioning import concatenate, split
from djtrans.diffusion.model import DiffusionModel, encode
from djtrans.diffusion.normalization import Scaling
from djtrans.diffusion.sampling import sample
from djtrans.objectives import PowerModel, load_objectives
from djtrans.pipeline.curve_sampling import SAMPLES, sample_seeds

AUDIO, TECHNIQUE, OBJECTIVE = "audio", "technique", "objective"
#: Seed of the permutation of the frames.
PERMUTATION = 18


@attrs.frozen(eq=False)
class Encoded:
    """Conditioning of one request by encoder, and which encoders have none.

    Attributes
    ----------
    parts : dict of str to Conditioning
    missing : dict of str to bool
    """

    parts: dict[str, Conditioning]
    missing: dict[str, bool]

    def without(self, encoder: str) -> Encoded:
        """Replace an encoder by its null embedding."""
        return attrs.evolve(self, missing=self.missing | {encoder: True})

    def with_per_frame(self, encoder: str, per_frame: Tensor) -> Encoded:
        """Replace the channels per frame of an encoder."""
        part = attrs.evolve(self.parts[encoder], per_frame=per_frame)
        return attrs.evolve(self, parts=self.parts | {encoder: part})


#: ``ablation(encoded, of another case)``; None if the model lacks what is to be removed.
Ablation: TypeAlias = "Callable[[Encoded, Encoded | None], Encoded | None]"


def _audio_absent(encoded: Encoded, _: Encoded | None) -> Encoded | None:
    return encoded.without(AUDIO) if AUDIO in encoded.parts else None


def _audio_shuffled(encoded: Encoded, _: Encoded | None) -> Encoded | None:
    if AUDIO not in encoded.parts:
        return None
    order = _shuffled_order(encoded.parts[AUDIO].per_frame.shape[1])
    return _with_tracks(encoded, encoded, order)


def _shuffled_order(frames: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(PERMUTATION).permutation(frames))


def shuffled_powers(model: PowerModel) -> PowerModel:
    """Shuffle the powers of both tracks in time, in the order of the shuffled audio features."""
    per_frame = model.sources.a.cells_per_beat // model.frames_per_beat
    order = _shuffled_order(model.sources.a.n_cells // per_frame)
    cells = (order[:, None] * per_frame + torch.arange(per_frame)).flatten()
    beats = order[:: model.frames_per_beat] // model.frames_per_beat
    sources = model.sources.map(
        lambda source: attrs.evolve(
            source,
            power=source.power[:, cells],
            mix_power=source.mix_power[cells],
            chroma=source.chroma[:, beats],
        )
    )
    cross = None if model.cross_power is None else model.cross_power[cells]
    return attrs.evolve(model, sources=sources, cross_power=cross)


def _audio_of_another(encoded: Encoded, other: Encoded | None) -> Encoded | None:
    if AUDIO not in encoded.parts or other is None:
        return None
    frames = encoded.parts[AUDIO].per_frame.shape[1]
    return _with_tracks(encoded, other, torch.arange(frames))


def _with_tracks(encoded: Encoded, source: Encoded, order: Tensor) -> Encoded:
    """Replace both tracks' channels by frames of a source; beat, bar and window stay."""
    own, given = encoded.parts[AUDIO].per_frame, source.parts[AUDIO].per_frame
    tracks = own.shape[-1] - len(SHARED)
    taken = given[:, order % given.shape[1], :tracks]
    return encoded.with_per_frame(AUDIO, torch.cat([taken, own[..., tracks:]], dim=-1))


def _no_swap(encoded: Encoded, _: Encoded | None) -> Encoded | None:
    if TECHNIQUE not in encoded.parts:
        return None
    return encoded.with_per_frame(TECHNIQUE, torch.zeros_like(encoded.parts[TECHNIQUE].per_frame))


def _no_objective(encoded: Encoded, _: Encoded | None) -> Encoded | None:
    return encoded.without(OBJECTIVE) if OBJECTIVE in encoded.parts else None


#: By the name of the source.
ABLATIONS: dict[str, Ablation] = {
    "model, no audio": _audio_absent,
    "model, audio shuffled": _audio_shuffled,
    "model, audio of another case": _audio_of_another,
    "model, no swap channels": _no_swap,
    "model, no objective": _no_objective,
}


@attrs.frozen(eq=False)
class Sampler:
    """Sampler of a model's curves for one request, with its conditioning as encoded or changed."""

    model: DiffusionModel
    request: CurveRequest

    def encoded(self) -> Encoded:
        """Encode the request, with the objective that the model aims at by default."""
        network, request = self.model.network, self.request
        if request.objective is None:
            request = attrs.evolve(request, objective=self.model.inference.objective)
        conditioning, missing = encode(self.model.encoders, network, request)
        names = [short_name(slot.encoder) for slot in network.slots]
        parts = split(conditioning, [slot.input_widths for slot in network.slots])
        return Encoded(
            dict(zip(names, parts, strict=True)), dict(zip(names, missing[0].tolist(), strict=True))
        )

    def sample(self, encoded: Encoded, seeds: Sequence[int]) -> Tensor:
        """Sample normalized curves ``[seeds, frames, parameters]``, without post-processing."""
        joined = concatenate(list(encoded.parts.values()))
        repeated = Conditioning(
            joined.per_frame.expand(len(seeds), -1, -1), joined.global_.expand(len(seeds), -1)
        )
        missing = torch.tensor([list(encoded.missing.values())] * len(seeds))
        return sample(
            self.model.network,
            self.model.scheduler,
            repeated,
            steps=self.model.steps,
            seed=seeds,
            guidance=self.model.inference.guidance(self.request.technique),
            missing=missing,
        )

    def best(self, encoded: Encoded, powers: PowerModel, seed: int) -> Tensor:
        """Sample several normalized curves, and choose as :func:`djtrans.generate` does."""
        curves = self.sample(encoded, sample_seeds(seed, SAMPLES))
        with torch.no_grad():
            values = torch.stack([self.processed(each) for each in curves])
            rated = load_objectives().evaluate(powers.predict(values))
        return curves[int(rated.total.argmin())]

    def unprocessed(self, curves: Tensor) -> Tensor:
        """Convert sampled curves to the units of the parameters."""
        return Scaling(self.model.layout).from_model(curves)

    def processed(self, curves: Tensor) -> Tensor:
        """Convert and post-process sampled curves, as :meth:`DiffusionModel.generate` and users."""
        tied = tie_stems(self.unprocessed(curves), self.request.layout)
        values = limit_vocal_fades(tied, self.request)
        return conform(values, self.request.layout)
