"""What speaks against a place, in A, in B, and in the pair.

Every fault has a cost; 1 is as bad as passing over 32 bars of music. The weights are a DJ's taste
put into numbers, not measured; the names of the faults are what the plan says of a place that was
not taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from djtrans.core.audio.decibels import db_to_power, power_to_db
from djtrans.core.track.analysis import Analysis
from djtrans.planning.anchors import intro_end, outro_start
from djtrans.planning.usable_range import FADE_OUT_DB, audible_end, median_db
from djtrans.planning.vocals import CLASH_BARS, clash_bars, line_at
from djtrans.planning.window import Window

#: Cost by what is wrong.
Faults: TypeAlias = "Mapping[str, float]"

BOTH_SING, LEFT_EARLY = "both sing", "A is left early"
#: Bars passed over that cost 1.
PASSED_BARS = 32.0
#: Each wish of the technique that is not fulfilled.
WISH = 0.6
#: A's and B's bass this far under their usual level are as good as none.
NO_BASS_DB = 12.0
#: Bars after the swap that tell what B has to offer.
OFFER_BARS = 8


def faults_a(a: Analysis, bar: int, wish: int, window: Window) -> Faults:
    """What speaks against a swap at a bar of A.

    Parameters
    ----------
    a : Analysis
    bar : int
    wish : int
        How many places the technique would rather have.
    window : Window
    """
    start = bar - window.swap
    last = audible_end(a) - window.needs_a
    outro = outro_start(a)
    until = last if outro is None else min(outro, last)
    leave = start + window.leave
    heard = a.bar_level_db[start:leave]
    quiet = _short_of(median_db(a), heard, FADE_OUT_DB)
    return {
        # An outro is there to be mixed out of: it is no loss, but for a little.
        LEFT_EARLY: (max(0, until - bar) + 0.1 * max(0, last - bar)) / PASSED_BARS,
        "not what it wants of A": WISH * wish,
        "A is quiet": 0.5 * quiet,
        "A has little bass before the swap": 0.5 * _no_bass(a, start, bar),
        "A's line goes on where A leaves": 1.5 * line_at(a, leave),
        "A leaves within a phrase": 0.1 * (start + window.bars not in a.phrase_bars),
        "the border in A is unsure": _unsure(a, bar),
    }


def faults_b(b: Analysis, bar: int, wish: int, window: Window) -> Faults:
    """What speaks against a swap at a bar of B; as :func:`faults_a`."""
    start = bar - window.swap
    intro = intro_end(b) or 0
    loud = float(np.percentile(b.bar_level_db, 90)) if len(b.bar_level_db) else 0.0
    offer = b.bar_level_db[bar : bar + max(OFFER_BARS, window.after)]
    enter = start + window.enter
    return {
        "B is entered late": (max(0, bar - intro) + 0.1 * min(bar, intro)) / PASSED_BARS,
        "not what it wants of B": WISH * wish,
        "B is quiet after the swap": _short_of(loud, offer, NO_BASS_DB),
        "B has little bass after the swap": 1.0 * _no_bass(b, bar, bar + window.after),
        "B's line has begun where B enters": (0.5 if window.overlap else 1.5) * line_at(b, enter),
        "B enters within a phrase": 0.1 * (start not in b.phrase_bars),
        "the border in B is unsure": _unsure(b, bar),
    }


def faults_together(a: Analysis, bar_a: int, b: Analysis, bar_b: int, window: Window) -> Faults:
    """What speaks against two bars lying on each other."""
    if not window.overlap:
        return {}
    start_a, start_b = bar_a - window.swap, bar_b - window.swap
    sung = clash_bars(a, start_a, b, start_b, window.leave)
    full = sum(
        a.section_at(start_a + i).label == b.section_at(start_b + i).label == "drop"
        for i in range(window.leave)
    )
    return {
        BOTH_SING: 0.5 * sung if sung >= CLASH_BARS else 0.0,
        "both tracks are full at once": 0.05 * full,
    }


def _short_of(level_db: float, heard: np.ndarray, range_db: float) -> float:
    """How far the mean power lies under a level, as a part of a range, 0 to 1."""
    if not len(heard):
        return 0.0
    mean = power_to_db(np.mean(db_to_power(heard)) + 1e-12)
    return float(np.clip((level_db - mean) / range_db, 0.0, 1.0))


def _no_bass(track: Analysis, start: int, stop: int) -> float:
    low = track.bar_low_db
    usual = float(np.median(low)) if len(low) else 0.0
    return _short_of(usual, low[max(start, 0) : max(stop, 0)], NO_BASS_DB)


def _unsure(track: Analysis, bar: int) -> float:
    """A section border that the analyzer is not sure of; 0 within a section."""
    section = track.section_at(bar)
    return 0.2 * (1.0 - section.confidence) if section.start_bar == bar else 0.0
