"""Wash out: A dissolves into its own reverb."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.drawing import DrawRequest
from djtrans.core.moves import cutoff, step_in
from djtrans.core.sheet import CurveSheet
from djtrans.core.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques import WashOutConfig


class WashOut:
    """A's reverb and high-pass rise to the line, its fader falls in the last bar before it.

    On the line B steps in; the tail rings on.
    """

    def __init__(self, config: WashOutConfig) -> None:
        self.config = config

    def draw(self, request: DrawRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet = CurveSheet(request)
        vary = Variation(request.seed)
        bar, swap = request.beats_per_bar, request.swap_beat
        thin = cutoff(self.config.thin_hz) + vary.amount(0.0, -0.1, 0.1)
        leaving = vary.amount(self.config.leaving_gain, 0.3, 0.7)
        falls = swap - min(bar, swap / 2)

        sheet.line("a/*/hpf/cutoff", [(0, 0), (swap, thin)])
        sheet.line("a/track/reverb/send", [(0, 0), (swap, 1), (swap, 0)])
        sheet.line("a/*/fader/gain", [(falls, 1), (swap, leaving), (swap, 0)])
        step_in(sheet, swap)
        return sheet.values
