"""Filter sweep: A leaves upwards, B comes from below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.drawing import DrawRequest
from djtrans.core.moves import cutoff, exchange_lows, step_in, step_out
from djtrans.core.sheet import CurveSheet
from djtrans.core.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques import FilterSweepConfig


class FilterSweep:
    """A's high-pass rises alone; on the line B comes in under it and its low-pass opens.

    Both cutoffs move evenly in octaves. A is gone on its last downbeat.
    """

    def __init__(self, config: FilterSweepConfig) -> None:
        self.config = config

    def draw(self, request: DrawRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet = CurveSheet(request)
        vary = Variation(request.seed)
        bar, swap = request.beats_per_bar, request.swap_beat
        last_one = request.beats - bar
        thin = cutoff(self.config.thin_hz) + vary.amount(0.0, -0.05, 0.05)
        gone = cutoff(self.config.gone_hz) + vary.amount(0.0, -0.1, 0.1)
        muffled = cutoff(self.config.muffled_hz) + vary.amount(0.0, -0.05, 0.05)
        opened = vary.beat(last_one, (swap + last_one) / 2, last_one, bar)

        sheet.line("a/*/hpf/cutoff", [(0, 0), (swap, thin), (last_one, gone)])
        sheet.line("b/*/lpf/cutoff", [(swap, muffled), (opened, 1)])
        exchange_lows(sheet, swap)
        step_in(sheet, swap)
        step_out(sheet, last_one)
        return sheet.values
