"""Wash out: A dissolves into its own reverb."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.curves.gestures import cutoff, step_in, window_beats
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques.configs import WashOutConfig


class WashOut:
    """A's reverb and high-pass rise to the line, its fader falls in the last bar before it.

    On the line B steps in; the tail rings on.
    """

    def __init__(self, config: WashOutConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary, c = CurveSheet(request), Variation(request.seed), self.config
        bar, swap, _ = window_beats(request)
        rises = vary.beat(0, 0, swap - bar, bar)
        falls = swap - vary.choice(1, 0.5) * min(bar, swap / 2)
        thin = vary.amount(cutoff(c.thin_hz), 0.1)
        send, gain = vary.amount(1.0, 0.3), vary.amount(c.leaving_gain, 0.2)

        sheet.line("a/*/hpf/cutoff", [(rises, 0), (swap, thin)])
        sheet.line("a/track/reverb/send", [(rises, 0), (swap, send), (swap, 0)])
        sheet.line("a/*/fader/gain", [(falls, 1), (swap, gain), (swap, 0)])
        step_in(sheet, swap)
        return sheet.values
