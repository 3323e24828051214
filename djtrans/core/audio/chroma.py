"""Chroma of beats and of frames."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.arrays import FloatArray, cut
from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.audio.filters import filtered, spectrum_of
from djtrans.core.audio.polarity import to_mono

IntArray = NDArray[np.int_]

BAND_HZ = (110.0, 2000.0)
WINDOW_SECONDS = 0.2
#: A spectral peak counts if it stands this far above the median around it.
PEAK_DB = 10.0


@attrs.frozen(eq=False)
class Peaks:
    """Spectral peaks of an excerpt, one element each.

    Attributes
    ----------
    row, column : ndarray of int
        Bin of the spectrum from 110 Hz, and its frame.
    beat, pitch : ndarray of int
        Beat of the excerpt, from 0, and pitch class, 0 to 11; C is 0.
    hz, level : ndarray
        Interpolated frequency, and amplitude.
    beats : int
        Number of beats.
    """

    row: IntArray
    column: IntArray
    beat: IntArray
    pitch: IntArray
    hz: FloatArray
    level: FloatArray
    beats: int

    def chroma(self) -> FloatArray:
        """Add up the amplitudes by pitch class, ``[beats, 12]``, C first."""
        out = np.zeros((self.beats, 12))
        np.add.at(out, (self.beat, self.pitch), self.level)
        return out


def beat_chroma(audio: FloatArray, sample_rate: int, beat_times: FloatArray) -> FloatArray:
    """Compute the amplitude of spectral peaks by pitch class, beat by beat.

    Parameters
    ----------
    audio : ndarray
        ``[channels, samples]``, tuned to A = 440 Hz.
    sample_rate : int
        In Hz.
    beat_times : ndarray
        ``[beats + 1]`` seconds.

    Returns
    -------
    ndarray
        ``[beats, 12]``, C first. Only local maxima that stand out count, so that noise and drums,
        which have no pitch, add little; a peak's pitch is interpolated between the bins.
    """
    audio, beat_times = cut(audio, sample_rate, beat_times, WINDOW_SECONDS)
    level, freqs, times = amplitude_spectrum(audio, sample_rate)
    return spectral_peaks(level, freqs, times, beat_times).chroma()


def frame_chroma(audio: FloatArray, sample_rate: int, edges: FloatArray) -> FloatArray:
    """Compute the mean amplitude of spectral peaks by pitch class, frame by frame.

    Parameters
    ----------
    audio : ndarray
        ``[channels, samples]``, tuned to A = 440 Hz.
    sample_rate : int
        In Hz.
    edges : ndarray
        ``[frames + 1]`` seconds: starts of the frames, and the end of the last. Frames may be
        shorter than the steps of the spectrum, between which the chroma is held.

    Returns
    -------
    ndarray
        ``[frames, 12]``, C first; 0 outside the audio. See :func:`beat_chroma`.
    """
    level, freqs, times = amplitude_spectrum(audio, sample_rate)
    if len(times) < 2:
        return np.zeros((len(edges) - 1, 12))
    step = times[1] - times[0]
    borders = np.append(times, times[-1] + step) - step / 2
    steps = spectral_peaks(level, freqs, times, borders).chroma()
    # The mean over a frame is a difference of the running integral, whatever its length.
    integral = step * np.pad(steps.cumsum(axis=0), ((1, 0), (0, 0)))
    at = np.stack([np.interp(edges, borders, column) for column in integral.T], axis=1)
    return np.diff(at, axis=0) / np.diff(edges)[:, None]


def amplitude_spectrum(
    audio: FloatArray, sample_rate: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compute the amplitude of the mono mix from 110 to 2000 Hz, and its grid.

    Returns
    -------
    level : ndarray
        ``[bins, frames]``.
    freqs, times : ndarray
        ``[bins]`` Hz and ``[frames]`` seconds; no frame for an excerpt shorter than a step.
    """
    mono = to_mono(audio)
    low, rate = filtered(
        spectrum_of(mono), mono.shape[-1], sample_rate, np.ones_like, top_hz=1.2 * BAND_HZ[1]
    )
    size = 2 * round(0.5 * WINDOW_SECONDS * rate)
    if low.shape[-1] <= size // 2:
        return np.zeros((3, 0)), np.array([110.0, 115.0, 120.0]), np.zeros(0)
    freqs = np.asarray(np.fft.rfftfreq(size, 1.0 / rate), dtype=np.float64)
    keep = (freqs >= BAND_HZ[0]) & (freqs <= BAND_HZ[1])
    spectrum = _spectrogram(low[0], size)[keep]
    level = np.asarray(np.abs(spectrum), dtype=np.float64)
    return level, freqs[keep], np.arange(spectrum.shape[-1]) * (size // 2) / rate


def _spectrogram(audio: FloatArray, size: int) -> NDArray[np.complex128]:
    """Transform half-overlapping frames, centred on multiples of half their size.

    As scipy.signal.stft, whose import takes longer than the analysis of a window: a sine of
    amplitude 1 has a magnitude of 0.5.

    Parameters
    ----------
    audio : ndarray
        ``[samples]``, zero beyond its ends.
    size : int
        Length of a frame, even.

    Returns
    -------
    ndarray
        ``[bins, frames]``.
    """
    from scipy.fft import rfft

    half = size // 2
    padded = np.pad(audio, (half, half + -len(audio) % half))
    taper = 0.5 - 0.5 * np.cos(2.0 * np.pi / size * np.arange(size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::half]
    return np.asarray(rfft(frames * taper, axis=-1).T / taper.sum())


def spectral_peaks(
    level: FloatArray, freqs: FloatArray, times: FloatArray, beat_times: FloatArray
) -> Peaks:
    """Find local maxima that stand out from the spectrum around them, within the beats."""
    from scipy.ndimage import median_filter

    bins = max(5, int(0.05 * len(freqs)))
    floor = median_filter(level, size=(bins, 1), mode="nearest")
    inner = level[1:-1]
    peak = (inner > level[:-2]) & (inner >= level[2:])
    peak &= inner > db_to_amplitude(PEAK_DB) * np.maximum(floor[1:-1], 1e-7)
    row, column = np.nonzero(peak)
    logs = [np.log(level[row + i, column] + 1e-12) for i in range(3)]
    bend = logs[0] - 2.0 * logs[1] + logs[2]
    shift = np.where(bend < 0, 0.5 * (logs[0] - logs[2]) / np.minimum(bend, -1e-9), 0.0)
    hz = freqs[row + 1] + np.clip(shift, -0.5, 0.5) * (freqs[1] - freqs[0])
    pitch = np.round(69.0 + 12.0 * np.log2(hz / 440.0)).astype(int) % 12
    beat = np.searchsorted(beat_times, times[column], side="right") - 1
    inside = (beat >= 0) & (beat < len(beat_times) - 1)
    return Peaks(
        row=row[inside] + 1,
        column=column[inside],
        beat=beat[inside],
        pitch=pitch[inside],
        hz=hz[inside],
        level=inner[row, column][inside],
        beats=len(beat_times) - 1,
    )
