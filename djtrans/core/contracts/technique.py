"""Techniques: rules that generate the curves of one kind of transition."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.ending import Ending
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

    from djtrans.core.curves.request import CurveRequest


@runtime_checkable
class CurveModel(Protocol):
    """Source of the curves of a transition: a technique or a trained model."""

    def generate(self, request: CurveRequest) -> Tensor:
        """Generate the curves ``[frames, parameters]`` of a request, in the parameters' units."""
        ...


#: Anchors: musical positions of a track that can be placed on the swap.
PLACES: dict[str, str] = {
    "phrase": "any phrase boundary",
    "section": "the start of any section",
    "intro-end": "the end of the intro",
    "outro": "the start of the outro",
    "drop": "the start of a drop, or of a groove in a track without drops",
    "build-end": "the end of a build",
    "break": "the start of a break",
    "vocal": "the start of a phrase with vocals",
    "instrumental": "the start of a phrase without vocals",
}

#: Tempos of the window that a technique can declare.
WINDOW_TEMPOS = ("auto", "a", "ramp")


@attrs.frozen(kw_only=True)
class TechniqueDeclaration(Declaration):
    """Declaration of a technique: rules that generate the curves of one kind of transition.

    Attributes
    ----------
    bars : tuple of int
        Shortest, default and longest window in bars.
    swap_at : float
        Position of the swap as a fraction of the window (0 to 1); at least a bar from either end.
    place_a, place_b : tuple of str
        Anchors of each track, among :data:`PLACES`, in the order of preference. A track without
        any of them is rejected.
    needs : tuple of str
        Patterns of keys that the layout must have, such as ``"*/*/eq/low"``.
    needs_isolation : bool
        True if it requires a separator with good isolation.
    beat_matched : bool
        True if beats of both tracks are audible together, so that the tempos must match.
    harmonic : bool
        True if tonal sounds of both tracks overlap, so that the keys must be compatible.
    overlap : bool or None
        True if A plays on after the swap, up to the last bar of the window; False if it ends at the
        swap. None, the default, is as `harmonic`.
    key_limit : int
        Largest Camelot distance allowed; 7, the maximum, allows any.
    tempo : str
        Tempo of the window unless the user gives one: ``"auto"`` (A's if the tempos are close),
        ``"a"`` (A's) or ``"ramp"`` (from A's to B's, bar by bar).
    tempo_limit : float or None
        Largest tempo change allowed, as a fraction; it may exceed the planner's default limit,
        which None stands for, but not a limit of the user.
    tempo_least : float
        Tempo difference, as a fraction, below which the planner does not choose it by itself.
    tempo_ratios : tuple of (int, int)
        Ratios of bars at which the faster track may be counted, after tempo octaves: ``(3, 4)``
        counts four of its bars as three. The default is ``(1, 1)`` alone.
    ending : Ending or None
        How A's last beats before the swap are played: loops, a brake, a backspin.
    baseline : bool
        True if it is only a baseline for comparisons: the planner does not choose it by itself, and
        models are not trained on it.

    Examples
    --------
    >>> import djtrans
    >>> declaration = djtrans.TechniqueDeclaration(
    ...     name="hold",
    ...     summary="Leave every parameter neutral.",
    ...     factory="mylab.hold:Hold",
    ...     bars=(4, 8, 16),
    ...     swap_at=0.5,
    ... )
    >>> declaration.swap_bars(8)
    4

    See Also
    --------
    djtrans.CurveSheet : Write the curves of a technique.
    djtrans.load_technique : Build a registered technique.
    """

    kind: ClassVar[str] = "technique"
    contract: ClassVar[type | None] = CurveModel

    bars: tuple[int, int, int] = attrs.field(converter=as_tuple)
    swap_at: float
    needs: tuple[str, ...] = ()
    needs_isolation: bool = False
    beat_matched: bool = True
    place_a: tuple[str, ...] = attrs.field(default=("outro", "phrase"), converter=as_tuple)
    place_b: tuple[str, ...] = attrs.field(default=("intro-end", "phrase"), converter=as_tuple)
    harmonic: bool = True
    overlap: bool | None = None
    key_limit: int = 7
    tempo: str = "auto"
    tempo_limit: float | None = None
    tempo_least: float = 0.0
    tempo_ratios: tuple[tuple[int, int], ...] = ((1, 1),)
    ending: Ending | None = None
    baseline: bool = False

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._require(
            _are_lengths(self.bars),
            "bars",
            "give three whole numbers from 1 that do not decrease: the shortest, default and "
            "longest window, such as (4, 8, 16)",
        )
        self._require(0.0 <= self.swap_at <= 1.0, "swap_at", "give a fraction from 0 to 1")
        anchors = f"give one or more of {', '.join(PLACES)}"
        for field, places in (("place_a", self.place_a), ("place_b", self.place_b)):
            self._require(bool(places) and set(places) <= set(PLACES), field, anchors)
        self._require(self.key_limit >= 0, "key_limit", "give a Camelot distance from 0 to 7")
        tempos = f"allowed: {', '.join(WINDOW_TEMPOS)}"
        self._require(self.tempo in WINDOW_TEMPOS, "tempo", tempos)
        limit = self.tempo_limit
        self._require(limit is None or limit > 0.0, "tempo_limit", "give a fraction above 0")
        self._require(self.tempo_least >= 0.0, "tempo_least", "give a fraction of at least 0")
        ratios = self.tempo_ratios
        self._require(
            bool(ratios) and all(0 < less <= more for less, more in ratios),
            "tempo_ratios",
            "give pairs of whole numbers, the first not above the second, such as (3, 4)",
        )

    def _require(self, is_allowed: bool, field: str, advice: str) -> None:
        """Raise if a field has a value that is not allowed."""
        if not is_allowed:
            raise ConfigError(
                f"{type(self).__name__}(name={self.name!r}).{field} = {getattr(self, field)!r}; "
                f"{advice}."
            )

    @property
    def overlaps(self) -> bool:
        """True if A plays on after the swap."""
        return self.harmonic if self.overlap is None else self.overlap

    @property
    def lengths(self) -> str:
        """Lengths of the window in words: ``"2 bars"``, or ``"4 to 16 bars"``."""
        shortest, _, longest = self.bars
        return f"{shortest} bars" if shortest == longest else f"{shortest} to {longest} bars"

    def swap_bars(self, bars: int) -> int:
        """Return the number of bars from the start of a window to the swap."""
        return min(max(round(self.swap_at * bars), 1), max(bars - 1, 1))


def _are_lengths(bars: tuple[int, ...]) -> bool:
    """Return True for three whole numbers from 1 that do not decrease."""
    whole = all(isinstance(n, int) and not isinstance(n, bool) and n >= 1 for n in bars)
    return whole and len(bars) == 3 and list(bars) == sorted(bars)


@hookspec
def djtrans_techniques() -> Iterable[TechniqueDeclaration]:  # type: ignore[empty-body]
    """Register techniques: rules that generate curves.

    Returns
    -------
    iterable of TechniqueDeclaration
        Yield them one by one, or return a list.

    Examples
    --------
    >>> import djtrans
    >>> class Hold:
    ...     def __init__(self, config): ...
    ...     def generate(self, request):
    ...         return djtrans.CurveSheet(request).values
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
