"""Lengths of batches: shares by frames, and equal lengths within a group."""

from __future__ import annotations

from collections import Counter

import attrs
import pytest

from djtrans.datasets.length_buckets import by_length, choose


@attrs.frozen
class Example:
    frames: int
    name: int


LENGTHS = by_length(
    [Example(frames, i) for i, frames in enumerate([32] * 6 + [64] * 3 + [256] * 2)]
)
KEY = (5, 0)


def frames_of(index, group=1, size=8):
    examples, _ = choose(LENGTHS, size, KEY, index, group)
    (frames,) = {each.frames for each in examples}
    assert len(examples) == max(1, round(size * 128 / frames))
    return frames


@pytest.mark.parametrize("group", [2, 3, 8])
def test_the_batches_of_a_group_have_one_length_and_other_examples(group):
    seen = set()
    for first in range(0, 40 * group, group):
        assert len({frames_of(first + rank, group) for rank in range(group)}) == 1
        batches = [choose(LENGTHS, 8, KEY, first + rank, group) for rank in range(group)]
        names = [tuple(each.name for each in examples) for examples, _ in batches]
        seen.add(len(set(names)))
        # What follows is random too, and differs between processes.
        assert len({rng.random() for _, rng in batches}) == group
    assert max(seen) == group


def test_without_groups_nothing_changes_in_the_first_batch_of_one():
    for index in range(0, 80, 4):
        alone, rng = choose(LENGTHS, 8, KEY, index)
        grouped, other = choose(LENGTHS, 8, KEY, index, 4)
        assert alone == grouped
        assert rng.random() == other.random()


def test_each_length_gives_its_share_of_the_frames():
    # 192 frames of 32, 192 of 64 and 512 of 256.
    for group in (1, 4):
        counts = Counter(frames_of(index, group) for index in range(0, 4000, group))
        total = sum(counts.values())
        for frames, share in ((32, 192 / 896), (64, 192 / 896), (256, 512 / 896)):
            assert counts[frames] / total == pytest.approx(share, abs=0.05)
