"""What is heard of each technique: two synthesized drops at one tempo, rendered and measured."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import djtrans
from djtrans.core.curves.request import CurveRequest
from djtrans.metrics.bass_overlap import bass_overlap
from djtrans.metrics.level_profile import level_profile
from djtrans.pipeline.curve_generation import load_technique
from djtrans.registry import default_registry
from djtrans.synthesis import TrackSpec, synthesize

RATE, BPM, BAR = 22050, 120.0, 4
#: Bars of each track alone around the window: the loudness is taken over 3 s.
CONTEXT = 2
#: Largest dip and bump in LU, and hole in ms, that a technique is meant to have. The drop swap
#: takes the low end away for a bar, of a drop here, where a build has less.
USUAL = (1.5, 1.5, 150.0)
LIMITS = {
    "double-drop": (1.5, 3.0, 150.0),
    "drop-swap": (4.5, 1.5, 300.0),
}


@pytest.fixture(scope="module")
def drops():
    """Stems ``[4, 2, samples]`` of 20 bars of drop, A and B."""
    specs = [
        TrackSpec(bpm=BPM, tonic=9, seed=seed, structure=[("drop", 20)], sample_rate_hz=RATE)
        for seed in (3, 8)
    ]
    return [synthesize(spec).stems.audio for spec in specs]


def rendered(name, seed, drops):
    """Contributions and solos of a technique at its shortest length, with context."""
    facts = default_registry().techniques.find(name).declaration
    mixer = djtrans.DifferentiableDJMixer()
    bars = facts.bars[0]
    request = CurveRequest(mixer.layout, bars * BAR * 2, facts.swap_bars(bars) * BAR, seed=seed)
    values = load_technique(name).generate(request)
    around = CONTEXT * BAR * 2
    values = torch.cat([values[:1].expand(around, -1), values, values[-1:].expand(around, -1)])
    samples = round((bars + 2 * CONTEXT) * BAR * 60.0 / BPM * RATE)
    a, b = (stems[..., :samples] for stems in drops)
    with torch.no_grad():
        out = mixer(a, b, values, sample_rate=RATE)
    return out, a.sum(dim=0), b.sum(dim=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize(
    "name",
    [
        *("bass-swap", "long-blend", "eq-blend", "filter-sweep", "echo-out", "wash-out"),
        *("cut", "drop-swap", "double-drop", "stem-swap", "acapella", "drum-bridge", "tempo-ride"),
    ],
)
def test_one_bass_and_a_level_that_holds(name, seed, drops):
    out, solo_a, solo_b = rendered(name, seed, drops)
    beats = np.arange(solo_a.shape[-1] * BPM / 60.0 / RATE + 0.5) * 60.0 / BPM
    assert bass_overlap(out.a, out.b, RATE, beats, solo_a, solo_b).beats <= 1
    found = level_profile(out.mix, RATE, solo_a=solo_a, solo_b=solo_b)
    dip, bump, hole = LIMITS.get(name, USUAL)
    assert found.dip_lu <= dip
    assert found.bump_lu <= bump
    assert found.longest_hole_ms <= hole
