"""Batches from several sources, each with its share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import attrs
import numpy as np

from djtrans.core.contracts.config import as_tuple
from djtrans.core.errors import InputError
from djtrans.datasets.batch import Batch, BatchSource

#: Multiples of it, taken modulo 1, are spread as evenly as any: the golden section.
_GOLDEN = (5**0.5 - 1) / 2


class Sized(Protocol):
    """A training set that knows how much it has."""

    @property
    def frames(self) -> int:
        """Frames of all its transitions for training."""
        ...


@attrs.frozen(eq=False)
class MixedBatches:
    """Each batch comes from one of several sources; which one follows from its number alone.

    Shares are kept from the first batches on, since the numbers are spread evenly instead of drawn:
    of any eight batches in a row, such as those of a validation, a source with a share of a quarter
    gives one to three. What is held out of each source is drawn with the same shares.

    Attributes
    ----------
    sources : tuple of BatchSource
    shares : tuple of float
        Part of the batches that each gives, 0 to 1; they sum to 1.
    """

    sources: tuple[BatchSource, ...] = attrs.field(converter=as_tuple)
    shares: tuple[float, ...] = attrs.field(converter=as_tuple)

    def __attrs_post_init__(self) -> None:
        if len(self.sources) != len(self.shares) or not self.sources:
            raise InputError(
                f"There are {len(self.sources)} sources and {len(self.shares)} shares; give one "
                "share for each."
            )
        if min(self.shares) < 0.0 or abs(sum(self.shares) - 1.0) > 1e-6:
            raise InputError(
                f"The shares {', '.join(f'{s:g}' for s in self.shares)} do not divide a run; give "
                "numbers from 0 on that sum to 1."
            )

    def batch(self, index: int, size: int, *, validation: bool = False) -> Batch:
        """Batch number `index`; see :class:`~djtrans.datasets.batch.BatchSource`."""
        place = (0.5 + index * _GOLDEN) % 1.0
        which = int(np.searchsorted(np.cumsum(self.shares), place, side="right"))
        # The sum of the shares may lie a rounding below 1.
        source = self.sources[min(which, len(self.sources) - 1)]
        return source.batch(index, size, validation=validation)


def shares_by_frames(sets: Sequence[Sized], whole: float = 1.0) -> tuple[float, ...]:
    """Shares, of the whole or a part of it, under which every frame comes up as often as another.

    So two sets are trained on as one that holds the transitions of both.
    """
    total = max(1, sum(each.frames for each in sets))
    return tuple(whole * each.frames / total for each in sets)
