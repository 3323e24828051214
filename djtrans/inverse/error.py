"""Reconstruction error in dB, in all and per band."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.audio.decibels import FLOOR_DB, db_to_power, power_to_db
from djtrans.core.errors import InputError
from djtrans.inverse.bands import BANDS, FINE_EDGES_HZ
from djtrans.inverse.track_gains import band_powers_at

#: Largest error of the band levels, in dB, of a mix of the given tracks. Measured on six mixes of
#: real tracks by another chain: -17.4 to -20.2 dB with the right tracks, -1.4 to -11.1 dB with one
#: wrong track, -5.0 dB and more with two, and -3.1 to -9.7 dB where both are 0.1 s late.
ERROR_LIMIT_DB = -14.0
#: Bands this far below the loudest are noise, not music.
_QUIET_DB = -60.0


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


def band_level_error(
    mix: Tensor, reconstruction: Tensor, sample_rate: int, frame_times: Tensor
) -> float:
    """Compute the error of the levels of ten bands at the frames, in dB.

    Levels do not depend on phases, which another time stretch or encoder changes. All bands have
    the same weight.

    Parameters
    ----------
    mix, reconstruction : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.
    frame_times : Tensor
        ``[frames]`` float64, seconds.

    Returns
    -------
    float
        Power of the difference of the levels, relative to that of the mix's; at least -120.
    """
    true, found = (
        band_powers_at(x, sample_rate, frame_times, FINE_EDGES_HZ) for x in (mix, reconstruction)
    )
    level = true.mean(dim=0)
    weight = 1.0 / (level + db_to_power(_QUIET_DB) * level.max() + 1e-20)
    difference = (true.sqrt() - found.sqrt()).square()
    return _ratio_db(weight * difference, weight * true)


def check_error(error_db: float, limit_db: float) -> None:
    """Raise InputError if the error of the band levels exceeds a limit.

    Parameters
    ----------
    error_db : float
        Error of the band levels, see :func:`band_level_error`.
    limit_db : float
        Largest error allowed.
    """
    if error_db > limit_db:
        raise InputError(
            f"The levels of the bands differ from the mix's by {error_db:.1f} dB; the limit is "
            f"{limit_db:g} dB: this is probably not a mix of these two tracks, or they are not "
            "aligned to it. Check files and alignment, or raise the limit (--error-limit)."
        )


def decibels(ratio: float) -> float:
    """Convert a ratio of powers to dB, at least -120."""
    return max(FLOOR_DB, power_to_db(ratio, amin=1e-20))


def _ratio_db(residual: Tensor, target: Tensor) -> float:
    return decibels(float(residual.sum()) / max(float(target.sum()), 1e-20))
