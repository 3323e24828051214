"""Acapella: A's voice over B's music."""

from __future__ import annotations

from torch import Tensor

from djtrans.core.config import NoConfig
from djtrans.core.drawing import DrawRequest
from djtrans.core.moves import exchange_lows, step_in, step_out
from djtrans.core.sheet import CurveSheet


class Acapella:
    """On the line A's music gives way to B's while A's voice sings on; B's voice comes after it."""

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def draw(self, request: DrawRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet = CurveSheet(request)
        bar, swap = request.beats_per_bar, request.swap_beat
        last_one = request.beats - bar

        sheet.line("b/*/fader/gain", [(0, 0), (swap, 0.9), (swap, 1)])
        exchange_lows(sheet, swap)
        step_out(sheet, swap)
        sheet.line("a/vocals/eq/low", [(0, 1)])
        step_out(sheet, last_one, ("vocals",))
        step_in(sheet, last_one, ("vocals",))
        return sheet.values
