from __future__ import annotations

import numpy as np
import pytest

from djtrans.synthesis.voice import VOWELS, Syllable, sing

RATE = 22050


def _spectrum(vowel: str, pitch: int, scale: float) -> tuple[np.ndarray, np.ndarray]:
    samples = 2 * RATE
    note = Syllable(start=0, samples=samples, pitch=pitch, vowel=vowel, hiss=False)
    voice = sing([note], samples, RATE, scale, np.random.default_rng(1)).mean(axis=0)
    part = voice[RATE // 10 : RATE // 4]  # before the vibrato
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 15)) ** 2
    return np.fft.rfftfreq(1 << 15, 1 / RATE), power


@pytest.mark.parametrize("pitch", [45, 57, 64])
def test_it_sings_at_the_pitch(pitch: int) -> None:
    frequencies, power = _spectrum("o", pitch, 1.0)
    hz = 440.0 * 2.0 ** ((pitch - 69) / 12)
    near = (frequencies > 0.8 * hz) & (frequencies < 1.25 * hz)
    found = frequencies[near][np.argmax(power[near])]
    assert abs(1200 * np.log2(found / hz)) < 25


def test_vowels_have_their_formants() -> None:
    # At 55 Hz the harmonics lie close enough to draw the envelope. The second formant of the back
    # vowels is a shoulder of the first, so only that of the front vowels is a peak to find.
    for vowel, (first, second, *_) in VOWELS.items():
        frequencies, power = _spectrum(vowel, 33, 1.0)
        smooth = np.convolve(power, np.hanning(180), mode="same")
        for formant in (first, second) if vowel in ("i", "e") else (first,):
            near = (frequencies > 0.75 * formant) & (frequencies < 1.25 * formant)
            at = frequencies[near][np.argmax(smooth[near])]
            assert at == pytest.approx(formant, rel=0.15), (vowel, formant)


def test_it_is_silent_where_nobody_sings_and_ends_in_silence() -> None:
    note = Syllable(start=RATE, samples=RATE // 2, pitch=57, vowel="a", hiss=True)
    voice = sing([note], 3 * RATE, RATE, 1.1, np.random.default_rng(0))
    assert np.abs(voice[:, : RATE - RATE // 10]).max() < 1e-3
    assert np.abs(voice[:, -RATE // 4 :]).max() < 1e-2
    assert voice[:, -1] == pytest.approx(0.0, abs=1e-6)
    assert np.abs(voice).max() == pytest.approx(1.0)


def test_a_note_on_the_first_sample_does_not_click() -> None:
    note = Syllable(start=0, samples=RATE, pitch=57, vowel="a", hiss=False)
    voice = sing([note], 2 * RATE, RATE, 1.0, np.random.default_rng(0))
    assert np.abs(voice[:, :4]).max() < 1e-3
