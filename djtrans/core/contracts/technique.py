"""Techniques: rules that generate the curves of one kind of transition."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

    from djtrans.core.curves.request import CurveRequest


@runtime_checkable
class CurveModel(Protocol):
    """Draws the curves of a transition: a technique, or a trained model."""

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]`` for the layout, frames and plan of the request."""
        ...


#: A technique is a rule-based curve model.
Technique = CurveModel


#: What of a track may lie at the swap.
PLACES: dict[str, str] = {
    "phrase": "any phrase line",
    "section": "the start of any section",
    "intro-end": "the end of the intro",
    "outro": "the start of the outro",
    "drop": "the start of a drop",
    "build-end": "the start of a drop that a build leads to",
    "break": "the start of a break",
    "vocal": "the start of a phrase that is sung",
    "instrumental": "the start of a phrase that is not sung",
}


@attrs.frozen(kw_only=True)
class TechniqueDeclaration(Declaration):
    """A rule-based expert that draws the curves of one kind of transition.

    Attributes
    ----------
    bars : tuple of int
        Shortest, default and longest window in bars.
    swap_at : float
        Where in the window the swap lies, as a fraction of it (0 to 1); at least a bar from
        either end.
    place_a, place_b : tuple of str
        Its anchor: what of A lies on what of B at the swap. Among :data:`PLACES`, the most wanted
        first; a track that has none of them is refused.
    needs : tuple of str
        Key patterns that the layout must have, such as ``"*/*/eq/low"``.
    needs_isolation : bool
        Whether it needs a separator with good isolation.
    beat_matched : bool
        Whether both tracks' beats sound together, so that the tempos must meet.
    harmonic : bool
        Whether tonal sounds of both tracks overlap, so that the keys must agree.
    key_limit : int
        Largest distance on the Camelot wheel that it takes; 7, the largest there is, for any.
    tempo_limit : float or None
        Largest tempo change that it takes, as a fraction, where that is less than usual.
    baseline : bool
        Whether it is there to compare others with: never chosen unasked, and taught to no model.
    """

    kind: ClassVar[str] = "technique"
    contract: ClassVar[type | None] = CurveModel

    bars: tuple[int, int, int]
    swap_at: float
    needs: tuple[str, ...] = ()
    needs_isolation: bool = False
    beat_matched: bool = True
    place_a: tuple[str, ...] = attrs.field(default=("outro", "phrase"), converter=as_tuple)
    place_b: tuple[str, ...] = attrs.field(default=("intro-end", "phrase"), converter=as_tuple)
    harmonic: bool = True
    key_limit: int = 7
    tempo_limit: float | None = None
    baseline: bool = False

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        for field, places in (("place_a", self.place_a), ("place_b", self.place_b)):
            if not places or not set(places) <= set(PLACES):
                raise ConfigError(
                    f"{type(self).__name__}(name={self.name!r}).{field} = {places!r}; "
                    f"allowed: {', '.join(PLACES)}."
                )

    def swap_bars(self, bars: int) -> int:
        """Bars from the start of a window to the swap."""
        return min(max(round(self.swap_at * bars), 1), max(bars - 1, 1))


@hookspec
def djtrans_techniques() -> Iterable[TechniqueDeclaration]:  # type: ignore[empty-body]
    """Register techniques: rules that generate curves.

    Returns
    -------
    iterable of TechniqueDeclaration
        Yield them one by one, or return a list.

    Examples
    --------
    >>> import djtrans, torch
    >>> class Hold:
    ...     def __init__(self, config): ...
    ...     def generate(self, request):
    ...         return djtrans.CurveSheet(request).finish()
    >>> class HoldPlugin:
    ...     @djtrans.hookimpl
    ...     def djtrans_techniques(self):
    ...         yield djtrans.TechniqueDeclaration(
    ...             name="hold",
    ...             summary="Leave every parameter at its neutral value.",
    ...             factory=Hold,
    ...             bars=(4, 8, 16),
    ...             swap_at=0.5,
    ...         )
    >>> registry = djtrans.Registry(discover=False)
    >>> registry.register(HoldPlugin(), "example")
    >>> registry.techniques.find("hold").declaration.bars
    (4, 8, 16)
    """
