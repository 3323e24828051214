"""Equal-power crossfade."""

from __future__ import annotations

from torch import Tensor

from djtrans.core.contracts.config import NoConfig
from djtrans.core.curves.gestures import equal_power, window_beats
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation


class Fade:
    """A falls as a cosine while B rises as a sine, so that the sum of their powers is constant."""

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary = CurveSheet(request), Variation(request.seed)
        bar, swap, end = window_beats(request)
        start = vary.beat(0, 0, swap - bar, bar)
        stop = vary.beat(sheet.beats[-1], swap + bar, end - bar, bar)
        falling, rising = equal_power(sheet, start, stop)
        sheet.curve("a/*/fader/gain", falling)
        sheet.curve("b/*/fader/gain", rising)
        return sheet.values
