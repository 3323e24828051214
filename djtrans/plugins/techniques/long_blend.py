"""Long blend: a bass swap over 32 bars, in which nothing is sudden but the bass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.curves.gestures import exchange_lows, exchange_vocals, window_beats
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques.configs import LongBlendConfig


class LongBlend:
    """B's fader opens in the first quarter, its mids in the second; the basses change on the line.

    A's mids and highs recede in the third quarter, its fader falls in the last one.

    Nothing is turned down for the overlap, as in the bass swap: on three synthesized pairs that
    took a bump of at most 1.4 LU away, and 3 dB from the low end after the swap.
    """

    def __init__(self, config: LongBlendConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary, c = CurveSheet(request), Variation(request.seed), self.config
        bar, swap, end = window_beats(request)
        last_one = end - bar
        middle = (swap + end) / 2
        entered = vary.beat(swap / 2, bar, swap - bar, bar, request.phrase_beats_b)
        leaving = vary.beat(middle, swap + bar, last_one - bar, bar, request.phrase_beats_a)
        gain, mid = vary.amount(c.entry_gain, 0.15), vary.amount(c.entry_mid, 0.2)
        opened = vary.amount((1 + mid) / 2, 0.15, low=mid)

        sheet.line("b/*/fader/gain", [(0, 0), (entered, gain), (swap, gain), (swap, 1)])
        sheet.line("b/*/eq/mid", [(entered, mid), (swap, opened), (swap, 1)])
        exchange_lows(sheet, swap)
        for band in ("mid", "high"):
            level = vary.amount(c.leaving_level, 0.2, low=0.1)
            sheet.line(f"a/*/eq/{band}", [(swap, 1), (leaving, level)])
        sheet.line("a/*/fader/gain", [(leaving, 1), (last_one, 0)])
        exchange_vocals(sheet, swap, leaving)
        return sheet.values
