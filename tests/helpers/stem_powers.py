"""Stem powers that are known exactly, and power models of them."""

from __future__ import annotations

import torch

import djtrans
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stem_powers import StemPowers
from djtrans.objectives import PowerModel
from djtrans.objectives.measurement import BAND_EDGES_HZ

RATE, CELLS_PER_BEAT = 22050, 4
MIXER = djtrans.DifferentiableDJMixer()
LAYOUT = MIXER.layout
EDGES = torch.tensor(BAND_EDGES_HZ, dtype=torch.float64)
BASS = (EDGES[:-1] >= 40) & (EDGES[1:] <= 100)


def beat_times(beats):
    return torch.arange(beats + 1, dtype=torch.float64) * 0.5


def stem_powers(power, isolated=True):
    """Powers of stems ``[4, cells, bands]`` that are uncorrelated and without notes."""
    cells = power.shape[1]
    beats = cells // CELLS_PER_BEAT
    return StemPowers(
        power=power,
        mix_power=power.sum(dim=0),
        chroma=torch.zeros(len(STEMS), beats, 3, 12),
        stem_names=STEMS,
        edges_hz=EDGES,
        cell_times=torch.arange(cells + 1, dtype=torch.float64) * (0.5 / CELLS_PER_BEAT),
        cells_per_beat=CELLS_PER_BEAT,
        isolated=isolated,
    )


def random_powers(seed, beats, isolated=True):
    generator = torch.Generator().manual_seed(seed)
    shape = (len(STEMS), beats * CELLS_PER_BEAT, len(EDGES) - 1)
    return stem_powers(1e-3 * (0.5 + torch.rand(shape, generator=generator)), isolated)


def bass_powers(beats_with_bass):
    """A track with steady highs, and bass on some of its beats."""
    power = torch.full((len(STEMS), len(beats_with_bass) * CELLS_PER_BEAT, len(EDGES) - 1), 1e-5)
    power[..., EDGES[1:] <= 300] = 1e-9
    on = torch.tensor(beats_with_bass).repeat_interleave(CELLS_PER_BEAT)
    power[1][on[:, None] & BASS] = 1e-2
    return stem_powers(power)


def power_model(a, b, **changes):
    beats = a.n_beats
    settings = {"swap_beat": beats // 2, "sample_rate": RATE, "beat_times": beat_times(beats)}
    return PowerModel(mixer=MIXER, sources=djtrans.Pair(a, b), **{**settings, **changes})


def neutral(beats):
    return torch.tensor(LAYOUT.neutral).expand(2 * beats, -1).clone()
