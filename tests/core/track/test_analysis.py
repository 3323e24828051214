"""Sections of bars, and an analysis counted at twice the tempo."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key


def analysis(first_downbeat: int, bars: int = 8) -> Analysis:
    beats = np.arange(4 * bars + first_downbeat + 1) * 0.75
    return Analysis(
        duration_seconds=float(beats[-1]) + 1.0,
        grid=BeatGrid(beats, first_downbeat=first_downbeat, bpm=80.0),
        sections=(Section("intro", 0, 4), Section("drop", 4, bars)),
        phrases=(Phrase(0, 4), Phrase(4, 4)),
        key=Key(9, "minor"),
        levels=Levels(-10.0, -8.0),
        bar_level_db=np.arange(bars),
        bar_low_db=-np.arange(bars),
    )


def test_a_bar_beyond_the_ends_is_in_the_section_there():
    one = analysis(0)
    labels = [one.section_at(bar).label for bar in (-3, 0, 3, 4, 7, 8, 100)]
    assert labels == ["intro", "intro", "intro", "drop", "drop", "drop", "drop"]


# A slow bar of 4 beats is two fast ones; a downbeat on slow beat 2 has a whole fast bar before it.
@pytest.mark.parametrize(("first_downbeat", "lead"), [(0, 0), (1, 0), (2, 1), (3, 1)])
def test_twice_the_tempo_has_two_bars_for_each(first_downbeat, lead):
    slow = analysis(first_downbeat)
    fast = slow.doubled()
    assert fast.grid.bpm == 160.0
    assert len(fast.bar_level_db) == len(fast.bar_low_db) == fast.grid.bars
    assert fast.sections[0].start_bar == 0
    assert [s.end_bar for s in fast.sections] == [8 + lead, 16 + lead]
    assert fast.phrases == (
        *([Phrase(0, 1)] if lead else []),
        Phrase(lead, 8),
        Phrase(8 + lead, 8),
    )
    # Each fast bar has the level of the slow bar that plays where its middle is.
    starts = slow.grid.downbeat_times
    for bar, level in enumerate(fast.bar_level_db):
        middle = fast.grid.time_of_bar(bar) + 0.75
        at = int(np.clip(np.searchsorted(starts, middle, "right") - 1, 0, 7))
        assert level == slow.bar_level_db[at]
