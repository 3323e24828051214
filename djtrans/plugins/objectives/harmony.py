"""Harmonic clash of the notes of both tracks."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.audio.decibels import AUDIBLE_DBFS
from djtrans.core.audio.dissonance import interval_dissonance
from djtrans.core.contracts.config import NoConfig
from djtrans.core.track.stem_powers import CHROMA_EDGES_HZ
from djtrans.core.transition.predicted_mix import PredictedMix, PredictedTrack, to_db
from djtrans.plugins.objectives.smooth import exceeds

#: Both tracks are heard while they are within this of each other.
MASKED_DB = 30.0
_WIDTH_DB = 4.0
#: Beats that a tail repeats, and the factor of each against the next.
_TAIL_BEATS, _TAIL_DECAY = 8, 0.7


class HarmonicClash:
    """Roughness of the notes that sound together: 0 for shared notes, 1 for random ones."""

    def __init__(self, config: NoConfig) -> None:
        pass

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions."""
        levels = [to_db(mix.beat_mean(t.power.sum(dim=-1))) for t in (mix.a, mix.b)]
        audible = exceeds(torch.minimum(*levels), AUDIBLE_DBFS, _WIDTH_DB) * exceeds(
            MASKED_DB - (levels[0] - levels[1]).abs(), 0.0, _WIDTH_DB
        )
        p, q = (_notes(track, mix) for track in (mix.a, mix.b))
        sums = [notes.sum(dim=-1) for notes in (p, q)]
        rough = torch.tensor(interval_dissonance(), dtype=p.dtype, device=p.device)
        index = (torch.arange(12)[:, None] - torch.arange(12)) % 12
        each = torch.einsum("bti,ij,btj->bt", p, rough[index], q) / (sums[0] * sums[1] + 1e-12)
        weight = audible * (sums[0] * sums[1] + 1e-12).sqrt()
        return (weight * each).sum(dim=-1) / (weight.sum(dim=-1) + 1e-6)


def _notes(track: PredictedTrack, mix: PredictedMix) -> Tensor:
    """Compute the chroma of a track under its gains, ``[batch, beats, 12]``."""
    source = track.source
    notes, power = source.chroma.to(track.gains), source.power.to(track.gains)
    edges = mix.band_hz.new_tensor(CHROMA_EDGES_HZ)
    inside = (mix.band_hz[:, None] >= edges[:-1]) & (mix.band_hz[:, None] < edges[1:])
    member = inside.to(notes)
    kept = _by_beat((track.gains * power) @ member, mix)
    own = _by_beat(power @ member, mix) + 1e-20
    dry = torch.einsum("bstr,strk->btrk", kept / own, notes)
    # A tail repeats what the track played before: it has the chroma of the beats up to here.
    level = _by_beat((track.gains.square() * power) @ member, mix).sum(dim=1).clamp(min=1e-20)
    tail = (_by_beat(track.tail @ member, mix) + 1e-12).sqrt() - 1e-6
    ratio = _remembered(dry) / (_remembered(level.sqrt()[..., None]) + 1e-9)
    return (dry + tail[..., None] * ratio).sum(dim=2)


def _remembered(beats: Tensor) -> Tensor:
    """Add up ``[batch, beats, ...]`` over the beats up to each, the earlier the less."""
    total = beats
    for back in range(1, _TAIL_BEATS):
        if back < beats.shape[1]:
            earlier = torch.nn.functional.pad(beats[:, :-back], (0, 0, 0, 0, back, 0))
            total = total + _TAIL_DECAY**back * earlier
    return total


def _by_beat(cells: Tensor, mix: PredictedMix) -> Tensor:
    """Average ``[..., cells, ranges]`` over each beat."""
    return cells.unflatten(-2, (-1, mix.cells_per_beat)).mean(dim=-2)
