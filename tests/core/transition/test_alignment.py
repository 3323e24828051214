"""Alignment: stems sum to the track, with computed and existing stems."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.audio.looping import looped
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.warping import warp
from djtrans.core.contracts.separator import SeparatorDeclaration
from djtrans.core.track.track import Track
from djtrans.core.transition.alignment import (
    Span,
    align,
    align_and_separate,
    margin_span,
    window_span,
)
from djtrans.core.transition.gain_ease import GainEase
from djtrans.core.transition.plan import (
    Loop,
    TrackPlan,
    TransitionPlan,
    clock_seconds,
    track_seconds,
)
from djtrans.core.transition.playback import PlaybackSegment

RATE = 8000


def make_plan(rate=1.0):
    side = TrackPlan(
        cue_seconds=10.0,
        cue_bar=5,
        swap_bar=6,
        cue_section="drop",
        swap_section="drop",
        swap_on_phrase=True,
        warp=((0.0, 10.0), (4.0, 10.0 + 4.0 * rate)),
        gain_db=-6.0,
        bpm=120.0,
        key="8A",
    )
    beats = tuple(i * 0.5 for i in range(9))
    return TransitionPlan(
        technique="x/y", bars=2, swap_beat=4, beat_times=beats, a=side, b=side, key_distance=0
    )


def make_track(seconds=40):
    generator = torch.Generator().manual_seed(0)
    return Track(torch.randn(2, seconds * RATE, generator=generator) * 0.1, RATE, "noise")


class Halves:
    """Half to each of two stems; the third of three is left to the residual."""

    def separate(self, audio, sample_rate, *, start_seconds=0.0, progress=None):
        self.start_seconds = start_seconds
        self.samples = audio.shape[-1]
        return torch.stack([0.5 * audio, 0.25 * audio, torch.zeros_like(audio)])


def declare(**facts):
    return SeparatorDeclaration(
        name="halves", summary="x", factory="a:b", stems=("drums", "bass", "other"), **facts
    )


def test_spans_of_window_and_margin():
    plan = make_plan()
    assert window_span(plan, RATE) == Span(0, 4 * RATE)
    assert margin_span(plan, RATE) == Span(-8 * RATE, 12 * RATE)


def test_at_its_own_tempo_the_track_is_a_slice_trimmed_by_the_plan():
    track, plan = make_track(), make_plan()
    laid = align(track, plan.a, Span(-RATE, 2 * RATE))
    assert torch.allclose(laid, track.audio[:, 9 * RATE : 12 * RATE] * 10 ** (-6 / 20))


RAMP = ((0.0, 10.0), (1.0, 11.01), (2.0, 12.04), (3.0, 13.09), (4.0, 14.15), (5.0, 15.15))
LOOP = Loop(start_bar=4, bars=1, repeats=2, start_seconds=8.0, stop_seconds=10.0)


@pytest.mark.parametrize("reads_source", [False, True])
def test_stems_sum_to_a_track_that_is_looped_ramped_and_transposed(reads_source):
    track, plan = make_track(), make_plan()
    side = attrs.evolve(plan.a, warp=RAMP, loop=LOOP, key_shift=-1.0)
    aligned = align_and_separate(
        track, side, plan, Span(0, RATE), Halves(), declare(reads_source=reads_source)
    )
    error = aligned.stems.mix - aligned.solo(aligned.stems_span)
    assert float(error.abs().max()) < 1e-6
    assert float(aligned.solo(Span(0, RATE)).square().mean()) > 1e-4


def test_a_loop_is_cut_before_the_track_is_laid_on_the_clock():
    track, plan = make_track(), make_plan()
    side = attrs.evolve(plan.a, warp=RAMP, loop=LOOP, gain_db=0.0)
    laid = align(track, side, Span(-RATE, 6 * RATE))
    by_hand = looped(track.audio, LOOP, RATE)
    assert torch.equal(laid, warp(by_hand, RAMP, RATE, -1.0, 6.0))
    # From the last point on the rate is 1: these are the looped track's own samples.
    home = laid[:, 5 * RATE : 7 * RATE]
    assert torch.equal(home, by_hand[:, round(14.15 * RATE) : round(16.15 * RATE)])


@pytest.mark.parametrize("rate", [1.0, 1.05])
@pytest.mark.parametrize("reads_source", [False, True])
def test_stems_sum_to_the_track_everywhere(rate, reads_source):
    track, plan = make_track(), make_plan(rate)
    separator = Halves()
    span = Span(-9 * RATE, 14 * RATE)
    aligned = align_and_separate(
        track, plan.a, plan, span, separator, declare(reads_source=reads_source)
    )
    assert aligned.stems_span == margin_span(plan, RATE)
    error = aligned.stems.mix - aligned.solo(aligned.stems_span)
    assert float(error.abs().max()) < 1e-6
    part = aligned.window(Span(100, 500))
    assert torch.allclose(part.mix, aligned.solo(Span(100, 500)), atol=1e-6)
    if reads_source:
        assert separator.start_seconds == 0.0
        assert separator.samples == track.audio.shape[-1]
    else:
        assert separator.start_seconds == pytest.approx(10.0 - 8.0 * rate)
        assert separator.samples == 20 * RATE


@pytest.mark.parametrize("reads_source", [False, True])
def test_stems_of_a_looped_and_braked_end_sum_to_the_track(reads_source):
    track, plan = make_track(), make_plan(1.05)
    loops = (PlaybackSegment(1.0, 1.5, 0.5), PlaybackSegment(1.5, 2.0, 0.5, 1.0, 0.0))
    side = attrs.evolve(plan.a, playback=loops)
    span, declared = Span(-9 * RATE, 14 * RATE), declare(reads_source=reads_source)
    plain = align_and_separate(track, plan.a, plan, span, Halves(), declared)
    aligned = align_and_separate(track, side, plan, span, Halves(), declared)
    error = aligned.stems.mix - aligned.solo(aligned.stems_span)
    assert float(error.abs().max()) < 1e-6
    for found, want in ((aligned.solo, plain.solo), (stem(aligned), stem(plain))):
        assert torch.equal(found(Span(-8 * RATE, RATE // 2)), want(Span(-8 * RATE, RATE // 2)))
        again = want(Span(RATE // 2, RATE - 300))
        assert torch.equal(found(Span(RATE, RATE + RATE // 2 - 300)), again)
        assert float(found(Span(2 * RATE, 14 * RATE)).abs().max()) == 0.0


def stem(aligned):
    return lambda span: padded_slice(
        aligned.stems.audio[0],
        span.start - aligned.stems_span.start,
        span.stop - aligned.stems_span.start,
    )


def test_beyond_the_track_there_is_silence():
    track, plan = make_track(12), make_plan()
    aligned = align_and_separate(track, plan.a, plan, Span(-100, 100), Halves(), declare())
    assert float(aligned.solo(Span(3 * RATE, 12 * RATE)).abs().max()) == 0.0
    assert float(aligned.solo(Span(100 * RATE, 101 * RATE)).abs().max()) == 0.0


def test_a_warp_of_many_points_and_its_inverse():
    warp = ((0.0, 10.0), (2.0, 12.0), (4.0, 16.0))
    for clock, track in ((-1.0, 9.0), (1.0, 11.0), (2.0, 12.0), (3.0, 14.0), (5.0, 18.0)):
        assert track_seconds(warp, clock) == pytest.approx(track)
        assert clock_seconds(warp, track) == pytest.approx(clock)


@pytest.mark.parametrize("reads_source", [False, True])
def test_an_eased_gain_is_linear_in_decibels(reads_source):
    track, plan = make_track(), make_plan()
    # From the end of the window at 4 s, over 8 bars of 2 s, from -6 to +2 dB: 1 dB per bar.
    ease = GainEase(start=4.0, stop=20.0, gain_db=2.0, bars=8)
    side = attrs.evolve(plan.b, gain_ease=ease)
    span = Span(0, 24 * RATE)
    aligned = align_and_separate(
        track, side, plan, span, Halves(), declare(reads_source=reads_source)
    )
    eased, source = aligned.solo(span), track.audio[:, 10 * RATE : 34 * RATE]
    for bar in range(12):
        # The first 10 ms of the bar, in which the gain changes by 0.005 dB.
        at = slice(2 * bar * RATE, 2 * bar * RATE + 80)
        change = 10 * torch.log10(eased[:, at].square().sum() / source[:, at].square().sum())
        wanted = -6.0 + min(max(bar - 2, 0), 8)
        assert float(change) == pytest.approx(wanted, abs=0.01)
        assert side.gain_db_at(2.0 * bar) == pytest.approx(wanted)
    error = aligned.stems.mix - aligned.solo(aligned.stems_span)
    assert float(error.abs().max()) < 1e-6
    # Any part of it is the same audio.
    part = align(track, side, Span(9 * RATE, 23 * RATE))
    assert torch.allclose(part, eased[:, 9 * RATE : 23 * RATE], atol=1e-6)
