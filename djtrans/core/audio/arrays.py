"""Check audio and beat times given as arrays or tensors; cut them, and convert to decibels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import FLOOR_DB, db_to_power, power_to_db
from djtrans.core.errors import InputError, ShapeError

FloatArray = NDArray[np.float64]


def as_audio(audio: Any, name: str) -> FloatArray:
    """Audio as a float64 array ``[channels, samples]``.

    Parameters
    ----------
    audio : Tensor or ndarray
        ``[channels, samples]``, or ``[samples]`` for mono.
    name : str
        What to call it in an error message.

    Raises
    ------
    ShapeError
        If it has another number of axes or no samples.
    InputError
        If it holds NaN or infinity.
    """
    if hasattr(audio, "detach"):
        audio = audio.detach().cpu().numpy()
    array = np.atleast_2d(np.asarray(audio, dtype=np.float64))
    if array.ndim != 2 or array.size == 0:
        raise ShapeError(
            f"{name} has shape {array.shape}; give [channels, samples] with at least one of each."
        )
    if not np.isfinite(array).all():
        raise InputError(f"{name} holds NaN or infinity; only finite audio can be measured.")
    return array


def check_same_length(**arrays: FloatArray) -> None:
    """Refuse arrays that do not have the same number of samples.

    Raises
    ------
    ShapeError
        Naming each length.
    """
    lengths = {name: array.shape[-1] for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ShapeError(
            f"The lengths in samples differ ({listed}); cut all to the same stretch of the clock."
        )


def check_sample_rate(sample_rate: int) -> None:
    """Refuse a rate at which the measured bands do not exist.

    Raises
    ------
    InputError
        Below 8000 Hz.
    """
    if sample_rate < 8000:
        raise InputError(f"sample_rate is {sample_rate} Hz; the metrics need at least 8000 Hz.")


def as_beats(beat_times: Any) -> FloatArray:
    """Convert beat times to a float64 array ``[beats]`` of increasing seconds.

    Raises
    ------
    InputError
        If it has fewer than two beats or does not increase.
    """
    if hasattr(beat_times, "detach"):
        beat_times = beat_times.detach().cpu().numpy()
    beats = np.asarray(beat_times, dtype=np.float64)
    if beats.ndim != 1 or len(beats) < 2 or not np.all(np.diff(beats) > 0):
        raise InputError("beat_times must be one axis of at least two increasing times in seconds.")
    return beats


def to_db(power: FloatArray) -> FloatArray:
    """Convert powers to decibels, at least :data:`~djtrans.core.audio.decibels.FLOOR_DB`."""
    return power_to_db(power, amin=db_to_power(FLOOR_DB))


def cut(
    audio: FloatArray, sample_rate: int, beat_times: FloatArray, margin_seconds: float
) -> tuple[FloatArray, FloatArray]:
    """Cut the window with a margin on either side, limited by the audio, and its beat times.

    Parameters
    ----------
    audio : ndarray
        ``[channels, samples]``.
    sample_rate : int
    beat_times : ndarray
        ``[beats + 1]`` seconds from the first sample.
    margin_seconds : float

    Returns
    -------
    audio : ndarray
        ``[channels, samples]``, one sample at least.
    beat_times : ndarray
        Seconds from *its* first sample.
    """
    last = audio.shape[-1]
    start = int(np.clip(round((beat_times[0] - margin_seconds) * sample_rate), 0, last - 1))
    stop = int(np.clip(round((beat_times[-1] + margin_seconds) * sample_rate), start + 1, last))
    return audio[:, start:stop], beat_times - start / sample_rate
