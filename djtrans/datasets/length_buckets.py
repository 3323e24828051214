"""Batches of one length each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

import numpy as np
import torch

from djtrans.core.contracts.encoder import Conditioning

#: Frames of the window that a batch size is told for: 16 bars of 4/4 at 2 frames per beat.
_USUAL_FRAMES = 128


class Lasting(Protocol):
    """What has a length."""

    @property
    def frames(self) -> int:
        """Frames of its window."""
        ...


Example = TypeVar("Example", bound=Lasting)


def by_length(examples: Iterable[Example]) -> dict[int, list[Example]]:
    """Examples by their frames, the shortest first."""
    found: dict[int, list[Example]] = {}
    for example in examples:
        found.setdefault(example.frames, []).append(example)
    return dict(sorted(found.items()))


def choose(
    lengths: Mapping[int, Sequence[Example]], size: int, rng: np.random.Generator
) -> list[Example]:
    """Some examples of one length, each length as often as it has frames.

    Parameters
    ----------
    lengths : mapping of int to sequence
        From :func:`by_length`.
    size : int
        Transitions of 16 bars; as many frames of other lengths, one at least.
    rng : numpy.random.Generator
    """
    # Each length as often as it has transitions: a batch of long ones holds fewer of them.
    weights = np.array([len(part) * frames for frames, part in lengths.items()], dtype=float)
    frames = int(rng.choice(list(lengths), p=weights / weights.sum()))
    count = max(1, round(size * _USUAL_FRAMES / frames))
    chosen = rng.integers(len(lengths[frames]), size=count)
    return [lengths[frames][i] for i in chosen]


def stacked(parts: Sequence[Conditioning]) -> Conditioning:
    """Conditioning of several transitions of one length as one batch."""
    return Conditioning(
        torch.cat([part.per_frame for part in parts]), torch.cat([part.global_ for part in parts])
    )
