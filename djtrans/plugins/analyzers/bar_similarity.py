"""Similarity of the bars of a track, computed where it is read.

The matrix of all pairs grows with the square of the length: 0.1 GB for two hours, 1 GB for six.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Bins of the histogram that brackets the median distance.
_BINS = 1 << 14


@attrs.frozen(eq=False)
class BarSimilarity:
    """Similarity of all pairs of bars, 0 to 1.

    Attributes
    ----------
    features : ndarray
        ``[bars, features]``.
    scale : float
        Distance at which the similarity is 1/e.
    """

    features: Floats
    scale: float

    @classmethod
    def of(cls, features: Floats) -> BarSimilarity:
        """Compare bars such that the median distance has a similarity of 1/e."""
        return cls(features, max(median_distance(features), 1e-9))

    def __len__(self) -> int:
        """Return the number of bars."""
        return len(self.features)

    def to(self, bar: int, start: int, stop: int) -> Floats:
        """Compute the similarity of a bar to those from `start` to `stop`."""
        return np.asarray(np.exp(-_distances(self.features, bar, start, stop) / self.scale))

    def mean(self, rows: tuple[int, int], columns: tuple[int, int]) -> float:
        """Average over all pairs of a bar in one range and a bar in another."""
        return float(np.mean([self.to(bar, *columns).mean() for bar in range(*rows)]))


def median_distance(features: Floats) -> float:
    """Compute the median of the distances of all pairs of bars, exactly; 0 for a single bar.

    The distances are counted, then only those near the median are kept and sorted.
    """
    bars = len(features)
    pairs = bars * (bars - 1) // 2
    widest = float(np.ptp(features, axis=0).mean()) if pairs else 0.0
    if widest <= 0.0:
        return 0.0

    def bins(distances: Floats) -> NDArray[np.int64]:
        return np.minimum(distances * (_BINS / widest), _BINS - 1).astype(np.int64)

    counts = np.zeros(_BINS, dtype=np.int64)
    for bar in range(1, bars):
        counts += np.bincount(bins(_distances(features, bar, 0, bar)), minlength=_BINS)
    middle = ((pairs - 1) // 2, pairs // 2)
    low, high = np.searchsorted(counts.cumsum(), middle, side="right")
    near = []
    for bar in range(1, bars):
        distances = _distances(features, bar, 0, bar)
        index = bins(distances)
        near.append(distances[(index >= low) & (index <= high)])
    below = int(counts[:low].sum())
    ranked = np.sort(np.concatenate(near))
    return float(ranked[[rank - below for rank in middle]].mean())


def _distances(features: Floats, bar: int, start: int, stop: int) -> Floats:
    return np.asarray(np.abs(features[bar] - features[start:stop]).mean(axis=1))
