"""Playback segments against their closed forms: copies, parabolas of position, sums of stems."""

import numpy as np
import pytest
import torch

from djtrans.core.audio.looping import SEARCH_SECONDS
from djtrans.core.audio.playback import play
from djtrans.core.audio.splicing import FADE_SECONDS
from djtrans.core.errors import InputError
from djtrans.core.transition.playback import PlaybackSegment
from djtrans.metrics.clicks import clicks

RATE = 44100
REACH, FADE = round(SEARCH_SECONDS * RATE), round(FADE_SECONDS * RATE)


def noise(seconds, channels=2):
    generator = torch.Generator().manual_seed(0)
    return 0.1 * torch.randn(channels, round(seconds * RATE), generator=generator)


def tone(hz, seconds):
    return torch.sin(2 * torch.pi * hz * torch.arange(round(seconds * RATE)) / RATE)[None]


ROLL = (
    PlaybackSegment(4.0, 6.0, 2.0),
    PlaybackSegment(6.0, 7.0, 2.0),
    PlaybackSegment(7.0, 7.5, 2.0),
)


@pytest.mark.parametrize("start", [0, -2 * RATE, RATE])
def test_loops_are_equal_sample_by_sample_and_nothing_follows(start):
    audio = noise(12.0)
    out = play(audio, ROLL, RATE, start)
    assert out.shape == audio.shape

    def part(x, begin, end):
        return x[:, round(begin * RATE) - start : round(end * RATE) - start]

    assert torch.equal(part(out, max(0, start / RATE), 4.0 - SEARCH_SECONDS)[:, :-1],
                       part(audio, max(0, start / RATE), 4.0 - SEARCH_SECONDS)[:, :-1])  # fmt: skip
    for segment in ROLL:
        stop = segment.stop - (SEARCH_SECONDS if segment.stop < 7.5 else FADE_SECONDS)
        length = stop - segment.start
        assert torch.equal(part(out, segment.start, stop), part(audio, 2.0, 2.0 + length))
    assert float(part(out, 7.5, 7.5 + (12.0 * RATE + start) / RATE).abs().max()) == 0.0
    edge = part(out, 7.5 - 1 / RATE, 7.5)
    assert float(edge.abs().max()) < 1e-3


def test_no_click_where_a_loop_does_not_fit():
    t = torch.arange(10 * RATE) / RATE
    audio = torch.where(t < 3.0, 0.4 * torch.sin(390.0 * t), 0.4 * torch.cos(2950.0 * t))[None]
    out = play(audio, ROLL, RATE).numpy()
    for segment in ROLL:
        near = out[:, round((segment.start - 0.1) * RATE) : round((segment.start + 0.1) * RATE)]
        assert clicks(near, 0.0 * near, 0.0 * near, RATE) == ()


def closed_form(hz, segment):
    """The tone at the positions that the speed, integrated, gives."""
    count = round((segment.stop - segment.start) * RATE)
    elapsed = np.arange(count) / RATE
    length = segment.stop - segment.start
    speed = segment.speed + (segment.end_speed - segment.speed) * elapsed / length
    steps = (speed[:-1] + speed[1:]) / 2 / RATE
    position = segment.position + np.concatenate([[0.0], np.cumsum(steps)])
    return np.sin(2 * np.pi * hz * position)


@pytest.mark.parametrize(
    ("speed", "end_speed"), [(1.0, 0.0), (-4.0, 0.0), (-1.0, -1.0), (0.5, 2.0), (1.0, 1.01)]
)
def test_the_position_is_the_integral_of_a_speed_that_changes_linearly(speed, end_speed):
    segment = PlaybackSegment(6.0, 7.0, 6.0, speed, end_speed)
    out = play(tone(220.0, 10.0), [segment], RATE)[0].numpy()
    want = closed_form(220.0, segment)
    inside = slice(0, len(want) - FADE)
    assert np.abs(out[6 * RATE : 7 * RATE][inside] - want[inside]).max() < 5e-3


def test_a_brake_of_a_beat_halves_the_pitch_at_its_half_and_travels_half_of_it():
    brake = PlaybackSegment(4.0, 6.0, 4.0, 1.0, 0.0)
    out = play(tone(1000.0, 8.0), [brake], RATE)[0].numpy()
    crossings = np.flatnonzero(np.diff(np.signbit(out[4 * RATE : 6 * RATE]))) / RATE
    assert len(crossings) == pytest.approx(2 * 1000.0 * 1.0, abs=3)
    middle = crossings[(crossings > 0.95) & (crossings < 1.05)]
    assert 1 / (2 * np.diff(middle).mean()) == pytest.approx(500.0, rel=0.02)
    assert brake.position_at(6.0) == 5.0


def test_what_a_fast_spin_would_alias_is_filtered():
    spin = [PlaybackSegment(4.0, 5.0, 4.0, -4.0, -4.0)]
    passed, filtered = (
        float(play(tone(hz, 6.0), spin, RATE)[:, 4 * RATE : 5 * RATE - FADE].square().mean())
        for hz in (2000.0, 9000.0)
    )
    assert passed == pytest.approx(0.5, rel=0.02)
    assert filtered < 1e-4 * passed


@pytest.mark.parametrize("segments", [ROLL, (PlaybackSegment(4.0, 6.0, 4.0, 1.0, 0.0),)])
def test_parts_that_are_played_together_sum_to_their_mix(segments):
    stems = noise(10.0, channels=4)
    out = play(torch.cat([stems, stems.sum(dim=0, keepdim=True)]), segments, RATE)
    assert float((out[:4].sum(dim=0) - out[4]).abs().max()) < 1e-6


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ((), "no playback segments"),
        ((PlaybackSegment(2.0, 2.0, 1.0),), "does not continue"),
        ((PlaybackSegment(2.0, 3.0, 1.0), PlaybackSegment(3.5, 4.0, 1.0)), "without gaps"),
        ((PlaybackSegment(2.0, 3.0, 2.0, -17.0, 0.0),), "out of range"),
        ((PlaybackSegment(9.0, 9.5, 2.0),), "outside of the audio; give 0 to 5 s"),
    ],
)
def test_segments_that_cannot_be_played_are_refused(segments, message):
    with pytest.raises(InputError, match=message):
        play(noise(5.0), segments, RATE)
