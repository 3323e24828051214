"""Length buckets: group examples by length, so that batches need no padding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

import numpy as np
import torch

from djtrans.core.contracts.encoder import Conditioning

#: Frames of the window that batch sizes refer to: 16 bars of 4/4 at 2 frames per beat.
_REFERENCE_FRAMES = 128


class HasFrames(Protocol):
    """Anything with a number of frames: an example or a dataset."""

    @property
    def frames(self) -> int:
        """Number of frames."""
        ...


Example = TypeVar("Example", bound=HasFrames)


def by_length(examples: Iterable[Example]) -> dict[int, list[Example]]:
    """Group examples by their number of frames, in ascending order."""
    found: dict[int, list[Example]] = {}
    for example in examples:
        found.setdefault(example.frames, []).append(example)
    return dict(sorted(found.items()))


def choose(
    lengths: Mapping[int, Sequence[Example]],
    size: int,
    key: Sequence[int],
    index: int,
    group: int = 1,
) -> tuple[list[Example], np.random.Generator]:
    """Sample examples of one length; the probability of a length is its share of all frames.

    Parameters
    ----------
    lengths : mapping of int to sequence
        Result of :func:`by_length`.
    size : int
        Number of transitions of 16 bars; equally many frames for other lengths, at least one
        transition.
    key : sequence of int
        Seed.
    index : int
        Index of the batch.
    group : int
        Number of consecutive batches of equal length, such as those of the processes of a step.

    Returns
    -------
    examples : list
        Examples of one length.
    rng : numpy.random.Generator
        Source of the further randomness of the batch.
    """
    rng = np.random.default_rng([*key, index])
    frames = _choose_length(lengths, rng)
    if first := index % group:
        frames = _choose_length(lengths, np.random.default_rng([*key, index - first]))
    count = max(1, round(size * _REFERENCE_FRAMES / frames))
    chosen = rng.integers(len(lengths[frames]), size=count)
    return [lengths[frames][i] for i in chosen], rng


def _choose_length(lengths: Mapping[int, Sequence[HasFrames]], rng: np.random.Generator) -> int:
    # By frames, since batches of long transitions have fewer: all transitions are equally likely.
    weights = np.array([len(part) * frames for frames, part in lengths.items()], dtype=float)
    return int(rng.choice(list(lengths), p=weights / weights.sum()))


def stacked(parts: Sequence[Conditioning]) -> Conditioning:
    """Stack the conditioning of transitions of equal length to a batch."""
    return Conditioning(
        torch.cat([part.per_frame for part in parts]), torch.cat([part.global_ for part in parts])
    )
