"""Roughness of notes whose interval is known."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.audio.dissonance import interval_dissonance
from djtrans.registry import default_registry
from djtrans.testing import example_prediction


def clash(moves, pitch_a, pitch_b, cut=None):
    """The objective for tracks of one note; on a beat A gets another note and an echo, `cut`."""
    mix = example_prediction(moves.values)
    tracks = []
    for track, pitch in ((mix.a, pitch_a), (mix.b, pitch_b)):
        chroma = torch.zeros_like(track.source.chroma)
        chroma[..., pitch] = 1.0
        if cut is not None and track is mix.a:
            beat, later = cut
            chroma[:, beat:] = 0.0
            chroma[:, beat:, :, later] = 1.0
            tail = torch.zeros_like(track.tail)
            tail[:, beat * mix.cells_per_beat :] = 0.1 * track.solo.mean()
            track = attrs.evolve(track, tail=tail, power=track.power + tail)
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


def test_an_echo_has_the_notes_that_were_sent_into_it(moves):
    """A is cut off on beat 8, where its note changes; only its echo meets B."""
    closed = moves().set("a/*/fader/gain", 0.0, 8).set("b/*/fader/gain", 1.0, 8)
    expected = interval_dissonance()
    for later in (7, 1):
        assert clash(closed, 0, 1, cut=(8, later)) == pytest.approx(expected[1], abs=0.05)
