"""Hard cut on the downbeat."""

from __future__ import annotations

from torch import Tensor

from djtrans.core.contracts.config import NoConfig
from djtrans.core.curves.gestures import step_in, step_out, window_beats
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation


class Cut:
    """A until the swap, B from there. Varied, A's lows drop out on the last beats before it."""

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary = CurveSheet(request), Variation(request.seed)
        _, swap, _ = window_beats(request)
        no_lows = swap - vary.choice(0, 1, 2)
        low = vary.amount(1.0, 1.0)

        sheet.line("a/*/eq/low", [(no_lows, 1), (no_lows, low)])
        step_out(sheet, swap)
        step_in(sheet, swap)
        return sheet.values
