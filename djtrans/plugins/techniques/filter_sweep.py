"""Filter sweep: A leaves upwards, B comes from below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.curves.gestures import (
    cutoff,
    exchange_lows,
    exchange_vocals,
    step_in,
    step_out,
    window_beats,
)
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques.configs import FilterSweepConfig


class FilterSweep:
    """A's high-pass rises alone; on the line B comes in under it and its low-pass opens.

    Both cutoffs move evenly in octaves. A is gone on its last downbeat.
    """

    def __init__(self, config: FilterSweepConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary, c = CurveSheet(request), Variation(request.seed), self.config
        bar, swap, end = window_beats(request)
        last_one = end - bar
        rises = vary.beat(0, 0, swap - bar, bar)
        gone = vary.beat(last_one, (swap + end) / 2, last_one, bar, request.phrase_beats_a)
        opened = vary.beat(gone, (swap + end) / 2, gone, bar, request.phrase_beats_b)
        # A tenth of the cutoff's way is an octave.
        thin = vary.amount(cutoff(c.thin_hz), 0.07)
        bright = vary.amount(cutoff(c.bright_hz), 0.1, low=thin)
        muffled = vary.amount(cutoff(c.muffled_hz), 0.07)

        sheet.line("a/*/hpf/cutoff", [(rises, 0), (swap, thin), (gone, bright)])
        sheet.line("b/*/lpf/cutoff", [(swap, muffled), (opened, 1)])
        exchange_lows(sheet, swap)
        step_in(sheet, swap)
        step_out(sheet, gone)
        exchange_vocals(sheet, (swap + gone) / 2, gone)
        return sheet.values
