"""The shape of a window: how long it is, where its swap lies, who is heard when."""

from __future__ import annotations

import attrs

from djtrans.core.contracts.technique import TechniqueDeclaration


@attrs.frozen
class Window:
    """What a technique does in so many bars; bars count from the start of the window.

    Attributes
    ----------
    bars : int
    swap : int
        Bar of the swap.
    overlap : bool
        Whether notes of both tracks are heard at once. If not, A leaves and B enters at the swap.
    """

    bars: int
    swap: int
    overlap: bool

    @classmethod
    def of(cls, technique: TechniqueDeclaration, bars: int) -> Window:
        """The window of a technique."""
        return cls(bars, technique.swap_bars(bars), technique.harmonic)

    @property
    def after(self) -> int:
        """Bars from the swap to the end."""
        return self.bars - self.swap

    @property
    def leave(self) -> int:
        """Bar at whose start A leaves: a blend's last one, or the swap."""
        return max(self.bars - 1, self.swap) if self.overlap else self.swap

    @property
    def enter(self) -> int:
        """Bar at whose start B begins to be heard."""
        return 0 if self.overlap else self.swap

    @property
    def needs_a(self) -> int:
        """Bars of A that must be there after the swap."""
        return self.after if self.overlap else 0
