"""Stem swap: the tracks change hands stem by stem."""

from __future__ import annotations

from torch import Tensor

from djtrans.core.config import NoConfig
from djtrans.core.drawing import DrawRequest
from djtrans.core.moves import equal_power, exchange_lows, step_in, step_out
from djtrans.core.sheet import CurveSheet


class StemSwap:
    """B's drums take over without their kick, then on the line kick and bass.

    The other stems blend at equal power around the line. A's voice is out by bar 4, B's comes last.
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def draw(self, request: DrawRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet = CurveSheet(request)
        bar, swap, end = request.beats_per_bar, request.swap_beat, request.beats
        quarter, last_quarter = swap / 2, (swap + end) / 2

        exchange_lows(sheet, swap)
        for band in ("mid", "high"):
            sheet.line(f"a/drums/eq/{band}", [(quarter, 1), (quarter, 0)])
        step_in(sheet, quarter, ("drums",))
        step_out(sheet, swap, ("drums", "bass"))
        step_in(sheet, swap, ("bass",))
        falling, rising = equal_power(sheet, quarter, last_quarter)
        for stem in sheet.stems:
            if stem not in ("drums", "bass", "vocals"):
                sheet.curve(f"a/{stem}/fader/gain", falling)
                sheet.curve(f"b/{stem}/fader/gain", rising)
        sheet.line("a/vocals/fader/gain", [(2 * bar, 1), (4 * bar, 0)])
        step_in(sheet, last_quarter, ("vocals",))
        return sheet.values
