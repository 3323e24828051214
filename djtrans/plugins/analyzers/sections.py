"""Sections between bar lines, and the phrases in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from djtrans.core.analysis import Phrase, Section
from djtrans.plugins.analyzers.novelty import SLOTS_PER_BAR

_CONTEXT_BARS = 4
_SHORTEST_BARS = 4
_PHRASE_BARS = 8
#: What a section's length costs by its remainder after whole phrases: 8 is free, 4 cheap.
_LENGTH_COST = {0: 0.0, 4: 0.15}
_ODD_COST = 0.5
#: How far below the loudest bars a drop may lie, in dB, over all and in the bass.
_DROP_LEVEL_DB, _DROP_LOW_DB = 3.5, 7.0
_RISE_DB_PER_BAR = 0.15


def find_sections(
    bar_features: NDArray[np.float64],
    level_db: NDArray[np.float64],
    low_db: NDArray[np.float64],
    threshold: float,
) -> tuple[Section, ...]:
    """Cut the track where its sound changes, and name the parts.

    Parameters
    ----------
    bar_features : ndarray
        ``[bars, features]`` of :func:`features_per_bar`.
    level_db, low_db : ndarray
        ``[bars]`` of :func:`~djtrans.plugins.analyzers.bar_levels.bar_levels`.
    threshold : float
        How strong a change must be, in multiples of the ordinary.

    Returns
    -------
    tuple of Section
        In order, without gaps, from bar 0 to the last.
    """
    change = bar_change(bar_features)
    edges = _best_cuts(change, threshold)
    loudness = [_mean_db(level_db[a:b]) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    labels = _labels(edges, level_db, low_db)
    return tuple(
        Section(
            label,
            start,
            end,
            level_db=level - max(loudness),
            confidence=1.0 if start == 0 else float(change[start] / (change[start] + threshold)),
        )
        for label, start, end, level in zip(labels, edges[:-1], edges[1:], loudness, strict=True)
    )


def find_phrases(sections: tuple[Section, ...]) -> tuple[Phrase, ...]:
    """Phrases of eight bars that restart at each section; what is left over stands as it is."""
    return tuple(
        Phrase(start, min(_PHRASE_BARS, section.end_bar - start))
        for section in sections
        for start in range(section.start_bar, section.end_bar, _PHRASE_BARS)
    )


def features_per_bar(
    features: NDArray[np.float64], first_slot: int, bars: int
) -> NDArray[np.float64]:
    """Mean of the slot features in each bar, ``[bars, features]``.

    Parameters
    ----------
    features : ndarray
        ``[slots, features]``.
    first_slot : int
        Slot at which bar 0 starts; slots beyond the ends repeat the outermost one.
    bars : int
    """
    index = first_slot + np.arange(bars * SLOTS_PER_BAR)
    index = np.clip(index, 0, len(features) - 1).reshape(bars, SLOTS_PER_BAR)
    mean: NDArray[np.float64] = features[index].mean(axis=1)
    return mean


def bar_change(bar_features: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much the four bars after each bar line differ from the four before it.

    Returns
    -------
    ndarray of float64
        ``[bars]``, in multiples of the mean difference of neighbouring bars' surroundings, 0 at
        the first bar.
    """
    bars = len(bar_features)
    change = np.zeros(bars)
    for bar in range(1, bars):
        reach = min(_CONTEXT_BARS, bar, bars - bar)
        before = np.median(bar_features[bar - reach : bar], axis=0)
        after = np.median(bar_features[bar : bar + reach], axis=0)
        change[bar] = np.mean(np.abs(after - before)) * np.sqrt(reach / _CONTEXT_BARS)
    ordinary = float(np.mean(change)) if bars > 1 else 0.0
    return change / ordinary if ordinary > 1e-9 else np.zeros(bars)


def _best_cuts(change: NDArray[np.float64], threshold: float) -> list[int]:
    """Bar lines that gain most: change beyond the threshold, less what odd lengths cost."""
    bars = len(change)
    best = np.full(bars + 1, -np.inf)
    best[0] = 0.0
    previous = np.zeros(bars + 1, dtype=np.int64)
    for end in range(1, bars + 1):
        gain = float(change[end]) - threshold if end < bars else 0.0
        for start in range(end):
            length = end - start
            if length < _SHORTEST_BARS and not (start == 0 and end == bars):
                continue
            # The ends of a track are ragged: what is cut off or rings out keeps no count.
            ragged = start == 0 or end == bars
            cost = 0.0 if ragged else _LENGTH_COST.get(length % _PHRASE_BARS, _ODD_COST)
            total = best[start] + gain - cost
            if total > best[end]:
                best[end], previous[end] = total, start
    edges = [bars]
    while edges[-1] > 0:
        edges.append(int(previous[edges[-1]]))
    return edges[::-1]


def _labels(
    edges: list[int], level_db: NDArray[np.float64], low_db: NDArray[np.float64]
) -> list[str]:
    loud = float(np.percentile(level_db, 90))
    deep = float(np.percentile(low_db, 90))
    spans = list(zip(edges[:-1], edges[1:], strict=True))
    full = [
        _mean_db(level_db[a:b]) >= loud - _DROP_LEVEL_DB
        and _mean_db(low_db[a:b]) >= deep - _DROP_LOW_DB
        for a, b in spans
    ]
    labels = []
    for i, (start, end) in enumerate(spans):
        before_drop = i + 1 < len(spans) and full[i + 1]
        if full[i]:
            label = "drop"
        elif i == 0:
            label = "intro"
        elif i == len(spans) - 1:
            label = "outro"
        elif before_drop and _slope(level_db[start:end]) > _RISE_DB_PER_BAR:
            label = "build"
        else:
            label = "break"
        labels.append(label)
    return labels


def _mean_db(values_db: NDArray[np.float64]) -> float:
    return float(10.0 * np.log10(np.mean(10.0 ** (values_db / 10.0))))


def _slope(values: NDArray[np.float64]) -> float:
    if len(values) < 3:
        return 0.0
    return float(np.polyfit(np.arange(len(values)), values, 1)[0])
