"""Reconstruction error in dB, in all and per band."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.audio.decibels import FLOOR_DB, power_to_db
from djtrans.core.errors import InputError
from djtrans.inverse.bands import BANDS

#: Largest error of the spectra, in dB, of a mix of the given tracks. Measured: -10 to -41 dB where
#: the tracks are right (also inverted, clipped, or stretched by another algorithm), -2.4 to -7.7 dB
#: with one wrong track, -1.3 dB and more for another song, noise, or a mix that is 0.1 s off.
ERROR_LIMIT_DB = -8.0


def error_by_band(mix: Tensor, reconstruction: Tensor, sample_rate: int) -> dict[str, float]:
    """Compute the power of the residual relative to that of the mix, in dB.

    Parameters
    ----------
    mix, reconstruction : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.

    Returns
    -------
    dict of str to float
        ``all``, and each of :data:`djtrans.inverse.bands.BANDS`; at least -120.

    Examples
    --------
    >>> import torch
    >>> from djtrans.inverse import error_by_band
    >>> mix = torch.randn(2, 44100)
    >>> round(error_by_band(mix, 0.9 * mix, 44100)["all"], 1)
    -20.0
    """
    size = mix.shape[-1]
    freqs = torch.fft.rfftfreq(size, 1.0 / sample_rate, dtype=torch.float64)
    target = torch.fft.rfft(mix.double().cpu()).abs().square().sum(dim=0)
    residual = torch.fft.rfft((mix - reconstruction).double().cpu()).abs().square().sum(dim=0)
    found = {"all": _ratio_db(residual, target)}
    for name, (low, high) in BANDS.items():
        inside = (freqs >= low) & (freqs < high)
        found[name] = _ratio_db(residual[inside], target[inside])
    return found


def check_error(error_db: float, limit_db: float) -> None:
    """Raise InputError if the error of the spectra exceeds a limit.

    Parameters
    ----------
    error_db : float
        Error of the spectra, see :attr:`djtrans.inverse.Fit.error_db`.
    limit_db : float
        Largest error allowed.
    """
    if error_db > limit_db:
        raise InputError(
            f"The curves leave {error_db:.1f} dB of the mix's spectra; the limit is {limit_db:g} "
            "dB: this is probably not a mix of these two tracks, or they are not aligned to it. "
            "Check files and alignment, or raise the limit (--error-limit)."
        )


def decibels(ratio: float) -> float:
    """Convert a ratio of powers to dB, at least -120."""
    return max(FLOOR_DB, power_to_db(ratio, amin=1e-20))


def _ratio_db(residual: Tensor, target: Tensor) -> float:
    return decibels(float(residual.sum()) / max(float(target.sum()), 1e-20))
