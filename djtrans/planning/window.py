"""The shape of a window: its length, its swap, and the bars each track plays in."""

from __future__ import annotations

import attrs

from djtrans.core.contracts.technique import TechniqueDeclaration


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
        True if tonal sounds of both tracks overlap. If not, A ends and B starts at the swap.
    """

    bars: int
    swap: int
    overlap: bool

    @classmethod
    def of(cls, technique: TechniqueDeclaration, bars: int) -> Window:
        """Build the window of a technique."""
        return cls(bars, technique.swap_bars(bars), technique.harmonic)

    @property
    def after(self) -> int:
        """Bars from the swap to the end."""
        return self.bars - self.swap

    @property
    def leave(self) -> int:
        """Bar at whose start A ends: a blend's last one, or the swap."""
        return max(self.bars - 1, self.swap) if self.overlap else self.swap

    @property
    def enter(self) -> int:
        """Bar at whose start B becomes audible."""
        return 0 if self.overlap else self.swap

    @property
    def needs_a(self) -> int:
        """Number of bars that A must have after the swap."""
        return self.after if self.overlap else 0
