"""Meter of a long signal that arrives in pieces: true peak, and level over time."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from djtrans.core.audio.decibels import power_to_db
from djtrans.core.audio.loudness import true_peak_db

#: Samples that are measured again with the next piece, so that no peak between two is missed.
_MARGIN = 2048
#: Length of the blocks whose level is kept, in seconds.
BLOCK_SECONDS = 0.5


class LevelMeter:
    """Measure the true peak of a signal, and the level of each half second.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._block = round(BLOCK_SECONDS * sample_rate)
        self._last: Tensor | None = None
        self._rest: Tensor | None = None
        self._powers: list[Tensor] = []
        self.true_peak_dbtp = -math.inf

    def add(self, audio: Tensor) -> None:
        """Add the next samples, ``[channels, samples]``."""
        joined = audio if self._last is None else torch.cat([self._last, audio], dim=-1)
        self.true_peak_dbtp = max(self.true_peak_dbtp, true_peak_db(joined, self._rate))
        self._last = joined[:, -_MARGIN:].clone()
        power = audio.square().mean(dim=0)
        if self._rest is not None:
            power = torch.cat([self._rest, power])
        whole = len(power) // self._block * self._block
        if whole:
            self._powers.append(power[:whole].unflatten(0, (-1, self._block)).mean(dim=-1))
        self._rest = power[whole:].clone()

    def levels_db(self) -> list[float]:
        """Return the level of each half second in dBFS, without a part of one at the end."""
        if not self._powers:
            return []
        return [power_to_db(float(p), 1e-12) for p in torch.cat(self._powers)]
