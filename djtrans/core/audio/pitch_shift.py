"""Transposition without a change of time: a stretch that a resampling undoes.

The engine can transpose by itself; docs/time-axis.md holds why it is not asked to.
"""

from __future__ import annotations

import math

from torch import Tensor

from djtrans.core.audio.resampling import resample
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.time_stretch import is_one, read
from djtrans.core.errors import InputError

#: Largest transposition in semitones.
MAX_SEMITONES = 12.0
#: The pitch factor is a fraction with this denominator: within 0.001 cents of what is asked for.
_DENOMINATOR = 1_000_000
#: Sound on either side that the resampler's filter reaches into.
_MARGIN_SECONDS = 0.05


def pitch_factor(semitones: float) -> float:
    """Ratio of frequencies of a transposition.

    Raises
    ------
    InputError
        If it is out of range.
    """
    if not abs(semitones) <= MAX_SEMITONES:
        raise InputError(
            f"A transposition of {semitones:g} semitones is out of range; give "
            f"{-MAX_SEMITONES:g} to {MAX_SEMITONES:g}."
        )
    return round(_DENOMINATOR * 2.0 ** (semitones / 12.0)) / _DENOMINATOR


def read_transposed(
    audio: Tensor, position: float, rate: float, samples: int, sample_rate: int, semitones: float
) -> Tensor:
    """Stretch and transpose in one pass of the engine.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    position : float
        Input sample that the output starts at; may lie outside of the audio.
    rate : float
        Input samples per output sample.
    samples : int
        Length of the output.
    sample_rate : int
        In Hz.
    semitones : float
        Transposition, -12 to 12.

    Returns
    -------
    Tensor
        ``[channels, samples]`` float32.

    Raises
    ------
    InputError
        If the transposition is out of range, or so much stretching as it takes is.
    """
    factor = pitch_factor(semitones)
    margin = round(_MARGIN_SECONDS * sample_rate)
    length = math.ceil((samples + 2 * margin) * factor)
    origin, slowed = position - margin * rate, rate / factor
    if is_one(slowed):
        sound = padded_slice(audio, round(origin), round(origin) + length)
    else:
        sound = read(audio, origin, slowed, length, sample_rate)
    pitched = resample(sound, round(factor * _DENOMINATOR), _DENOMINATOR)
    return pitched[:, margin : margin + samples]
