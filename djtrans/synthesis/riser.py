"""The riser of a build: noise whose band climbs."""

from __future__ import annotations

import numpy as np

from djtrans.synthesis.arrangement import arrange
from djtrans.synthesis.dsp import Audio
from djtrans.synthesis.timeline import BEATS_PER_BAR, Timeline

_CENTRES_HZ = (400.0, 900.0, 2000.0, 4500.0, 9500.0)


def render_riser(target: Audio, timeline: Timeline, rng: np.random.Generator) -> None:
    """Add the riser to a stem ``[2, samples]``, where the arrangement has one."""
    rising = [
        (bar, part)
        for bar in timeline.bars
        if (part := arrange(bar, timeline.spec)).riser_end > 0.0
    ]
    if not rising:
        return
    bands = _noise_bands(timeline.samples_in(BEATS_PER_BAR) + 1, timeline.sample_rate, rng)
    for bar, part in rising:
        at = timeline.sample_of(bar.index * BEATS_PER_BAR)
        length = timeline.sample_of((bar.index + 1) * BEATS_PER_BAR) - at
        height = np.linspace(part.riser_start, part.riser_end, length, dtype=np.float32)
        if bar.ends_section:
            height[-64:] *= np.linspace(1.0, 0.0, min(64, length), dtype=np.float32)
        place_in_bands = height * (len(_CENTRES_HZ) - 1)
        level = np.float32(0.07) * height**2
        for index, band in enumerate(bands):
            weight = level * np.exp(-((place_in_bands - np.float32(index)) ** 2))
            # The bands repeat every bar of noise without a seam, so bars join.
            start = (at - timeline.sample_of(0)) % band.shape[-1]
            target[:, at : at + length] += weight * np.roll(band, -start, axis=-1)[:, :length]


def _noise_bands(samples: int, sample_rate: int, rng: np.random.Generator) -> list[Audio]:
    """Periodic stereo noise of RMS 1, an octave and a half wide around each centre."""
    from scipy import fft

    size = fft.next_fast_len(samples, real=True)
    frequencies = np.maximum(1.0, np.arange(size // 2 + 1) * (sample_rate / size))
    phases = np.exp(2j * np.pi * rng.random((2, len(frequencies))))
    bands = []
    for centre in _CENTRES_HZ:
        octaves = np.log2(frequencies / min(centre, 0.4 * sample_rate))
        wave = fft.irfft(np.exp(-0.5 * (octaves / 0.7) ** 2) * phases, n=size)
        bands.append((wave / np.sqrt(np.mean(wave**2))).astype(np.float32))
    return bands
