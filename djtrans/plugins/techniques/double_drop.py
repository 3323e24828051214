"""Double drop: two drops at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.curves.gestures import exchange_lows, exchange_vocals, step_out, window_beats
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques.configs import DoubleDropConfig


class DoubleDrop:
    """B rises without lows through A's build; from the drop on both are in full, B with the bass.

    Nothing is turned down for the overlap: being up to 3 LU louder is what it is for. Varied, the
    bass may stay with A for some bars of the drop.
    """

    def __init__(self, config: DoubleDropConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary, c = CurveSheet(request), Variation(request.seed), self.config
        bar, swap, end = window_beats(request)
        last_one, middle = end - bar, (swap + end) / 2
        rises = vary.beat(0, 0, swap - bar, bar)
        mid = vary.amount(c.entry_mid, 0.3)
        bass = vary.choice(
            swap, vary.beat(swap, swap + 2 * bar, middle, bar, request.phrase_beats_a)
        )
        gone = vary.beat(last_one, middle + bar, last_one, bar, request.phrase_beats_a)

        sheet.line("b/*/fader/gain", [(rises, 0), (swap, 1)])
        sheet.line("b/*/eq/mid", [(swap, mid), (swap, 1)])
        exchange_lows(sheet, bass)
        step_out(sheet, gone)
        exchange_vocals(sheet, swap, gone)
        return sheet.values
