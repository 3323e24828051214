from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.track.analysis import SECTION_LABELS
from djtrans.synthesis.timeline import Timeline
from djtrans.synthesis.track_spec import TrackSpec

_STRUCTURES = st.lists(
    st.tuples(st.sampled_from(SECTION_LABELS), st.integers(1, 40)), min_size=1, max_size=6
)


@given(_STRUCTURES)
def test_bars_phrases_and_grid_cover_the_structure_without_gaps(
    structure: list[tuple[str, int]],
) -> None:
    timeline = Timeline.of(TrackSpec(structure=structure))
    expected = [label for label, bars in structure for _ in range(bars)]
    assert [bar.label for bar in timeline.bars] == expected
    phrases = timeline.phrases()
    covered = [bar for p in phrases for bar in range(p.start_bar, p.start_bar + p.bars)]
    assert covered == list(range(len(expected)))
    assert max(p.bars for p in phrases) <= 8
    section_starts = np.cumsum([0] + [bars for _, bars in structure[:-1]])
    assert set(section_starts) <= {p.start_bar for p in phrases}
    assert timeline.grid().bars == len(expected)


@given(st.floats(60, 200), st.floats(0, 10), st.sampled_from([22050, 44100, 48000]))
def test_a_beat_is_at_most_half_a_sample_off_the_grid(bpm: float, start: float, rate: int) -> None:
    spec = TrackSpec(
        bpm=bpm, start_seconds=start, sample_rate_hz=rate, structure=(("drop", 32), ("outro", 32))
    )
    timeline = Timeline.of(spec)
    times = timeline.grid().beat_times
    samples = np.array([timeline.sample_of(beat) for beat in range(len(times))])
    assert np.max(np.abs(samples - times * rate)) <= 0.5 + 1e-6
    assert np.allclose(np.diff(times), 60.0 / bpm)
    assert times[0] == pytest.approx(start)


def test_swing_moves_the_odd_sixteenths_to_the_triplet_and_leaves_the_even_ones() -> None:
    straight = Timeline.of(TrackSpec(bpm=100.0))
    swung = Timeline.of(TrackSpec(bpm=100.0, swing=1.0))
    beat = 0.6 * 44100
    for step in range(0, 16, 2):
        assert swung.sample_of_step(3, step) == straight.sample_of_step(3, step)
        pair = swung.sample_of_step(3, step + 1) - swung.sample_of_step(3, step)
        assert pair == pytest.approx(beat / 2 * 2 / 3, abs=1)
