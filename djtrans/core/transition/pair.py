"""Pairs of values: one for each of the two tracks of a transition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import attrs

T = TypeVar("T", covariant=True)
U = TypeVar("U")


@attrs.frozen
class Pair(Generic[T]):
    """Pair of values for the outgoing track A and the incoming track B.

    Attributes
    ----------
    a, b : T
        The values, which iteration yields in this order.

    Examples
    --------
    >>> import djtrans
    >>> tempos = djtrans.Pair(126.0, 123.0)
    >>> tempos.map(round)
    Pair(a=126, b=123)
    >>> dict(tempos.items())
    {'a': 126.0, 'b': 123.0}
    >>> tempos["b"]
    123.0
    """

    a: T
    b: T

    def __iter__(self) -> Iterator[T]:
        yield self.a
        yield self.b

    def __getitem__(self, side: str) -> T:
        return dict(self.items())[side]

    def items(self) -> Iterator[tuple[str, T]]:
        """Iterate over ``("a", a)`` and ``("b", b)``."""
        yield "a", self.a
        yield "b", self.b

    def map(self, function: Callable[[T], U]) -> Pair[U]:
        """Apply a function to both values, A's first."""
        return Pair(function(self.a), function(self.b))
