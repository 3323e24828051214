"""Local offsets of a track from a tempo line, to a fraction of a millisecond."""

from __future__ import annotations

import attrs
import numpy as np
import scipy.fft

from djtrans.core.audio.arrays import FloatArray
from djtrans.datasets.mixes.alignment.tempo_line import TempoLine
from djtrans.metrics.onsets import band_power, onset_strength

#: About eight beats: two bars have enough onsets to distinguish adjacent sixteenths.
WINDOW_SECONDS = 4.0
HOP_SECONDS = 1.0
#: Onsets are narrow; a slight blur lets time-stretched onsets overlap with the original ones.
_BLUR_SECONDS = 0.0015


@attrs.frozen(eq=False)
class Onsets:
    """Onset strength in bands.

    Attributes
    ----------
    strength : ndarray
        ``[bands, frames]``, frame ``i`` at ``i / rate`` seconds.
    rate : float
        Near 2000 Hz.
    """

    strength: FloatArray
    rate: float

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.strength.shape[1] / self.rate


def onsets(mono: FloatArray, sample_rate: int) -> Onsets:
    """Compute the onset strength of `mono` ``[samples]``."""
    from scipy.ndimage import gaussian_filter1d

    power, rate = band_power(mono[None], sample_rate)
    return Onsets(gaussian_filter1d(onset_strength(power), _BLUR_SECONDS * rate), rate)


@attrs.frozen(eq=False)
class Offsets:
    """Track times of windows of a mix.

    Attributes
    ----------
    mix, track : ndarray
        ``[windows]``: centre of the window, and the track time there, in seconds.
    similarity : ndarray
        ``[windows]``: normalized correlation there, at most 1.
    """

    mix: FloatArray
    track: FloatArray
    similarity: FloatArray


def local_offsets(mix: Onsets, track: Onsets, line: TempoLine, reach_seconds: float) -> Offsets:
    """Correlate windows of a mix with the track as predicted by a tempo line.

    Parameters
    ----------
    mix, track : Onsets
    line : TempoLine
    reach_seconds : float
        Largest distance from the line.

    Returns
    -------
    Offsets
        Of all windows with onsets in both; those at the edge of the reach are omitted.
    """
    half = round(WINDOW_SECONDS / 2 * mix.rate)
    reach = round(reach_seconds * mix.rate)
    begin = max(0.0, line.mix(0.0)) * mix.rate + half + reach
    end = min(mix.seconds, line.mix(track.seconds)) * mix.rate - half - reach
    size = scipy.fft.next_fast_len(2 * (half + reach) + 1, real=True)
    steps = np.arange(-half, half + 1)
    frames = np.arange(track.strength.shape[1])
    found = []
    for centre in np.arange(np.ceil(begin), end, HOP_SECONDS * mix.rate).astype(int):
        observed = mix.strength[:, centre - half - reach : centre + half + reach + 1]
        at = line.track((centre + steps) / mix.rate) * track.rate
        expected = np.stack([np.interp(at, frames, band) for band in track.strength])
        offset, similarity = _lag(observed, expected, reach, size)
        if similarity > 0.0 and abs(offset) < reach:
            # A positive offset means that the track is later in the mix than the line predicts.
            time = (centre + offset) / mix.rate
            found.append((time, line.track(centre / mix.rate), similarity))
    return Offsets(*np.array(found, dtype=np.float64).reshape(-1, 3).T)


def _lag(observed: FloatArray, expected: FloatArray, reach: int, size: int) -> tuple[float, float]:
    """Return the lag of `expected` in frames from the centre of `observed`, and the correlation."""
    length = expected.shape[1]
    product = scipy.fft.rfft(observed, size, axis=1) * scipy.fft.rfft(expected, size, axis=1).conj()
    lags = scipy.fft.irfft(product, size, axis=1)[:, : 2 * reach + 1]
    power = np.cumsum(np.pad(observed**2, ((0, 0), (1, 0))), axis=1)
    energy = np.maximum(power[:, length:] - power[:, :-length], 0.0)
    own = (expected**2).sum(axis=1)
    # Each band is normalized, so that an equalizer does not change their weights.
    scale = np.sqrt(own[:, None] * np.maximum(energy, 1e-9 + 1e-3 * energy.max()))
    scores = (lags / np.maximum(scale, 1e-9)).sum(axis=0) / max(int((own > 1e-6).sum()), 1)
    peak = int(np.argmax(scores))
    if not 0 < peak < 2 * reach:
        return float(reach), 0.0
    left, middle, right = scores[peak - 1 : peak + 2]
    bend = left - 2.0 * middle + right
    return peak - reach + (0.5 * (left - right) / bend if bend < 0 else 0.0), float(middle)
