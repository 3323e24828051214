"""Long blend: a bass swap over 32 bars, in which nothing is sudden but the bass."""

from __future__ import annotations

from torch import Tensor

from djtrans.core.config import NoConfig
from djtrans.core.drawing import DrawRequest
from djtrans.core.moves import exchange_lows
from djtrans.core.sheet import CurveSheet
from djtrans.core.variation import Variation


class LongBlend:
    """B's fader opens in the first quarter, its mids in the second; the basses change on the line.

    A's mids and highs recede in the third quarter, its fader falls in the last one.
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def draw(self, request: DrawRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet = CurveSheet(request)
        vary = Variation(request.seed)
        bar, swap, end = request.beats_per_bar, request.swap_beat, request.beats
        last_one = end - bar
        entered = vary.beat(swap / 2, swap / 4, swap - bar, bar, request.phrase_beats_b)
        receded = vary.beat(
            (swap + end) / 2, swap + bar, last_one - bar, bar, request.phrase_beats_a
        )
        entry_gain = vary.amount(0.9, 0.8, 1.0)
        entry_mid = vary.amount(0.4, 0.2, 0.6)
        open_mid = vary.amount(0.7, 0.6, 0.9)
        leaving_mid, leaving_high = (vary.amount(0.4, 0.25, 0.6) for _ in range(2))

        sheet.line("b/*/fader/gain", [(0, 0), (entered, entry_gain), (swap, entry_gain), (swap, 1)])
        sheet.line("b/*/eq/mid", [(entered, entry_mid), (swap, open_mid), (swap, 1)])
        exchange_lows(sheet, swap)
        sheet.line("a/*/eq/mid", [(swap, 1), (receded, leaving_mid)])
        sheet.line("a/*/eq/high", [(swap, 1), (receded, leaving_high)])
        sheet.line("a/*/fader/gain", [(receded, 1), (last_one, 0)])
        return sheet.values
