"""EQ blend: the bands change hands one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.curves.gestures import (
    exchange_band,
    exchange_lows,
    exchange_vocals,
    step_out,
    window_beats,
)
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques.configs import EqBlendConfig


class EqBlend:
    """Highs, then mids change hands at equal power, each done on a downbeat; the lows on the line.

    So B's fader is open long before much of it is up, and A's until its last downbeat although
    little of it still is.
    """

    def __init__(self, config: EqBlendConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary = CurveSheet(request), Variation(request.seed)
        bar, swap, end = window_beats(request)
        third, last_one = swap / 3, end - bar
        down = vary.amount(self.config.down_gain, 0.1, low=0.05)
        order = vary.choice(("high", "mid"), ("mid", "high"))
        for band, plain in zip(order, (third, 2 * third), strict=True):
            done = vary.beat(plain, plain - third / 4, plain + third / 4, bar)
            length = vary.amount(third / 2, third / 4, high=third)
            exchange_band(sheet, band, done - length, done, down)

        sheet.line("b/*/fader/gain", [(0, 0), (third / 4, 1)])
        exchange_lows(sheet, swap)
        gone = vary.beat(last_one, swap + bar, last_one, bar, request.phrase_beats_a)
        step_out(sheet, gone)
        exchange_vocals(sheet, 2 * third, swap)
        return sheet.values
