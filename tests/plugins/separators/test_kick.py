import numpy as np
import pytest

from djtrans.plugins.separators.kick import kick_part

RATE = 44100


def stroke(rate=RATE, seconds=0.28):
    """A sine that falls from 250 to 50 Hz and decays."""
    t = np.arange(round(seconds * rate)) / rate
    cycles = 50 * t + 200 * 0.02 * (1 - np.exp(-t / 0.02))
    return np.sin(2 * np.pi * cycles) * np.exp(-t / 0.08) * np.minimum(1, (seconds - t) / 0.02)


def strokes(times, seconds, rate=RATE, gains=None):
    out = np.zeros(round(seconds * rate))
    sound = stroke(rate)
    for index, time in enumerate(times):
        at = round(time * rate)
        part = sound[: len(out) - at]
        out[at : at + len(part)] += part * (1.0 if gains is None else gains[index])
    return out


def notes(seconds, rate=RATE, every=0.46, length=0.3):
    """Bass notes of changing pitch, each with its first harmonics."""
    rng = np.random.default_rng(0)
    t = np.arange(round(length * rate)) / rate
    fade = np.minimum(1, np.minimum(t, length - t) / 0.01)
    out = np.zeros(round(seconds * rate))
    for start in np.arange(0.1, seconds - length, every):
        hz = 45 * 2 ** (rng.integers(0, 12) / 12)
        tone = sum(np.sin(2 * np.pi * hz * n * t) / n for n in (1, 2, 3, 4))
        at = round(start * rate)
        out[at : at + len(t)] += 0.12 * fade * tone
    return out


def decibels(part, whole):
    return 10 * np.log10(np.square(part).sum() / np.square(whole).sum() + 1e-30)


def stereo(audio):
    return np.stack([audio, audio]).astype(np.float32)


@pytest.mark.parametrize("rate", [22050, 44100, 48000])
def test_the_kick_is_found_under_a_bass_of_other_notes(rate):
    kick = strokes(np.arange(0.2, 15.5, 0.47), 16.0, rate)
    found = kick_part(stereo(kick + notes(16.0, rate)), rate)
    assert found.shape == (2, len(kick))
    assert found.dtype == np.float32
    # Most of a kick lies below the top of what is looked at.
    assert decibels(found[0] - kick, kick) < -10
    assert np.array_equal(found[0], found[1])


def test_hits_keep_their_own_levels_and_sides():
    rng = np.random.default_rng(1)
    gains = rng.uniform(0.6, 1.0, 30)
    kick = strokes(0.3 + 0.5 * np.arange(30), 16.0, gains=gains)
    found = kick_part(np.stack([kick, 0.5 * kick]).astype(np.float32), RATE)
    assert decibels(found[0] - kick, kick) < -10
    np.testing.assert_allclose(found[1], 0.5 * found[0], atol=2e-3)


def test_what_rises_and_stays_is_no_kick():
    t = np.arange(16 * RATE) / RATE
    for other in (
        notes(16.0),
        np.sin(2 * np.pi * 60 * t),
        0.1 * np.random.default_rng(0).standard_normal(len(t)),
        np.zeros(len(t)),
    ):
        assert decibels(kick_part(stereo(other), RATE), stereo(other) + 1e-9) < -25


def test_a_single_stroke_is_like_no_other():
    assert not kick_part(stereo(strokes([1.0], 4.0)), RATE).any()


@pytest.mark.parametrize("samples", [1, 100, 20_000])
def test_too_short_to_say(samples):
    assert not kick_part(np.ones((2, samples), dtype=np.float32), RATE).any()
