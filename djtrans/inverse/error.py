"""How well a reconstruction is like the mix, band by band."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.audio.decibels import FLOOR_DB, power_to_db
from djtrans.inverse.bands import BANDS


def error_by_band(mix: Tensor, reconstruction: Tensor, sample_rate: int) -> dict[str, float]:
    """Power of the difference over that of the mix, in dB.

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
    """
    size = mix.shape[-1]
    freqs = torch.fft.rfftfreq(size, 1.0 / sample_rate, dtype=torch.float64)
    wanted = torch.fft.rfft(mix.double().cpu()).abs().square().sum(dim=0)
    missed = torch.fft.rfft((mix - reconstruction).double().cpu()).abs().square().sum(dim=0)
    found = {"all": _ratio_db(missed, wanted)}
    for name, (low, high) in BANDS.items():
        inside = (freqs >= low) & (freqs < high)
        found[name] = _ratio_db(missed[inside], wanted[inside])
    return found


def decibels(ratio: float) -> float:
    """A ratio of powers in dB, at least -120."""
    return max(FLOOR_DB, power_to_db(ratio, amin=1e-20))


def _ratio_db(missed: Tensor, wanted: Tensor) -> float:
    return decibels(float(missed.sum()) / max(float(wanted.sum()), 1e-20))
