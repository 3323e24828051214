"""Coefficients of second-order filters, for many frequencies or gains at once.

Each function returns ``b [..., 3]`` and ``a [..., 3]`` with ``a[..., 0] = 1``, of the shape of its
first argument, and is differentiable in it.

References
----------
.. [1] R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients"; the W3C note
   "Audio EQ Cookbook", 2021. torchaudio's ``*_biquad`` functions use the same ones.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

#: Frequencies are limited to this fraction of the sample rate, below Nyquist.
HIGHEST_FRACTION = 0.49


def lowpass(frequency_hz: Tensor, q: float, sample_rate: int) -> tuple[Tensor, Tensor]:
    """Design low-passes of 12 dB per octave."""
    cos, alpha = _angle(frequency_hz, q, sample_rate)
    b = ((1 - cos) / 2, 1 - cos, (1 - cos) / 2)
    return _normalized(b, (1 + alpha, -2 * cos, 1 - alpha))


def highpass(frequency_hz: Tensor, q: float, sample_rate: int) -> tuple[Tensor, Tensor]:
    """Design high-passes of 12 dB per octave."""
    cos, alpha = _angle(frequency_hz, q, sample_rate)
    b = ((1 + cos) / 2, -1 - cos, (1 + cos) / 2)
    return _normalized(b, (1 + alpha, -2 * cos, 1 - alpha))


def peaking(
    gain_db: Tensor, frequency_hz: float, q: float, sample_rate: int
) -> tuple[Tensor, Tensor]:
    """Design peaking equalizers of one centre frequency."""
    cos, alpha = _angle(gain_db.new_tensor(frequency_hz), q, sample_rate)
    amplitude = _amplitude(gain_db)
    b = (1 + alpha * amplitude, -2 * cos, 1 - alpha * amplitude)
    return _normalized(b, (1 + alpha / amplitude, -2 * cos, 1 - alpha / amplitude))


def low_shelf(
    gain_db: Tensor, frequency_hz: float, q: float, sample_rate: int
) -> tuple[Tensor, Tensor]:
    """Design low shelves of one midpoint frequency."""
    return _shelf(gain_db, frequency_hz, q, sample_rate, 1.0)


def high_shelf(
    gain_db: Tensor, frequency_hz: float, q: float, sample_rate: int
) -> tuple[Tensor, Tensor]:
    """Design high shelves of one midpoint frequency."""
    return _shelf(gain_db, frequency_hz, q, sample_rate, -1.0)


def slowest_decay_seconds(a: Tensor, sample_rate: int) -> float:
    """Compute the longest decay time of filters to -60 dB.

    Parameters
    ----------
    a : Tensor
        ``[..., 3]`` denominators with ``a[..., 0] = 1``.
    sample_rate : int
        Sample rate in Hz.

    Returns
    -------
    float
        Seconds, from the largest pole radius.
    """
    half, square = a[..., 1] / 2, a[..., 2]
    split = half.square() - square
    real = half.abs() + split.clamp(min=0.0).sqrt()
    radius = torch.where(split >= 0, real, square.clamp(min=0.0).sqrt())
    largest = min(max(float(radius.max()), 1e-9), 1.0 - 1e-9)
    return math.log(1e-3) / math.log(largest) / sample_rate


def _shelf(
    gain_db: Tensor, frequency_hz: float, q: float, sample_rate: int, side: float
) -> tuple[Tensor, Tensor]:
    """Design shelves: low ones for a `side` of 1, their mirror images for -1."""
    cos, alpha = _angle(gain_db.new_tensor(frequency_hz), q, sample_rate)
    cos = side * cos
    amplitude = _amplitude(gain_db)
    more, less, slope = amplitude + 1, amplitude - 1, 2 * amplitude.sqrt() * alpha
    b = (
        amplitude * (more - less * cos + slope),
        side * 2 * amplitude * (less - more * cos),
        amplitude * (more - less * cos - slope),
    )
    a = (more + less * cos + slope, -side * 2 * (less + more * cos), more + less * cos - slope)
    return _normalized(b, a)


def _amplitude(gain_db: Tensor) -> Tensor:
    """Compute the square root of the linear gain."""
    return torch.exp(gain_db * (math.log(10.0) / 40.0))


def _angle(frequency_hz: Tensor, q: float, sample_rate: int) -> tuple[Tensor, Tensor]:
    """Compute the cosine of the digital frequency and the cookbook's alpha."""
    angle = 2 * math.pi * (frequency_hz / sample_rate).clamp(max=HIGHEST_FRACTION)
    return torch.cos(angle), torch.sin(angle) / (2 * q)


def _normalized(b: tuple[Tensor, ...], a: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    """Stack coefficients, divided by the first of the denominator."""
    rows = torch.broadcast_tensors(*b, *a)
    return torch.stack(rows[:3], dim=-1) / rows[3][..., None], torch.stack(
        [torch.ones_like(rows[3]), rows[4] / rows[3], rows[5] / rows[3]], dim=-1
    )
