"""Costs of the faults of a candidate, in A, in B, and in the pair.

A cost of 1 is as bad as skipping 32 bars of music. The weights are design decisions, not measured.
The names of the faults are the reasons for rejection in the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from djtrans.core.audio.decibels import db_to_power, power_to_db
from djtrans.core.track.analysis import FULL_LABELS, Analysis
from djtrans.planning.anchors import intro_end, outro_start
from djtrans.planning.levels import loudness_trim_db, mean_level_db
from djtrans.planning.usable_range import FADE_OUT_DB, audible_end, median_db
from djtrans.planning.vocals import CLASH_BARS, clash_bars, vocal_continuity
from djtrans.planning.window import Window

#: Cost by name of the fault.
Faults: TypeAlias = "Mapping[str, float]"

BOTH_SING = "both tracks have vocals at once"
LEFT_EARLY = "much of A is left unplayed"
FALLS = "the music is weaker after the swap"
#: Bars before and after the swap whose levels are compared; a second stretch after it counts half.
COMPARED_BARS = 8
#: Drop of the level that costs nothing, and each further one that costs 1.
FREE_DROP_DB, DROP_DB = 2.0, 4.0
#: Skipped bars that cost 1.
PASSED_BARS = 32.0
#: Cost of each anchor that the technique prefers to the one in question.
LOWER_RANK = 0.6
#: Bass this far below its median level counts as missing.
NO_BASS_DB = 12.0
#: Least number of bars after the swap over which B's level is measured.
OFFER_BARS = 8


def faults_a(a: Analysis, bar: int, rank: int, window: Window) -> Faults:
    """Compute the costs of a swap at a bar of A.

    Parameters
    ----------
    a : Analysis
    bar : int
        Bar of the swap.
    rank : int
        Number of anchors that the technique prefers to that of the bar.
    window : Window
    """
    start = bar - window.before_a
    last = audible_end(a) - window.needs_a
    outro = outro_start(a)
    until = last if outro is None else min(outro, last)
    leave = start + window.leave
    levels = a.bar_level_db[start:leave]
    quiet = _short_of(median_db(a), levels, FADE_OUT_DB)
    return {
        # Outros are made for mixing: skipping one costs little.
        LEFT_EARLY: (max(0, until - bar) + 0.1 * max(0, last - bar)) / PASSED_BARS,
        "A has no preferred anchor in range": LOWER_RANK * rank,
        "A is quiet": 0.5 * quiet,
        "A has little bass before the swap": 0.5 * _no_bass(a, start, bar),
        "A's vocals are cut off at its end": 1.5 * vocal_continuity(a, start + window.vocals_leave),
        "A ends within a phrase": 0.1
        * (not window.looped and start + window.bars not in a.phrase_bars),
        "the section boundary in A is uncertain": _unsure(a, bar),
    }


def faults_b(b: Analysis, bar: int, rank: int, window: Window) -> Faults:
    """Compute the costs of a swap at a bar of B; see :func:`faults_a`."""
    start = bar - window.swap
    intro = intro_end(b) or 0
    loud = float(np.percentile(b.bar_level_db, 90)) if len(b.bar_level_db) else 0.0
    offer = b.bar_level_db[bar : bar + max(OFFER_BARS, window.after)]
    enter = start + window.vocals_enter
    return {
        "much of B is skipped": (max(0, bar - intro) + 0.1 * min(bar, intro)) / PASSED_BARS,
        "B has no preferred anchor in range": LOWER_RANK * rank,
        "B is quiet after the swap": _short_of(loud, offer, NO_BASS_DB),
        "B has little bass after the swap": 1.0 * _no_bass(b, bar, bar + window.after),
        "B starts within a vocal line": (0.5 if window.harmonic else 1.5)
        * vocal_continuity(b, enter),
        "B starts within a phrase": 0.1 * (start not in b.phrase_bars),
        "the section boundary in B is uncertain": _unsure(b, bar),
    }


def faults_together(a: Analysis, bar_a: int, b: Analysis, bar_b: int, window: Window) -> Faults:
    """Compute the costs of aligning two bars at the swap."""
    drop = max(0.0, level_drop_db(a, bar_a, b, bar_b) - FREE_DROP_DB)
    falls = {FALLS: drop / DROP_DB}
    if not window.harmonic:
        return falls
    start_a, start_b = bar_a - window.swap, bar_b - window.swap
    sung = clash_bars(a, start_a, b, start_b, window.leave)
    full = sum(
        a.section_at(start_a + i).label in FULL_LABELS
        and b.section_at(start_b + i).label in FULL_LABELS
        for i in range(window.leave)
    )
    return falls | {
        BOTH_SING: 0.5 * sung if sung >= CLASH_BARS else 0.0,
        "both tracks are in full at once": 0.05 * full,
    }


def level_drop_db(a: Analysis, bar_a: int, b: Analysis, bar_b: int) -> float:
    """Return how far the level falls from A before a bar to B after one, in dB; negative: rises.

    B's gain is that of the plan. The first 8 bars after the swap count, and half of what the next 8
    are weaker than they: a break may come, but not at once.
    """
    trim = loudness_trim_db(a, b)
    before = mean_level_db(a.bar_level_db[max(0, bar_a - COMPARED_BARS) : bar_a])
    first, second = (
        mean_level_db(b.bar_level_db[start : start + COMPARED_BARS]) + trim
        for start in (bar_b, bar_b + COMPARED_BARS)
    )
    if bar_b + COMPARED_BARS >= len(b.bar_level_db):
        second = first
    return before - first + 0.5 * max(0.0, first - second)


def _short_of(level_db: float, levels_db: np.ndarray, range_db: float) -> float:
    """Return how far the mean power lies below a level, as a fraction of a range, 0 to 1."""
    if not len(levels_db):
        return 0.0
    mean = power_to_db(np.mean(db_to_power(levels_db)) + 1e-12)
    return float(np.clip((level_db - mean) / range_db, 0.0, 1.0))


def _no_bass(track: Analysis, start: int, stop: int) -> float:
    low = track.bar_low_db
    usual = float(np.median(low)) if len(low) else 0.0
    return _short_of(usual, low[max(start, 0) : max(stop, 0)], NO_BASS_DB)


def _unsure(track: Analysis, bar: int) -> float:
    """Return the cost of an uncertain section boundary; 0 within a section."""
    section = track.section_at(bar)
    return 0.2 * (1.0 - section.confidence) if section.start_bar == bar else 0.0
