"""Section boundaries by kernel change-point detection.

Bars are compared by a bounded kernel, so that silence is no further from a drop than a break is.
The bars are divided into homogeneous segments: kernel change-point detection [1]_, solved exactly
by dynamic programming.

References
----------
.. [1] Z. Harchaoui and O. Cappé, "Retrospective multiple change-point estimation with kernels",
   IEEE Workshop on Statistical Signal Processing, 2007.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from djtrans.core.track.analysis import Section
from djtrans.plugins.analyzers.bar_levels import BarLevels
from djtrans.plugins.analyzers.bar_similarity import BarSimilarity
from djtrans.plugins.analyzers.novelty import SLOTS_PER_BAR
from djtrans.plugins.analyzers.section_labels import label_sections, mean_db

_SHORTEST_BARS = 4
_PHRASE_BARS = 8
#: Cost of a boundary at a threshold of 1, in bars of zero similarity to all others.
_CUT_COST = 1.5
#: Cost of the length of a section by its remainder after whole phrases.
_LENGTH_COST = {0: 0.0, 4: 0.3}
_ODD_COST = 0.6
#: Logistic regression of the confidence of a boundary by the step at it and the contrast of the
#: sections, fitted to synthesized tracks.
_BIAS, _PER_STEP, _PER_CONTRAST = -2.5, 18.3, 11.4


def find_sections(
    bar_features: NDArray[np.float64],
    levels: BarLevels,
    threshold: float,
) -> tuple[Section, ...]:
    """Find and label the sections of a track.

    Parameters
    ----------
    bar_features : ndarray
        ``[bars, features]`` of :func:`features_per_bar`.
    levels : BarLevels
        Of each bar.
    threshold : float
        Factor of the cost of a boundary; lower values find more sections.

    Returns
    -------
    tuple of Section
        In order, without gaps, from bar 0 to the last.
    """
    similarity = BarSimilarity.of(bar_features)
    return sections_between(best_cuts(similarity, threshold), similarity, levels)


def sections_between(
    edges: list[int],
    similarity: BarSimilarity,
    levels: BarLevels,
) -> tuple[Section, ...]:
    """Label the sections between boundaries and compute their confidence.

    Parameters
    ----------
    edges : list of int
        Bars at which sections start, and the end of the last.
    similarity : BarSimilarity
        Of all bars.
    levels : BarLevels
        Of each bar.

    Returns
    -------
    tuple of Section
    """
    spans = list(pairwise(edges))
    labels = label_sections(spans, levels)
    loudness = [mean_db(levels.level_db[a:b]) for a, b in spans]
    return tuple(
        Section(label, start, end, level_db=level - max(loudness), confidence=confidence)
        for label, (start, end), level, confidence in zip(
            labels, spans, loudness, _confidences(similarity, edges), strict=True
        )
    )


def features_per_bar(
    features: NDArray[np.float64], first_slot: int, bars: int
) -> NDArray[np.float64]:
    """Average the slot features over each bar, ``[bars, features]``.

    Parameters
    ----------
    features : ndarray
        ``[slots, features]``.
    first_slot : int
        Slot at which bar 0 starts; slots beyond the ends repeat the outermost one.
    bars : int
        Number of bars.
    """
    slots = first_slot + np.arange(bars * SLOTS_PER_BAR).reshape(bars, SLOTS_PER_BAR)
    mean: NDArray[np.float64] = features[np.clip(slots, 0, len(features) - 1)].mean(axis=1)
    return mean


def best_cuts(similarity: BarSimilarity, threshold: float) -> list[int]:
    """Find the optimal section boundaries.

    Parameters
    ----------
    similarity : BarSimilarity
        Of all bars.
    threshold : float
        Factor of the cost of a boundary.

    Returns
    -------
    list of int
        First bar of each section, and the number of bars.
    """
    bars = len(similarity)
    odd_cost = np.array([_LENGTH_COST.get(rest, _ODD_COST) for rest in range(_PHRASE_BARS)])
    # Sum of the similarities of all pairs of bars from each start to the current end.
    inside = np.zeros(bars)
    best = np.full(bars + 1, np.inf)
    best[0] = 0.0
    previous = np.zeros(bars + 1, dtype=np.int64)
    for end in range(1, bars + 1):
        row = similarity.to(end - 1, 0, end)
        inside[:end] += 2.0 * row[::-1].cumsum()[::-1] - row[-1]
        length = np.arange(end, 0, -1)
        odd = odd_cost[length % _PHRASE_BARS]
        # The first and last section may be incomplete, so their lengths cost nothing.
        odd[0] = 0.0
        if end == bars:
            odd[:] = 0.0
        cost = best[:end] + length - inside[:end] / length + threshold * _CUT_COST + odd
        cost[(length < _SHORTEST_BARS) & (length < bars)] = np.inf
        previous[end] = np.argmin(cost)
        best[end] = cost[previous[end]]
    edges = [bars]
    while edges[-1] > 0:
        edges.append(int(previous[edges[-1]]))
    return edges[::-1]


def _confidences(similarity: BarSimilarity, edges: list[int]) -> list[float]:
    """Compute the probability that a section starts at each boundary; 1 for the first.

    A section starts with a step: the bars on both sides are less alike than their neighbours are.
    Where a section differs from the one before without such a step, the music changes gradually,
    and the boundary is uncertain.
    """
    bounds = zip(edges[:-2], edges[1:-1], edges[2:], strict=True)
    return [1.0, *(_boundary_confidence(similarity, *bars) for bars in bounds)]


def _boundary_confidence(similarity: BarSimilarity, before: int, start: int, end: int) -> float:
    """Compute the confidence of the boundary between bars `before` to `start` and to `end`."""

    def alike(first: int, middle: int, last: int) -> float:
        """Return the similarity of the bars on both sides of one, within the sections."""
        rows, columns = (max(first, before), middle), (middle, min(last, end))
        if rows[0] >= rows[1] or columns[0] >= columns[1]:
            return 1.0
        return similarity.mean(rows, columns)

    earlier, later = (before, start), (start, end)
    within = min(similarity.mean(earlier, earlier), similarity.mean(later, later))
    contrast = 1.0 - similarity.mean(earlier, later) / max(within, 1e-9)
    beside = max(alike(start - 4, start - 2, start), alike(start, start + 2, start + 4))
    step = 1.0 - alike(start - 2, start, start + 2) / max(beside, 1e-9)
    score = _BIAS + _PER_STEP * step - _PER_CONTRAST * min(max(contrast, 0.0), 1.0)
    return float(1.0 / (1.0 + np.exp(-score)))
