"""Roughness of notes whose interval is known."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.audio.dissonance import interval_dissonance
from djtrans.registry import default_registry
from djtrans.testing import example_prediction


def clash(moves, pitch_a, pitch_b):
    mix = example_prediction(moves.values)
    tracks = []
    for track, pitch in ((mix.a, pitch_a), (mix.b, pitch_b)):
        chroma = torch.zeros_like(track.source.chroma)
        chroma[..., pitch] = 1.0
        source = attrs.evolve(track.source, chroma=chroma)
        tracks.append(attrs.evolve(track, source=source))
    mix = attrs.evolve(mix, a=tracks[0], b=tracks[1])
    return float(default_registry().objectives.build("harmonic-clash").evaluate(mix))


@pytest.mark.parametrize("interval", [0, 1, 5, 7])
def test_two_notes_clash_as_their_interval(moves, interval):
    both = moves().set("b/*/fader/gain", 1.0)
    expected = interval_dissonance()[interval]
    assert clash(both, 3, (3 + interval) % 12) == pytest.approx(expected, abs=1e-3)


def test_one_track_alone_does_not_clash(moves):
    assert clash(moves(), 0, 1) == pytest.approx(0.0, abs=1e-2)
