"""Bass swap: exactly one track owns the low end at any beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.curves.gestures import exchange_lows, exchange_vocals, step_out, window_beats
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques.configs import BassSwapConfig


class BassSwap:
    """B enters over the first quarter without lows; on the swap line the basses change owner.

    There B takes over in full. A's mids and highs recede from the swap to three quarters of the
    window; A is gone on the last downbeat. The faders are not turned down for the overlap: while
    one track has no lows, both together hardly exceed one (0.01 LU on synthesized pairs), and
    turning them down cost 1 to 2 LU of level after the swap.
    """

    def __init__(self, config: BassSwapConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary, c = CurveSheet(request), Variation(request.seed), self.config
        bar, swap, end = window_beats(request)
        last_one = end - bar
        entered = vary.beat(swap / 2, bar, swap - bar, bar, request.phrase_beats_b)
        gone = vary.beat(last_one, (swap + end) / 2, last_one, bar, request.phrase_beats_a)
        gain, mid = vary.amount(c.entry_gain, 0.15), vary.amount(c.entry_mid, 0.3)
        high = vary.amount(1.0, 0.5)

        sheet.line("b/*/fader/gain", [(0, 0), (entered, gain), (swap, gain), (swap, 1)])
        sheet.line("b/*/eq/mid", [(swap, mid), (swap, 1)])
        sheet.line("b/*/eq/high", [(swap, high), (swap, 1)])
        exchange_lows(sheet, swap)
        for band in ("mid", "high"):
            receded = vary.beat((swap + end) / 2, swap + bar, gone, bar)
            level = vary.amount(c.leaving_level, 0.2, low=0.05)
            sheet.line(f"a/*/eq/{band}", [(swap, 1), (receded, level)])
        step_out(sheet, gone)
        exchange_vocals(sheet, swap, gone)
        return sheet.values
