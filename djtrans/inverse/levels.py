"""Estimate the static gain of each track in a mix, which belongs to the plan and not to curves."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.audio.decibels import power_to_db
from djtrans.inverse.bands import members

#: Edges of the bands in which levels are compared: sixths of an octave, above a bass swap. Single
#: bins of two time-stretchers or encoders differ, which least squares takes for a lower level.
EDGES_HZ = tuple(300.0 * 2.0 ** (step / 6) for step in range(23))
#: Length of the blocks whose powers are compared.
BLOCK_SECONDS = 0.5
#: Smaller gains are set to 0.
LEAST_DB = 0.25
#: Larger gains are set to 0: the mix is then probably not of these tracks.
LARGEST_DB = 12.0


def level_trims(mix: Tensor, a: Tensor, b: Tensor, sample_rate: int) -> tuple[float, float]:
    """Estimate static gains, in dB, that bring two tracks to their level in the mix.

    A is measured in the first quarter, where it is still unprocessed, B in the last. In each block
    the band powers of the mix are approximated by those of both tracks (least squares), which is
    robust to a misalignment of some milliseconds; the result is the median of the louder half.

    Parameters
    ----------
    mix, a, b : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.

    Returns
    -------
    (float, float)
        Gains of A and B; 0 if undetermined.
    """
    y, p, q = (_blocks(x, sample_rate) for x in (mix, a, b))
    uu, vv, uv, uw, vw = ((x * z).sum(dim=1) for x, z in ((p, p), (q, q), (p, q), (p, y), (q, y)))
    det = (uu * vv - uv * uv) + 1e-6 * uu * vv + 1e-30
    both = torch.stack([(vv * uw - uv * vw) / det, (uu * vw - uv * uw) / det])
    # If one of them is negative, the other explains the block alone.
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
    """Compute the powers of blocks in bands, ``[blocks, channels x bands]``."""
    size = round(BLOCK_SECONDS * sample_rate)
    power = torch.fft.rfft(audio.unfold(-1, size, size).double()).abs().square()
    inside = members(torch.fft.rfftfreq(size, 1.0 / sample_rate), EDGES_HZ).double()
    return (power @ inside.T).transpose(0, 1).flatten(1)
