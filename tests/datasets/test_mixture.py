"""Batches from several sources."""

from __future__ import annotations

import attrs
import pytest

from djtrans.core.errors import InputError
from djtrans.datasets.mixture import MixedBatches, shares_by_frames


class Named:
    """A source whose batches say what was asked for."""

    def __init__(self, name):
        self.name = name

    def batch(self, index, size, *, validation=False, group=1):
        return self.name, index, size, validation, group


@attrs.frozen
class Set:
    frames: int


def names(mixed, indices, **more):
    return [mixed.batch(index, 4, **more)[0] for index in indices]


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("step", [1, 2, 4, 8])
def test_each_source_gives_its_share_from_the_first_batches_on(share, step):
    mixed = MixedBatches((Named("a"), Named("b")), (share, 1.0 - share))
    for first in (0, 1000, 123_456):
        # Every process of several takes every so many-th number.
        given = names(mixed, range(first, first + 400 * step, step))
        assert given.count("a") == pytest.approx(400 * share, abs=6)
    for first in range(50):
        few = names(mixed, range(first, first + 8), validation=True)
        assert abs(few.count("a") - 8 * share) < 2


def test_a_batch_is_what_the_source_gives_for_that_number():
    mixed = MixedBatches((Named("a"), Named("b"), Named("c")), (0.2, 0.3, 0.5))
    for index in range(30):
        one = mixed.batch(index, 7, validation=True)
        assert one == mixed.batch(index, 7, validation=True)
        assert one[1:] == (index, 7, True, 1)
    assert set(names(mixed, range(30))) == {"a", "b", "c"}
    assert set(names(MixedBatches((Named("a"), Named("b")), (1.0, 0.0)), range(99))) == {"a"}


def test_by_default_every_frame_counts_the_same():
    assert shares_by_frames([Set(30), Set(90)]) == (0.25, 0.75)
    assert shares_by_frames([Set(30), Set(90)], 0.2) == pytest.approx((0.05, 0.15))


@pytest.mark.parametrize(
    ("shares", "why"),
    [((1.0,), "one share for each"), ((0.5, 0.6), "sum to 1"), ((2, -1), "at least 0")],
)
def test_shares_that_divide_nothing_are_refused(shares, why):
    with pytest.raises(InputError, match=why):
        MixedBatches((Named("a"), Named("b")), shares)


def test_the_batches_of_a_group_have_one_source():
    mixed = MixedBatches((Named("a"), Named("b")), (0.5, 0.5))
    groups = [[mixed.batch(4 * step + rank, 8, group=4) for rank in range(4)] for step in range(40)]
    assert all(len({source for source, *_ in group}) == 1 for group in groups)
    assert groups[3][2][1:] == (14, 8, False, 4)
    first = [group[0][0] for group in groups]
    assert first == names(mixed, range(40))
