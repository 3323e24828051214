"""Stages of the K weighting of ITU-R BS.1770: a shelf and a high-pass.

The standard tabulates the coefficients at 48 kHz alone. De Man [1]_ derived the analog parameters
behind the table, from which those of any sample rate follow by the bilinear transform. They are
computed here because the libraries that have them import `scipy.signal`, which takes longer than
to measure a minute of audio.

References
----------
.. [1] B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement", 145th AES
   Convention, 2018.
"""

from __future__ import annotations

import math

import attrs
import numpy as np

from djtrans.core.audio.arrays import FloatArray

#: Gain in dB, quality and frequency in Hz.
_SHELF = (3.99984385397, 0.7071752369554193, 1681.9744509555319)
_HIGH_PASS = (0.0, 0.5003270373253953, 38.13547087613982)
#: Exponent that gives the shelf's gain at its own frequency.
_SHELF_EXPONENT = 0.499666774155


@attrs.frozen(eq=False)
class Biquad:
    """Coefficients of a second-order section.

    Attributes
    ----------
    b, a : ndarray
        ``[3]`` numerator and denominator, by rising powers of the delay; ``a[0]`` is 1.
    """

    b: FloatArray
    a: FloatArray


def k_weighting_stages(sample_rate: float) -> tuple[Biquad, Biquad]:
    """Compute the shelf and the high-pass of the K weighting.

    Parameters
    ----------
    sample_rate : float
        In Hz.

    Returns
    -------
    tuple of Biquad
        At 48 kHz those of the standard's table, to its rounding.
    """
    gain_db, quality, hz = _SHELF
    top = 10.0 ** (gain_db / 20.0)
    k, middle = math.tan(math.pi * hz / sample_rate), top**_SHELF_EXPONENT
    numerator = [top + middle * k / quality + k * k, 2.0 * (k * k - top),
                 top - middle * k / quality + k * k]  # fmt: skip
    scale, denominator = _denominator(k, quality)
    shelf = Biquad(np.array(numerator) / scale, denominator)
    _, quality, hz = _HIGH_PASS
    _, denominator = _denominator(math.tan(math.pi * hz / sample_rate), quality)
    # Not scaled: the standard's table has these, and a gain of 1.005 at high frequencies.
    return shelf, Biquad(np.array([1.0, -2.0, 1.0]), denominator)


def _denominator(k: float, quality: float) -> tuple[float, FloatArray]:
    """Return the first coefficient of the denominator, and all divided by it."""
    first = 1.0 + k / quality + k * k
    rest = [2.0 * (k * k - 1.0) / first, (1.0 - k / quality + k * k) / first]
    return first, np.array([1.0, *rest])
