"""EQ blend: the bands change hands one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.drawing import DrawRequest
from djtrans.core.moves import exchange_band, exchange_lows, step_out
from djtrans.core.sheet import CurveSheet
from djtrans.core.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques import EqBlendConfig


class EqBlend:
    """Highs, then mids change hands at equal power, each done on a downbeat; the lows on the line.

    So B's fader is open long before anything of it is up, and A's stays open until its last
    downbeat although nothing of it is.
    """

    def __init__(self, config: EqBlendConfig) -> None:
        self.config = config

    def draw(self, request: DrawRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet = CurveSheet(request)
        vary = Variation(request.seed)
        bar, swap = request.beats_per_bar, request.swap_beat
        third = swap / 3
        first, second = vary.choice(("high", "mid"), ("mid", "high"))
        down = vary.amount(self.config.down_gain, 0.05, 0.15)
        length = vary.beat(third / 2, third / 4, third, bar)

        sheet.line("b/*/fader/gain", [(0, 0), (third / 2, 1)])
        exchange_band(sheet, first, third - length, third, down)
        exchange_band(sheet, second, 2 * third - length, 2 * third, down)
        exchange_lows(sheet, swap)
        step_out(sheet, request.beats - bar)
        return sheet.values
