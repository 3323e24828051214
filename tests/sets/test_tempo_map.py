"""Tempo between two transitions: ends, rates and whole samples."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.audio.warping import pieces
from djtrans.core.errors import PlanError
from djtrans.sets.tempo_map import tempo_map

RATE = 44100
rates = st.one_of(st.just(1.0), st.floats(0.92, 1.08).filter(lambda rate: abs(rate - 1) > 1e-6))


def made(start, stop, between, ease=30.0, overlaps=(0, 0)):
    return tempo_map(
        start,
        stop,
        between,
        overlaps=overlaps,
        ease_seconds=ease,
        bar_seconds=2.0,
        sample_rate=RATE,
    )


@given(st.integers(0, RATE * 100), st.floats(8.0, 300.0), rates, rates, st.floats(2.0, 60.0))
def test_it_leads_from_one_rate_to_the_other(first, length, rate_in, rate_out, ease):
    start, overlap = first / RATE, RATE // 4
    stop = (first + round(length * RATE)) / RATE
    found = made(start, stop, (rate_in, rate_out), ease, (overlap, overlap))
    clock = [point[0] for point in found.points]
    track = [point[1] for point in found.points]
    assert clock[0] == 0.0
    assert track[0] == pytest.approx(start, abs=0.6 / RATE)
    # The map ends at the last sample, to a tenth of one.
    assert track[-1] + (found.samples / RATE - clock[-1]) * rate_out == pytest.approx(
        stop, abs=0.6 / RATE
    )
    if len(found.points) == 2:
        assert abs(rate_in / rate_out - 1.0) < 1e-4
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(found.points) if b[0] > a[0]]
    low, high = sorted((rate_in, rate_out))
    assert all(low - 1e-4 < slope < high + 1e-4 for slope in slopes)
    course = pieces(found.points)
    assert course[0].rate == pytest.approx(rate_in, abs=1e-4)
    assert course[-1].rate == pytest.approx(rate_out, abs=1e-4)


@given(st.integers(0, RATE), st.integers(RATE * 20, RATE * 200), rates)
def test_at_rate_one_the_track_is_copied_sample_by_sample(first, length, rate_in):
    start, stop = first / RATE, (first + length) / RATE
    found = made(start, stop, (rate_in, 1.0), overlaps=(0, RATE // 4))
    last = pieces(found.points)[-1]
    assert abs(last.rate - 1.0) < 1e-9
    # Sample n of the part is sample n + lead of the track, up to its last one.
    lead = round((last.track - last.clock) * RATE)
    assert found.samples + lead == first + length
    assert (last.track - last.clock) * RATE == pytest.approx(lead, abs=1e-3)


def test_a_constant_rate_is_one_line():
    assert made(10.0, 20.0, (1.0, 1.0)).points == ((0.0, 10.0), (10.0, 20.0))
    assert made(10.0, 20.4, (1.04, 1.04)).samples == 10 * RATE


def test_what_leaves_nothing_is_refused():
    with pytest.raises(PlanError, match="leave nothing"):
        made(20.0, 10.0, (1.0, 1.0))
    with pytest.raises(PlanError, match="no time between them"):
        made(10.0, 10.4, (1.0, 1.05), overlaps=(RATE // 4, RATE // 4))
