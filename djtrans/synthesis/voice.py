"""A singing voice: glottal pulses through formant filters."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.synthesis.dsp import Audio, faded, filtered, peaked, reverberated, stereo
from djtrans.synthesis.theory import frequency

#: First four formants in Hz and their bandwidths of vowels as an adult male sings them; the first
#: three after Peterson and Barney (1952), rounded, the fourth a common value.
VOWELS = {
    "a": (730.0, 1090.0, 2440.0, 3400.0),
    "e": (530.0, 1840.0, 2480.0, 3500.0),
    "i": (270.0, 2290.0, 3010.0, 3600.0),
    "o": (570.0, 840.0, 2410.0, 3300.0),
    "u": (300.0, 870.0, 2240.0, 3300.0),
}
_BANDWIDTHS_HZ = (70.0, 90.0, 130.0, 200.0)


@attrs.frozen
class Syllable:
    """One sung note.

    Attributes
    ----------
    start, samples : int
        In samples from the start of the phrase.
    pitch : int
        MIDI pitch.
    vowel : str
        A key of :data:`VOWELS`.
    hiss : bool
        Whether it begins with an unvoiced consonant.
    """

    start: int
    samples: int
    pitch: int
    vowel: str
    hiss: bool


def sing(
    syllables: list[Syllable],
    samples: int,
    sample_rate: int,
    formant_scale: float,
    rng: np.random.Generator,
) -> Audio:
    """Sing syllables: ``[2, samples]`` with a peak of 1.

    The source is Rosenberg's glottal pulse [1]_, differentiated at the lips, with portamento,
    a vibrato that grows within each note, and a little breath. One formant filter per vowel runs
    over the whole phrase and the voice is led from one to the next, as a mouth moves.

    Parameters
    ----------
    syllables : list of Syllable
    samples : int
        Length of the phrase; what rings longer is faded out at its end.
    sample_rate : int
        In Hz.
    formant_scale : float
        1 is an adult male vocal tract; a female one is about 1.15 to 1.2.
    rng : numpy Generator

    References
    ----------
    .. [1] A. E. Rosenberg, "Effect of glottal pulse shape on the quality of natural vowels",
       JASA 49(2B), 1971.
    """
    level = np.zeros(samples)
    hiss = np.zeros(samples)
    pitch = np.full(samples, float(syllables[0].pitch))
    vibrato = np.zeros(samples)
    mouth = {vowel: np.zeros(samples) for vowel in sorted({s.vowel for s in syllables})}
    for number, syllable in enumerate(syllables):
        begin, end = syllable.start, min(samples, syllable.start + syllable.samples)
        following = syllables[number + 1].start if number + 1 < len(syllables) else samples
        since = np.arange(end - begin) / sample_rate
        level[begin:end] = 1.0 - 0.25 * since / max(since[-1], 1e-3)
        pitch[begin:] = syllable.pitch
        vibrato[begin:end] = np.clip((since - 0.25) / 0.4, 0.0, 1.0)
        mouth[syllable.vowel][begin if number else 0 : following] = 1.0
        if syllable.hiss:
            length = min(end - begin, round(0.06 * sample_rate))
            hiss[begin : begin + length] = np.hanning(length)
            level[begin : begin + length // 2] = 0.0
    level = _smooth(level, 0.045, sample_rate)
    pitch = _smooth(pitch, 0.07, sample_rate)
    time = np.arange(samples) / sample_rate
    pitch += 0.22 * vibrato * np.sin(2.0 * np.pi * rng.uniform(5.0, 6.0) * time)
    source = _glottal(np.asarray(frequency(pitch)), sample_rate)
    source += 0.03 * rng.standard_normal(samples)
    source *= level
    voice = np.zeros(samples)
    for vowel, openness in mouth.items():
        voice += _smooth(openness, 0.06, sample_rate) * _formants(
            source, VOWELS[vowel], formant_scale, sample_rate
        )
    voice = filtered(voice, "highpass", 120.0, sample_rate)
    consonants = filtered(hiss * rng.standard_normal(samples), "highpass", 4500.0, sample_rate)
    voice = voice / max(1e-9, np.max(np.abs(voice))) + 0.12 * consonants
    wide = stereo(voice)
    for channel, delay in enumerate((0.013, 0.019)):  # a double on either side
        late = round(delay * sample_rate)
        wide[channel, late:] += 0.3 * voice[:-late]
    wet = reverberated(wide, sample_rate, 0.9, 0.25, rng)[:, :samples]
    return peaked(faded(wet, sample_rate, 0.02, 0.05))


def _glottal(hz: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    phase = np.cumsum(hz / sample_rate) % 1.0
    opening = 0.5 * (1.0 - np.cos(np.pi * phase / 0.4))
    closing = np.cos(0.5 * np.pi * (phase - 0.4) / 0.16)
    flow = np.where(phase < 0.4, opening, np.where(phase < 0.56, closing, 0.0))
    return np.diff(flow, prepend=flow[0]) * sample_rate / hz


def _formants(
    source: NDArray[np.float64], formants: tuple[float, ...], scale: float, sample_rate: int
) -> NDArray[np.float64]:
    """Filter by a cascade of two-pole resonators of unit gain at 0 Hz (Klatt, JASA 67(3), 1980)."""
    from scipy import signal

    sections = []
    for centre, bandwidth in zip(formants, _BANDWIDTHS_HZ, strict=True):
        radius = np.exp(-np.pi * bandwidth / sample_rate)
        b1 = 2.0 * radius * np.cos(2.0 * np.pi * centre * scale / sample_rate)
        b2 = -(radius**2)
        sections.append([1.0 - b1 - b2, 0.0, 0.0, 1.0, -b1, -b2])
    return np.asarray(signal.sosfilt(np.array(sections), source))


def _smooth(curve: NDArray[np.float64], width: float, sample_rate: int) -> NDArray[np.float64]:
    """Apply a centred moving average of `width` seconds twice."""
    from scipy import ndimage

    size = max(1, round(width * sample_rate / 2))
    for _ in range(2):
        curve = ndimage.uniform_filter1d(curve, size, mode="nearest")
    return curve
