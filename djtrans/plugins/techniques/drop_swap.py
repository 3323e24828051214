"""Drop swap: A's build leads into B's drop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.curves.gestures import cutoff, step_in, step_out, window_beats
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques.configs import DropSwapConfig


class DropSwap:
    """Raise A's high-pass and reverb, remove its lows in the last bar, and start B on its drop."""

    def __init__(self, config: DropSwapConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary, c = CurveSheet(request), Variation(request.seed), self.config
        bar, swap, _ = window_beats(request)
        rises = vary.beat(0, 0, swap - 2 * bar, bar)
        no_lows = swap - vary.choice(1, 0.5) * min(bar, swap / 2)
        thin, send = vary.amount(cutoff(c.thin_hz), 0.1), vary.amount(c.send, 0.3)

        sheet.line("a/*/hpf/cutoff", [(rises, 0), (swap, thin)])
        sheet.line("a/track/reverb/send", [(rises, 0), (swap, send), (swap, 0)])
        sheet.line("a/*/eq/low", [(no_lows, 1), (no_lows, 0)])
        step_out(sheet, swap)
        step_in(sheet, swap)
        return sheet.values
