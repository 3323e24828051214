"""Bass swap: exactly one track owns the low end at any beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.drawing import DrawRequest
from djtrans.core.sheet import CurveSheet

if TYPE_CHECKING:
    from djtrans.plugins.techniques import BassSwapConfig


class BassSwap:
    """B enters over the first quarter without lows; on the swap line the basses change owner.

    There B takes over in full. A's mids and highs recede from the swap to three quarters of the
    window; A is gone on the last downbeat. The faders are not turned down for the overlap: while
    one track has no lows, both together hardly exceed one (0.01 LU on synthesized pairs), and
    turning them down cost 1 to 2 LU of level after the swap.
    """

    def __init__(self, config: BassSwapConfig) -> None:
        self.config = config

    def draw(self, request: DrawRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet = CurveSheet(request)
        swap = request.swap_beat
        end = request.beats
        entered = swap / 2
        receded = (swap + end) / 2
        last_one = end - request.beats_per_bar
        c = self.config

        sheet.line(
            "b/*/fader/gain", [(0, 0), (entered, c.entry_gain), (swap, c.entry_gain), (swap, 1)]
        )
        sheet.line("b/*/eq/mid", [(swap, c.entry_mid), (swap, 1)])
        sheet.line("b/*/eq/low", [(swap, 0), (swap, 1)])

        sheet.line("a/*/eq/low", [(swap, 1), (swap, 0)])
        for band in ("mid", "high"):
            sheet.line(f"a/*/eq/{band}", [(swap, 1), (receded, c.leaving_level)])
        sheet.line("a/*/fader/gain", [(last_one, 1), (last_one, 0)])
        return sheet.values
