"""The end of the window moves to a pause of the vocals."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from djtrans.core.track.stems import Stems
from djtrans.core.transition.alignment import AlignedTrack, Span, margin_span
from djtrans.planning.refinement import refine, vocal_activity

RATE = 8000


def voice(*bars):
    """Half beats of 16 bars of 4/4, sung from bar to bar."""
    sung = np.zeros(16 * 4 * 2, dtype=bool)
    for start, stop in bars:
        sung[round(start * 8) : round(stop * 8)] = True
    return sung


@pytest.fixture
def blend(technique):
    return technique()


def test_a_line_that_would_be_cut_ends_the_window_at_its_rest(analysis, plan, blend):
    made = plan(analysis(), analysis())
    # Sung across the last downbeat, at bar 15; it began at bar 13 and a half.
    refined = refine(made, blend, voice((2, 5), (13.5, 16)), voice())
    assert (refined.bars, refined.refined_bars) == (14, 2)
    assert len(refined.beat_times) == 14 * 4 + 1
    assert refined.n_frames == 14 * 4 * 2
    assert (refined.swap_beat, refined.a, refined.b) == (made.swap_beat, made.a, made.b)
    assert "2 bars earlier: by the vocal stems, A's vocal line ends there" in refined.reasons[-1]
    # What was separated stays what it was.
    assert margin_span(refined, RATE) == margin_span(made, RATE)


def test_a_window_in_which_nothing_is_cut_stays(analysis, plan, blend):
    made = plan(analysis(), analysis())
    for a, b in ((voice(), voice()), (voice((0, 15)), voice()), (voice(), voice((0, 16)))):
        assert refine(made, blend, a, b) is made


def test_two_singers_are_parted(analysis, plan, blend):
    made = plan(analysis(), analysis())
    refined = refine(made, blend, voice((0, 12.9), (13.1, 15)), voice((13, 16)))
    assert refined.bars == 14
    assert "vocals overlap in fewer bars" in refined.reasons[-1]


def test_the_swap_and_the_shortest_window_are_kept(analysis, plan, technique):
    long = technique(bars=(16, 16, 32))
    made = plan(analysis(), analysis(), long)
    assert refine(made, long, voice((0, 16)), voice((0, 16))) is made
    late = technique(swap_at=0.875)
    made = plan(analysis(), analysis(), late)
    assert made.swap_beat == 14 * 4
    assert refine(made, late, voice((13, 16)), voice()) is made


def test_a_tempo_that_moves_is_left_alone(analysis, plan, blend):
    made = plan(analysis(), analysis(bpm=127.0))
    assert refine(made, blend, voice((13.5, 16)), voice()) is made


def test_a_voice_is_heard_in_its_stem(analysis, plan):
    """A tone in the vocal stem from beat 8 to beat 16 of the window."""
    made = plan(analysis(), analysis())
    span = margin_span(made, RATE)
    time = np.arange(span.start, span.stop) / RATE
    tone = np.where((time >= 4.0) & (time < 8.0), np.sin(2 * np.pi * 500 * time), 0.0)
    audio = torch.zeros(4, 1, span.samples)
    audio[2, 0] = torch.from_numpy(tone).float()
    stems = Stems(audio, ("drums", "bass", "vocals", "other"), RATE)
    track = AlignedTrack(stems.mix, Span(span.start, span.stop), stems, span)
    active = vocal_activity(track, made, reference_lufs=-10.0)
    expected = np.zeros(128, dtype=bool)
    expected[16:32] = True
    assert np.array_equal(active, expected)
    named = Stems(audio, ("drums", "bass", "keys", "other"), RATE)
    assert vocal_activity(AlignedTrack(stems.mix, span, named, span), made, -10.0) is None
