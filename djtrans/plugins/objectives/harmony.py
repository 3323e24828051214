"""Harmonic clash of the notes of both tracks."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from djtrans.core.audio.dissonance import interval_dissonance
from djtrans.core.contracts.config import NoConfig
from djtrans.core.track.stem_powers import CHROMA_EDGES_HZ
from djtrans.core.transition.predicted_mix import PredictedMix, PredictedTrack, to_db
from djtrans.plugins.objectives.smooth import exceeds

#: Both tracks are heard while they are within this of each other, above this level.
MASKED_DB, AUDIBLE_DBFS = 30.0, -60.0
_WIDTH_DB = 4.0


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
    notes = source.chroma.to(track.gains)
    total = notes.new_zeros(())
    for index, (low, high) in enumerate(pairwise(CHROMA_EDGES_HZ)):
        inside = ((mix.band_hz >= low) & (mix.band_hz < high)).nonzero().flatten()
        part = slice(int(inside[0]), int(inside[-1]) + 1)
        power = source.power.to(notes)[..., part]
        kept = mix.beat_mean((track.gains[..., part] * power).sum(dim=-1))
        own = mix.beat_mean(power.sum(dim=-1)) + 1e-20
        total = total + torch.einsum("bst,stk->btk", kept / own, notes[:, :, index])
        # A tail repeats what the track played: its chroma is taken as that of the whole track.
        tail = mix.beat_mean(track.tail[..., part].sum(dim=-1)) / own.sum(dim=0)
        total = total + ((tail + 1e-12).sqrt() - 1e-6)[..., None] * notes[:, :, index].sum(dim=0)
    return total
