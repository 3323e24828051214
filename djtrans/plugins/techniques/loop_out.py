"""Loop out: A's last bars are looped and shortened while B rises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.curves.gestures import (
    cutoff,
    exchange_lows,
    exchange_vocals,
    step_out,
    window_beats,
)
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques.configs import LoopOutConfig


class LoopOut:
    """B rises over A's loops without its lows; on the swap A ends and B is in full.

    A's high-pass rises over the shortest loops, whose repeated bass notes would otherwise be a
    drone. The loops themselves are the ending of the declaration.
    """

    def __init__(self, config: LoopOutConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary, c = CurveSheet(request), Variation(request.seed), self.config
        bar, swap, _ = window_beats(request)
        rises = vary.beat(swap / 3, 0, swap - bar, bar, request.phrase_beats_b)
        thins = vary.beat(max(swap - 2 * bar, swap / 2), swap / 2, swap - bar, bar)
        gain, mid = vary.amount(c.entry_gain, 0.15), vary.amount(c.entry_mid, 0.3)
        thin = vary.amount(cutoff(c.thin_hz), 0.1)

        sheet.line("b/*/fader/gain", [(rises, 0), (swap, gain), (swap, 1)])
        sheet.line("b/*/eq/mid", [(swap, mid), (swap, 1)])
        exchange_lows(sheet, swap)
        sheet.line("a/*/hpf/cutoff", [(thins, 0), (swap, thin)])
        step_out(sheet, swap)
        exchange_vocals(sheet, swap, swap)
        return sheet.values
