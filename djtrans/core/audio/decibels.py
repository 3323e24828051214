"""Convert between decibels and linear amplitude or power, of numbers, arrays and tensors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

#: What levels may be: a number, an array or a tensor; the result is of the same kind.
Values = TypeVar("Values", float, "NDArray[Any]", "Tensor")

#: Level given to digital silence, so that every level is finite (dB full scale).
FLOOR_DB = -120.0
#: Beats, bars, bands and stems whose RMS level is below this are inaudible (dB full scale).
AUDIBLE_DBFS = -60.0


def db_to_amplitude(decibels: Values) -> Values:
    """Convert decibels to amplitude ratios: 20 dB are a factor of 10.

    Parameters
    ----------
    decibels : float, ndarray or Tensor
        Any shape.

    Examples
    --------
    >>> db_to_amplitude(20.0)
    10.0
    """
    return 10.0 ** (decibels / 20.0)


def db_to_power(decibels: Values) -> Values:
    """Convert decibels to power ratios: 10 dB are a factor of 10.

    Parameters
    ----------
    decibels : float, ndarray or Tensor
        Any shape.
    """
    return 10.0 ** (decibels / 10.0)


def amplitude_to_db(amplitude: Values, amin: float | None = None) -> Values:
    """Convert amplitudes to decibels.

    Parameters
    ----------
    amplitude : float, ndarray or Tensor
        Any shape, at least 0.
    amin : float, optional
        Smaller amplitudes count as this. Without it, 0 is ``-inf``.

    Examples
    --------
    >>> amplitude_to_db(0.1)
    -20.0
    """
    return 20.0 * _log10(amplitude, amin)


def power_to_db(power: Values, amin: float | None = None) -> Values:
    """Convert powers to decibels.

    Parameters
    ----------
    power : float, ndarray or Tensor
        Any shape, at least 0.
    amin : float, optional
        Smaller powers count as this. Without it, 0 is ``-inf``.
    """
    return 10.0 * _log10(power, amin)


def _log10(values: Any, amin: float | None) -> Any:
    if type(values) in (float, int):
        values = values if amin is None else max(values, amin)
        return math.log10(values) if values != 0.0 else -math.inf
    if hasattr(values, "clamp"):
        return (values if amin is None else values.clamp(min=amin)).log10()
    # Here, since plans and declarations are read without numpy.
    import numpy as np

    return np.log10(values if amin is None else np.maximum(values, amin))
