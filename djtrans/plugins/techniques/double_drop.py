"""Double drop: two drops at once."""

from __future__ import annotations

from torch import Tensor

from djtrans.core.config import NoConfig
from djtrans.core.drawing import DrawRequest
from djtrans.core.moves import exchange_lows, step_out
from djtrans.core.sheet import CurveSheet
from djtrans.core.variation import Variation


class DoubleDrop:
    """B rises without lows through A's build; from the drop on both are in full, B with the bass.

    Nothing is turned down for the overlap: being up to 3 LU louder is what it is for.
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def draw(self, request: DrawRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet = CurveSheet(request)
        vary = Variation(request.seed)
        bar, swap = request.beats_per_bar, request.swap_beat
        entry_mid = vary.amount(0.5, 0.3, 0.8)

        sheet.line("b/*/fader/gain", [(0, 0), (swap, 1)])
        sheet.line("b/*/eq/mid", [(swap, entry_mid), (swap, 1)])
        exchange_lows(sheet, swap)
        step_out(sheet, request.beats - bar)
        return sheet.values
