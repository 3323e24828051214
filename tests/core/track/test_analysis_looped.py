"""Analysis of a looped track, compared with that of the looped audio."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key

BARS = 20
SECTIONS = (Section("intro", 0, 8), Section("drop", 8, 16), Section("outro", 16, BARS))
PHRASES = (Phrase(0, 8), Phrase(8, 8), Phrase(16, 4))


def analysis(drift: float = 0.0) -> Analysis:
    beats = np.arange(4 * BARS + 3)
    return Analysis(
        duration_seconds=45.0,
        grid=BeatGrid(0.3 + 0.5 * beats + drift * beats**2, first_downbeat=1, bpm=120.0),
        sections=SECTIONS,
        phrases=PHRASES,
        key=Key(9, "minor"),
        levels=Levels(-10.0, -8.0),
        bar_level_db=np.arange(BARS),
        bar_low_db=-np.arange(BARS),
        bar_vocal=np.arange(BARS) / BARS,
    )


def order(start: int, bars: int, repeats: int) -> list[int]:
    """The bars of the track in the order in which they are heard."""
    stop = start + bars
    return [*range(stop), *list(range(start, stop)) * repeats, *range(stop, BARS)]


@given(st.integers(0, 15), st.integers(1, 5), st.integers(1, 4))
def test_every_bar_is_the_bar_that_is_heard(start, bars, repeats):
    before, after = analysis(drift=1e-4), analysis(drift=1e-4).looped(start, bars, repeats)
    heard = order(start, bars, repeats)
    assert after.bar_level_db.tolist() == [float(bar) for bar in heard]
    assert after.bar_low_db.tolist() == [-float(bar) for bar in heard]
    assert after.bar_vocal.tolist() == [bar / BARS for bar in heard]
    assert [after.section_at(i).label for i in range(len(heard))] == [
        before.section_at(bar).label for bar in heard
    ]
    # Bars last as long as they did, one after the other.
    lengths = np.diff(before.grid.downbeat_times)
    assert np.diff(after.grid.downbeat_times) == pytest.approx(lengths[heard])
    added = lengths[start : start + bars].sum() * repeats
    assert after.duration_seconds == pytest.approx(before.duration_seconds + added)
    assert after.grid.beat_times[-1] == pytest.approx(before.grid.beat_times[-1] + added)
    # No gaps, and a phrase wherever the loop starts again.
    for parts in (
        [(s.start_bar, s.end_bar) for s in after.sections],
        [(p.start_bar, p.start_bar + p.bars) for p in after.phrases],
    ):
        assert parts[0][0] == 0
        assert parts[-1][1] == len(heard)
        assert all(left[1] == right[0] for left, right in pairwise(parts))
    assert {start + bars * i for i in range(1, repeats + 1)} <= after.phrase_bars


def test_a_loop_within_a_section_makes_it_longer():
    after = analysis().looped(16, 4, 3)
    assert [(s.label, s.start_bar, s.end_bar) for s in after.sections] == [
        ("intro", 0, 8),
        ("drop", 8, 16),
        ("outro", 16, 32),
    ]
    assert [(p.start_bar, p.bars) for p in after.phrases][2:] == [
        (16, 4),
        (20, 4),
        (24, 4),
        (28, 4),
    ]


def test_the_phrase_that_a_loop_was_cut_from_goes_on_with_its_last_repeat():
    after = analysis().looped(8, 4, 2)
    assert [(p.start_bar, p.bars) for p in after.phrases] == [
        (0, 8),
        (8, 4),
        (12, 4),
        (16, 8),
        (24, 4),
    ]


@pytest.mark.parametrize("loop", [(18, 3, 1), (-1, 2, 1), (4, 0, 1), (4, 4, 0)])
def test_bars_that_are_not_there_are_refused(loop):
    with pytest.raises(InputError, match="cannot be repeated"):
        analysis().looped(*loop)
