"""Interleave batches from several sources with fixed shares."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from djtrans.core.contracts.config import as_tuple
from djtrans.core.errors import InputError
from djtrans.datasets.batch import Batch, BatchSource
from djtrans.datasets.length_buckets import HasFrames

#: Golden section: its multiples modulo 1 have low discrepancy.
_GOLDEN = (5**0.5 - 1) / 2


@attrs.frozen(eq=False)
class MixedBatches:
    """Batches from several sources; the index of a batch determines its source.

    The sources follow a low-discrepancy sequence instead of being sampled, so short runs have the
    shares too: of any eight consecutive batches, such as those of a validation, a source with a
    share of 0.25 gives one to three. Validation uses the same shares.

    Attributes
    ----------
    sources : tuple of BatchSource
        Sources to choose from.
    shares : tuple of float
        Fraction of the batches from each source, 0 to 1; they sum to 1.

    Examples
    --------
    >>> from djtrans.datasets import MixedBatches
    >>> batches = MixedBatches([synthetic, prepared], (0.75, 0.25))  # doctest: +SKIP
    """

    sources: tuple[BatchSource, ...] = attrs.field(converter=as_tuple)
    shares: tuple[float, ...] = attrs.field(converter=as_tuple)

    def __attrs_post_init__(self) -> None:
        if len(self.sources) != len(self.shares) or not self.sources:
            raise InputError(
                f"There are {len(self.sources)} sources and {len(self.shares)} shares; give one "
                "share for each source."
            )
        if min(self.shares) < 0.0 or abs(sum(self.shares) - 1.0) > 1e-6:
            raise InputError(
                f"The shares {', '.join(f'{s:g}' for s in self.shares)} are not fractions of a "
                "run; give numbers of at least 0 that sum to 1."
            )

    def batch(self, index: int, size: int, *, validation: bool = False, group: int = 1) -> Batch:
        """Return the batch of an index; see :class:`~djtrans.datasets.batch.BatchSource`."""
        position = (0.5 + (index // group) * _GOLDEN) % 1.0
        which = int(np.searchsorted(np.cumsum(self.shares), position, side="right"))
        # The sum of the shares may be slightly below 1 because of rounding.
        source = self.sources[min(which, len(self.sources) - 1)]
        return source.batch(index, size, validation=validation, group=group)


def shares_by_frames(sets: Sequence[HasFrames], whole: float = 1.0) -> tuple[float, ...]:
    """Compute shares proportional to the numbers of frames; they sum to `whole`.

    Training on two datasets with these shares equals training on their union.
    """
    total = max(1, sum(each.frames for each in sets))
    return tuple(whole * each.frames / total for each in sets)
