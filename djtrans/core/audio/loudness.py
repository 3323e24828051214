"""Loudness and true peak after ITU-R BS.1770 and EBU R 128.

The loudness is that of playback on two loudspeakers: a mono signal is measured as the same signal
in both channels ("dual mono"), since it is played on both. Otherwise a mono file would measure
3.01 LU below the same sound in a stereo file.

References
----------
.. [1] ITU-R BS.1770-5, "Algorithms to measure audio programme loudness and true-peak audio level".
.. [2] EBU Tech 3341, "Loudness metering: EBU mode metering".
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from torch import Tensor

from djtrans.core.audio.decibels import amplitude_to_db, power_to_db
from djtrans.core.audio.k_weighting import k_weighting_stages
from djtrans.core.audio.resampling import resample
from djtrans.core.audio.validation import check_audio
from djtrans.core.errors import InputError, ShapeError

_OFFSET_DB = -0.691
_GATE_ABSOLUTE = -70.0
_GATE_RELATIVE = -10.0
#: Samples oversampled at once, and margin that covers the resampler's filter, in samples.
_PEAK_BLOCK, _PEAK_MARGIN = 1 << 18, 1 << 10
#: Hops whose power is computed at once.
_POWER_HOPS = 300


def integrated_lufs(audio: Tensor, sample_rate: int) -> float:
    """Compute the gated integrated loudness.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``, mono (measured as played on both loudspeakers) or stereo. Audio
        shorter than a gating block (0.4 s) is one block.
    sample_rate : int
        In Hz.

    Returns
    -------
    float
        In LUFS; ``-inf`` for silence (nothing above -70 LUFS).
    """
    (momentary,) = _window_powers(audio, sample_rate, (0.4,), 0.1)
    return _gated(momentary)


def programme_lufs(audio: Tensor, sample_rate: int) -> tuple[float, np.ndarray]:
    """Compute integrated and short-term loudness in one pass.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``, mono or stereo.
    sample_rate : int
        In Hz.

    Returns
    -------
    integrated : float
        See :func:`integrated_lufs`.
    short_term : ndarray
        ``[windows]``, see :func:`short_term_lufs`.
    """
    momentary, short_term = _window_powers(audio, sample_rate, (0.4, 3.0), 0.1)
    return _gated(momentary), _to_lufs(short_term)


def short_term_lufs(
    audio: Tensor, sample_rate: int, window_seconds: float = 3.0, hop_seconds: float = 0.1
) -> np.ndarray:
    """Compute the ungated loudness of sliding windows.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``, mono or stereo.
    sample_rate : int
        In Hz.
    window_seconds, hop_seconds : float
        Length of the windows and step between them.

    Returns
    -------
    ndarray
        ``[windows]`` in LUFS, ``-inf`` for silence. Window `i` starts at ``i * hop_seconds``. Only
        whole windows are measured, but audio shorter than a window is one window.
    """
    (power,) = _window_powers(audio, sample_rate, (window_seconds,), hop_seconds)
    return _to_lufs(power)


def true_peak_db(audio: Tensor, sample_rate: int) -> float:
    """Compute the true peak with four times oversampling.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.

    Returns
    -------
    float
        In dBTP; ``-inf`` for silence.
    """
    check_audio(audio)
    _check_rate(sample_rate)
    peak = 0.0
    for start in range(0, audio.shape[-1], _PEAK_BLOCK):
        lead = min(start, _PEAK_MARGIN)
        block = audio[:, start - lead : start + _PEAK_BLOCK + _PEAK_MARGIN]
        # The resampler attenuates the top of the band, so a sample can exceed the oversampled peak.
        fine = resample(block, sample_rate, 4 * sample_rate)
        fine = fine[:, 4 * lead : 4 * (lead + _PEAK_BLOCK)]
        own = audio[:, start : start + _PEAK_BLOCK]
        peak = max(peak, float(fine.abs().max()), float(own.abs().max()))
    return amplitude_to_db(peak)


def playback_power(weighted: np.ndarray) -> np.ndarray:
    """Compute the power of K-weighted audio on two loudspeakers; mono is played on both.

    Parameters
    ----------
    weighted : ndarray
        ``[..., channels, samples]``.

    Returns
    -------
    ndarray
        ``[..., samples]``, summed over the loudspeakers.
    """
    power = np.asarray((weighted**2).sum(axis=-2))
    return 2.0 * power if weighted.shape[-2] == 1 else power


def _to_lufs(power: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.asarray(_OFFSET_DB + power_to_db(power))


def _gated(power: np.ndarray) -> float:
    """Compute the loudness of the windows that pass the absolute and then the relative gate."""
    power = power[_to_lufs(power) > _GATE_ABSOLUTE]
    if not len(power):
        return -math.inf
    gate = float(_to_lufs(power.mean())) + _GATE_RELATIVE
    power = power[_to_lufs(power) > gate]
    return float(_to_lufs(power.mean()))


def _window_powers(
    audio: Tensor, sample_rate: int, window_seconds: tuple[float, ...], hop_seconds: float
) -> list[np.ndarray]:
    """Compute the mean power of each window on two loudspeakers, for each length of windows."""
    _check_loudness(audio, sample_rate)
    hop = round(hop_seconds * sample_rate)
    found = []
    for seconds in window_seconds:
        window = round(seconds * sample_rate)
        if window < 1 or hop < 1:
            raise InputError(
                f"Window {seconds} s or hop {hop_seconds} s is shorter than a sample; give at "
                "least one sample."
            )
        found.append(_Windows(min(window, audio.shape[-1]), hop))
    for block in _k_weighted_blocks(audio, sample_rate, _POWER_HOPS * hop):
        power = playback_power(block)
        for windows in found:
            windows.add(power)
    return [windows.means() for windows in found]


class _Windows:
    """Mean power of sliding windows of a signal that arrives in blocks of whole hops."""

    def __init__(self, window: int, hop: int) -> None:
        self._window, self._hop = window, hop
        # Differences of a running sum would have rounding noise in silence after sound; so sum hops
        # if a window is a whole number of hops, and slices otherwise.
        self._by_hops = window % hop == 0
        self._kept = np.zeros(0)
        self._sums: list[np.ndarray] = []

    def add(self, power: np.ndarray) -> None:
        """Add the next samples; only the last block may have a part of a hop."""
        if self._by_hops:
            whole = power[: len(power) // self._hop * self._hop]
            self._sums.append(whole.reshape(-1, self._hop).sum(axis=-1))
            return
        power = np.concatenate([self._kept, power])
        starts = range(0, len(power) - self._window + 1, self._hop)
        self._sums.append(np.array([power[i : i + self._window].sum() for i in starts]))
        self._kept = power[len(starts) * self._hop :]

    def means(self) -> np.ndarray:
        """Return the mean power of each window."""
        sums = np.concatenate(self._sums)
        if self._by_hops:
            hops = self._window // self._hop
            sums = np.lib.stride_tricks.sliding_window_view(sums, hops).sum(axis=-1)
        return np.asarray(sums / self._window)


def _check_loudness(audio: Tensor, sample_rate: int) -> None:
    """Raise unless the loudness of the audio can be measured."""
    check_audio(audio)
    _check_rate(sample_rate)
    if audio.shape[0] > 2:
        raise ShapeError(
            f"Loudness cannot be measured of {audio.shape[0]} channels; give mono or stereo."
        )
    if audio.shape[-1] == 0:
        raise InputError("Loudness cannot be measured of 0 samples; give audio that is not empty.")


def _k_weighted_blocks(audio: Tensor, sample_rate: int, size: int) -> Iterator[np.ndarray]:
    """Yield blocks of K-weighted audio, ``[channels, samples]`` float64."""
    from scipy.signal import lfilter

    stages = k_weighting_stages(sample_rate)
    states = [np.zeros((audio.shape[0], len(stage.b) - 1)) for stage in stages]
    for start in range(0, audio.shape[-1], size):
        signal = audio[:, start : start + size].detach().cpu().double().numpy()
        for index, stage in enumerate(stages):
            signal, states[index] = lfilter(stage.b, stage.a, signal, axis=-1, zi=states[index])
        yield np.asarray(signal)


def _check_rate(sample_rate: int) -> None:
    if isinstance(sample_rate, bool) or not isinstance(sample_rate, int) or sample_rate <= 0:
        raise InputError(f"Sample rate {sample_rate!r} is not allowed; give a whole number of Hz.")


def unclipped_gain(*audio: Tensor) -> float:
    """Compute the gain, 1 or less, with which none of the signals exceeds full scale.

    Parameters
    ----------
    *audio : Tensor
        ``[..., samples]``, full scale is 1.

    Returns
    -------
    float
    """
    peak = max((float(x.abs().max()) for x in audio if x.numel()), default=0.0)
    # The margin covers the rounding of the product.
    return 1.0 if peak <= 1.0 else (1.0 - 1e-6) / peak
