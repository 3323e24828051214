"""Voices that sing when the test says."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.metrics import MetricInputs, Voices
from djtrans.metrics.vocal_clash import vocal_clash
from djtrans.metrics.vocal_cuts import vocal_cuts
from djtrans.metrics.vocals import vocals
from djtrans.metrics.voice_activity import VoiceActivity, voice_activity

RATE = 22050
BEAT = 0.5
BEATS = 32
CLOCK = 1.0 + BEAT * np.arange(BEATS + 1)
TIME = np.arange(int((CLOCK[-1] + 1.0) * RATE)) / RATE
TRACK_LUFS = -20.0


def sung(start: float, stop: float, relative_lu: float = -6.0) -> np.ndarray:
    """A voice between two beats, so loud against the track; K weighting leaves 1 kHz as it is."""
    from djtrans.metrics.loudness import gated_loudness

    inside = (CLOCK[0] + BEAT * start <= TIME) & (CLOCK[0] + BEAT * stop > TIME)
    whole = 0.1 * np.sin(2 * np.pi * 1000 * TIME)[None]
    gain = 10 ** ((TRACK_LUFS + relative_lu - gated_loudness(whole, RATE)) / 20)
    return gain * whole * inside


def activity(voice: np.ndarray) -> VoiceActivity:
    return voice_activity(voice, TRACK_LUFS, RATE, CLOCK)


def runs(active: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def test_activity_is_found_to_the_beat_and_the_level_to_the_tenth():
    found = activity(sung(8, 20))
    assert runs(found.active) == [(8, 20)]
    assert np.allclose(found.level_lu[9:19], -6.0, atol=0.1)


@pytest.mark.parametrize(("relative_lu", "sings"), [(-13.0, True), (-17.0, False)])
def test_fifteen_lu_under_the_track_is_the_edge(relative_lu, sings):
    assert activity(sung(4, 12, relative_lu)).active.any() == sings


def test_a_breath_is_no_pause_and_a_call_no_singing():
    breath = sung(4, 10) + sung(11, 16)
    assert runs(activity(breath).active) == [(4, 16)]
    pause = sung(4, 10) + sung(12, 16)
    assert runs(activity(pause).active) == [(4, 10), (12, 16)]
    assert not activity(sung(4, 5)).active.any()


@pytest.mark.parametrize(
    ("start", "stop", "wanted"),
    [
        (8, 16, 8),  # two downbeats, 8 and 12
        (9, 12, 0),  # none
        (9, 16, 0),  # one: 12
        (11, 17, 6),  # 12 and 16
    ],
)
def test_a_clash_holds_two_downbeats(start, stop, wanted):
    found = vocal_clash(activity(sung(0, BEATS)), activity(sung(start, stop)))
    assert found.beats == wanted
    assert runs(np.array(found.clashes)) == ([(start, stop)] if wanted else [])


def test_a_voice_well_under_the_other_does_not_clash():
    loud = activity(sung(0, BEATS, 0.0))
    assert vocal_clash(loud, activity(sung(8, 24, -11.0))).beats == 16
    assert vocal_clash(loud, activity(sung(8, 24, -13.5))).beats == 0
    # The same levels of tracks that are themselves apart.
    assert vocal_clash(loud, activity(sung(8, 24, -11.0)), apart_lu=5.0).beats == 0


def cuts(gain: np.ndarray, voice: np.ndarray) -> tuple[float, ...]:
    return vocal_cuts(gain * voice, voice, TRACK_LUFS, RATE)


@pytest.mark.parametrize("at", [5.0, 7.3])
def test_a_step_within_a_line_cuts_it_whichever_way(at):
    voice = sung(0, BEATS)
    assert cuts(at > TIME, voice) == pytest.approx([at], abs=0.02)
    assert cuts(at <= TIME, voice) == pytest.approx([at], abs=0.02)


def test_a_step_in_a_gap_or_a_fade_cuts_nothing():
    voice = sung(0, 8) + sung(9, 20)
    assert cuts(CLOCK[0] + BEAT * 8.5 > TIME, voice) == ()
    assert cuts(CLOCK[0] + BEAT * 20.2 > TIME, voice) == ()
    assert cuts(np.clip(7.0 - TIME, 0, 1), voice) == ()
    assert cuts(np.ones_like(TIME), voice) == ()
    assert cuts(np.where(TIME < 5.0, 1.0, 0.7), voice) == ()
    assert len(cuts(CLOCK[0] + BEAT * 4 > TIME, voice)) == 1


def test_a_voice_that_loses_its_lows_goes_on():
    lows = 4.0 * np.sin(2 * np.pi * 110 * TIME) * (sung(0, BEATS) != 0)
    voice = sung(0, BEATS) + lows * np.abs(sung(0, BEATS)).max()
    thin = voice - lows * np.abs(sung(0, BEATS)).max() * (TIME >= 6.0)
    assert vocal_cuts(thin, voice, TRACK_LUFS, RATE) == ()
    gone = voice * (TIME < 6.0)
    assert vocal_cuts(gone, voice, TRACK_LUFS, RATE) == pytest.approx([6.0], abs=0.02)


def inputs(**more) -> MetricInputs:
    noise = 0.05 * np.random.default_rng(0).standard_normal((1, len(TIME)))
    return MetricInputs(
        mix=noise,
        a=noise,
        b=noise,
        solo_a=noise,
        solo_b=noise,
        sample_rate=RATE,
        beat_times=CLOCK,
        **more,
    )


def test_all_of_it_together():
    a, b = sung(0, BEATS), sung(16, BEATS)
    late = a * (CLOCK[0] + BEAT * 24 > TIME)
    found = vocals(inputs(voices=Voices(a=late, b=b, solo_a=a, solo_b=b)))
    assert found.clash_beats == 8
    assert found.cuts_a == pytest.approx([CLOCK[0] + BEAT * 24], abs=0.02)
    assert found.line_cuts == 1
    early = a * (CLOCK[0] + BEAT * 16 > TIME)
    better = vocals(inputs(voices=Voices(a=early, b=b, solo_a=a, solo_b=b)))
    assert better.clash_beats == 0


def test_without_voices_it_is_not_measurable_and_never_zero():
    found = vocals(inputs(voices=Voices(reason="djtrans/spectral isolates too weakly")))
    assert (found.clash_beats, found.line_cuts) == (None, None)
    assert found.reason == "djtrans/spectral isolates too weakly"
