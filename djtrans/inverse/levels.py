"""How loud each track is in the mix with its fader up: a level is the plan's, not a curve's."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.audio.decibels import power_to_db

#: The band in which levels are compared: a bass exchange leaves it alone.
BAND_HZ = (300.0, 4000.0)
#: Block over which powers are compared.
BLOCK_SECONDS = 0.5
#: A trim below this is none.
LEAST_DB = 0.25
#: No trim is larger: beyond it the mix is of something else.
LARGEST_DB = 12.0


def level_trims(mix: Tensor, a: Tensor, b: Tensor, sample_rate: int) -> tuple[float, float]:
    """Static gains, in dB, that bring two tracks to their level in the mix.

    A is looked for in the first quarter, where it still sounds as it is, B in the last. Block by
    block the power spectrum of the mix is explained by those of both tracks (least squares), which
    a misalignment of some milliseconds leaves alone; the median of the louder half counts.

    Parameters
    ----------
    mix, a, b : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.

    Returns
    -------
    (float, float)
        Of A and B; 0 where it cannot be told.
    """
    y, p, q = (_blocks(x, sample_rate) for x in (mix, a, b))
    uu, vv, uv, uw, vw = ((x * z).sum(dim=1) for x, z in ((p, p), (q, q), (p, q), (p, y), (q, y)))
    det = (uu * vv - uv * uv) + 1e-6 * uu * vv + 1e-30
    both = torch.stack([(vv * uw - uv * vw) / det, (uu * vw - uv * uw) / det])
    # Where one of them comes out negative, the other one is alone.
    alone = torch.stack([uw / (uu + 1e-30), vw / (vv + 1e-30)])
    gains = torch.where(both.flip(0) < 0, alone, both)
    quarter = max(1, gains.shape[1] // 4)
    ends = (gains[0, :quarter], uu[:quarter]), (gains[1, -quarter:], vv[-quarter:])
    trims = [_trim(found, power) for found, power in ends]
    return trims[0], trims[1]


def _trim(gains: Tensor, power: Tensor) -> float:
    louder = gains[power >= power.median()]
    gain = float(louder.median())
    if gain <= 0.0:
        return 0.0
    decibels = power_to_db(gain)
    return 0.0 if not LEAST_DB <= abs(decibels) <= LARGEST_DB else decibels


def _blocks(audio: Tensor, sample_rate: int) -> Tensor:
    """Power spectra of blocks within the band, ``[blocks, channels x bins]``."""
    size = round(BLOCK_SECONDS * sample_rate)
    spectra = torch.fft.rfft(audio.unfold(-1, size, size).double())
    freqs = torch.fft.rfftfreq(size, 1.0 / sample_rate)
    inside = (freqs >= BAND_HZ[0]) & (freqs < BAND_HZ[1])
    return spectra[..., inside].abs().square().transpose(0, 1).flatten(1)
