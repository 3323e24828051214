"""Pads: chords as noise bands around harmonics, behind a filter that opens and closes."""

from __future__ import annotations

import numpy as np

from djtrans.synthesis.arrangement import arrange
from djtrans.synthesis.dsp import Audio
from djtrans.synthesis.theory import Harmony, frequency
from djtrans.synthesis.timeline import BEATS_PER_BAR, Timeline

_CUTOFFS_HZ = (450.0, 1400.0, 5000.0)  # at brightness 0, 1 and 2


def render_pads(
    target: Audio, timeline: Timeline, harmony: Harmony, rng: np.random.Generator
) -> None:
    """Play the chords into a stem ``[2, samples]``, changing on the bar line."""
    rate = timeline.sample_rate
    width, tilt = rng.uniform(15.0, 35.0), rng.uniform(1.0, 1.5)
    attack, release = round(0.02 * rate), round(0.08 * rate)
    tables: dict[int, Audio] = {}
    longest = harmony.bars_per_chord * timeline.samples_in(BEATS_PER_BAR) + 2 * release
    for root in sorted(set(harmony.chords)):
        tables[root] = chord_tables(harmony.voicing(root), longest, rate, width, tilt, rng)
    for bar in timeline.bars:
        part = arrange(bar, timeline.spec)
        if part.pad == 0.0:
            continue
        into_chord = bar.phrase_position % harmony.bars_per_chord
        at = timeline.sample_of(bar.index * BEATS_PER_BAR)
        length = timeline.sample_of((bar.index + 1) * BEATS_PER_BAR) - at
        # Counted from the chord's own first sample, so that its bars join without a seam.
        offset = at - timeline.sample_of((bar.index - into_chord) * BEATS_PER_BAR)
        ends = into_chord == harmony.bars_per_chord - 1 or bar.ends_phrase
        sounding = min(length + (release if ends else 0), target.shape[-1] - at)
        table = tables[harmony.chord_at(bar)][..., offset : offset + sounding]
        bright = np.linspace(part.brightness_start, part.brightness_end, sounding, dtype=np.float32)
        sound = np.zeros((2, sounding), dtype=np.float32)
        for level in range(len(_CUTOFFS_HZ)):
            weight = np.maximum(0.0, 1.0 - np.abs(bright - np.float32(level)))
            if weight.any():
                sound += weight * table[level]
        sound *= np.float32(0.16 * part.pad)
        if into_chord == 0:
            sound[:, :attack] *= np.linspace(0.0, 1.0, attack, dtype=np.float32)[:sounding]
        tail = sound[:, length:]
        tail *= np.linspace(1.0, 0.0, release, dtype=np.float32)[: tail.shape[-1]]
        target[:, at : at + sounding] += sound


def chord_tables(
    voices: tuple[tuple[int, float], ...],
    samples: int,
    sample_rate: int,
    width_cents: float,
    tilt: float,
    rng: np.random.Generator,
) -> Audio:
    """Render a chord at each brightness, ``[brightness, 2, at least samples]``, RMS near 1.

    Every harmonic is a Gaussian band of random phase, other phases left and right; that sounds
    like an ensemble [1]_. The brightness levels share their phases, so that they blend like one
    filter.

    References
    ----------
    .. [1] N. O. Paul, "PADsynth algorithm", ZynAddSubFX documentation, 2006.
    """
    from scipy import fft

    size = fft.next_fast_len(samples, real=True)
    frequencies = np.arange(size // 2 + 1) * (sample_rate / size)
    magnitude = np.zeros(len(frequencies))
    spread = 2.0 ** (width_cents / 1200.0) - 1.0
    for pitch, level in voices:
        base = float(frequency(pitch))
        for harmonic in range(1, int(min(12000.0, 0.45 * sample_rate) / base)):
            centre = harmonic * base
            deviation = max(0.5, 0.5 * spread * centre)
            low, high = np.searchsorted(
                frequencies, [centre - 4 * deviation, centre + 4 * deviation]
            )
            shape = np.exp(-0.5 * ((frequencies[low:high] - centre) / deviation) ** 2)
            magnitude[low:high] += level * harmonic**-tilt / np.sqrt(deviation) * shape
    phases = np.exp(2j * np.pi * rng.random((2, len(frequencies))))
    phases[1] = 0.6 * phases[0] + 0.8 * phases[1]  # partly common: wide, yet mono-compatible
    open_filters = [1.0 / np.sqrt(1.0 + (frequencies / cutoff) ** 6) for cutoff in _CUTOFFS_HZ]
    waves = np.stack([fft.irfft(magnitude * f * phases, n=size) for f in open_filters])
    return (waves / np.sqrt(np.mean(waves[1] ** 2))).astype(np.float32)
