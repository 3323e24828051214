"""The shape of a window: its length, its swap, and the bars each track plays in."""

from __future__ import annotations

import attrs

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.errors import PlanError

#: Distance from a bar line, in bars, that is rounding.
ROUNDING = 1e-6


@attrs.frozen
class Window:
    """Shape of a window; bars count from its start.

    Attributes
    ----------
    bars : int
        Length of the window.
    swap : int
        Bar of the swap.
    overlap : bool
        True if A plays on after the swap and B before it. If not, A ends and B starts at the swap.
    harmonic : bool
        True if tonal sounds of both tracks overlap, their vocals included.
    before_a : int
        Bars from the start of the window to A's anchor: to the swap, or to the end of the bars that
        are looped up to it.
    """

    bars: int
    swap: int
    overlap: bool
    harmonic: bool
    before_a: int

    @classmethod
    def of(cls, technique: TechniqueDeclaration, bars: int, beat: float = 1.0) -> Window:
        """Build the window of a technique.

        Parameters
        ----------
        technique : TechniqueDeclaration
        bars : int
            Length of the window.
        beat : float
            Length of B's beat in beats of the window.

        Raises
        ------
        PlanError
            If the loops of the technique would start within a bar.
        """
        before_a = swap = technique.swap_bars(bars)
        if technique.ending is not None:
            plain = technique.ending.plain_beats(swap, beat)  # in bars, as the swap is
            before_a = round(plain)
            if abs(plain - before_a) > ROUNDING:
                raise PlanError("the loops of the technique would start within a bar")
        return cls(bars, swap, technique.overlaps, technique.harmonic, before_a)

    @property
    def after(self) -> int:
        """Bars from the swap to the end."""
        return self.bars - self.swap

    @property
    def looped(self) -> bool:
        """True if A is looped up to the swap."""
        return self.before_a < self.swap

    @property
    def leave(self) -> int:
        """Bar at whose start A ends: a blend's last one, the swap, or where its loops begin."""
        return max(self.bars - 1, self.swap) if self.overlap else self.before_a

    @property
    def enter(self) -> int:
        """Bar at whose start B becomes audible."""
        return 0 if self.overlap else self.swap

    @property
    def vocals_leave(self) -> int:
        """Bar at whose start A's vocals end."""
        return self.leave if self.harmonic else min(self.leave, self.before_a)

    @property
    def vocals_enter(self) -> int:
        """Bar at whose start B's vocals become audible."""
        return self.enter if self.harmonic else self.swap

    @property
    def needs_a(self) -> int:
        """Number of bars that A must have after its anchor."""
        return self.after if self.overlap else 0

    def before(self, name: str) -> int:
        """Return the bars from the start of the window to the anchor of track a or b."""
        return self.before_a if name == "a" else self.swap
