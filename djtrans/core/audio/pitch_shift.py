"""Pitch shift without a change of tempo: time stretch, then resample.

docs/time-axis.md explains why the stretch engine's own transposition is not used.
"""

from __future__ import annotations

import math

from torch import Tensor

from djtrans.core.audio.resampling import resample
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.time_stretch import is_unity, read
from djtrans.core.errors import InputError

#: Largest transposition in semitones.
MAX_SEMITONES = 12.0
#: Denominator of the pitch factor, a fraction within 0.001 cents of the exact ratio.
_DENOMINATOR = 1_000_000
#: Audio on either side that covers the resampler's filter.
_MARGIN_SECONDS = 0.05


def pitch_factor(semitones: float) -> float:
    """Compute the frequency ratio of a transposition.

    Raises
    ------
    InputError
        If the transposition is out of range.
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
    """Time-stretch and transpose in one pass of the engine.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    position : float
        Input sample at which the output starts; may be outside of the audio.
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
        If the transposition or the stretch that it requires is out of range.
    """
    factor = pitch_factor(semitones)
    margin = round(_MARGIN_SECONDS * sample_rate)
    length = math.ceil((samples + 2 * margin) * factor)
    origin, slowed = position - margin * rate, rate / factor
    if is_unity(slowed):
        stretched = padded_slice(audio, round(origin), round(origin) + length)
    else:
        stretched = read(audio, origin, slowed, length, sample_rate)
    pitched = resample(stretched, round(factor * _DENOMINATOR), _DENOMINATOR)
    return pitched[:, margin : margin + samples]
