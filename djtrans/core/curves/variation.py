"""Seeded variation of what an expert does: seed 0 is the plain form, every other seed its own."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeVar

import numpy as np

from djtrans.core.errors import InputError

T = TypeVar("T")


class Variation:
    """Choices that are the plain one at seed 0, and drawn by the seed otherwise.

    Choices come one after another from one stream: the same seed and the same questions in the
    same order give the same answers.

    Parameters
    ----------
    seed : int
        0 or more.

    Examples
    --------
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
        """One of some things; each is as likely as the plain one."""
        options = (plain, *others)
        return plain if self._rng is None else options[int(self._rng.integers(len(options)))]

    def amount(self, plain: float, spread: float, low: float = 0.0, high: float = 1.0) -> float:
        """A number within `spread` of the plain one, and from `low` to `high`."""
        if self._rng is None:
            return plain
        return float(self._rng.uniform(max(low, plain - spread), min(high, plain + spread)))

    def beat(
        self, plain: float, low: float, high: float, step: float, lines: Iterable[float] = ()
    ) -> float:
        """A beat on which something may happen.

        Parameters
        ----------
        plain : float
        low, high : float
            Earliest and latest beat. If there is none between them, the plain one is taken.
        step : float
            Multiples of it are candidates: the beats of a bar give downbeats.
        lines : iterable of float
            Beats that are better than others, such as phrase lines: where some of them lie between
            the earliest and the latest, only these are candidates.
        """
        if self._rng is None:
            return float(plain)
        between = [float(line) for line in lines if low <= line <= high]
        if not between:
            first, last = math.ceil(low / step), math.floor(high / step)
            between = [float(i * step) for i in range(first, last + 1)]
        return self.choice(*between) if between else float(plain)
