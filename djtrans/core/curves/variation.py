"""Seeded variation of techniques: seed 0 gives the plain form."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeVar

import numpy as np

from djtrans.core.errors import InputError

T = TypeVar("T")


class Variation:
    """Random choices that are the plain one for seed 0.

    All choices use one random stream: the same seed and the same calls in the same order give the
    same results.

    Parameters
    ----------
    seed : int
        Random seed, 0 or more.

    Examples
    --------
    >>> from djtrans.core import Variation
    >>> Variation(0).amount(0.9, 0.15)
    0.9
    >>> Variation(0).beat(16, 8, 24, step=4)
    16.0
    """

    def __init__(self, seed: int) -> None:
        if seed < 0:
            raise InputError(f"seed = {seed} is not allowed; give 0 (the plain form) or more.")
        self._rng = np.random.default_rng(seed) if seed else None

    def choice(self, plain: T, *others: T) -> T:
        """Choose one of several options with equal probability."""
        options = (plain, *others)
        return plain if self._rng is None else options[int(self._rng.integers(len(options)))]

    def amount(self, plain: float, spread: float, low: float = 0.0, high: float = 1.0) -> float:
        """Sample a number within `spread` of the plain one, and from `low` to `high`."""
        if self._rng is None:
            return plain
        return float(self._rng.uniform(max(low, plain - spread), min(high, plain + spread)))

    def beat(
        self, plain: float, low: float, high: float, step: float, preferred: Iterable[float] = ()
    ) -> float:
        """Sample a beat.

        Parameters
        ----------
        plain : float
            Result for seed 0, or if there is no candidate.
        low, high : float
            Earliest and latest beat.
        step : float
            Candidates are its multiples: the beats per bar give downbeats.
        preferred : iterable of float
            Preferred beats, such as phrase boundaries. If any is in range, only these are
            candidates.
        """
        if self._rng is None:
            return float(plain)
        candidates = [float(beat) for beat in preferred if low <= beat <= high]
        if not candidates:
            first, last = math.ceil(low / step), math.floor(high / step)
            candidates = [float(i * step) for i in range(first, last + 1)]
        return self.choice(*candidates) if candidates else float(plain)
