"""Acapella: A's voice over B's music."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.curves.gestures import exchange_lows, step_in, step_out, window_beats
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation
from djtrans.core.curves.vocal_rests import silent_frames
from djtrans.core.errors import PlanError
from djtrans.core.track.stem_names import VOCALS

if TYPE_CHECKING:
    from djtrans.plugins.techniques.configs import AcapellaConfig


class Acapella:
    """Replace A's music by B's at the swap while A's vocals continue; B's vocals come last."""

    def __init__(self, config: AcapellaConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary, c = CurveSheet(request), Variation(request.seed), self.config
        bar, swap, end = window_beats(request)
        silent = silent_frames(request, "a")
        if silent is not None and silent[sheet.beats >= swap].all():
            raise PlanError(
                "acapella: A does not sing after the swap. Let the window start elsewhere in A "
                "(--cue-a), or choose another technique."
            )
        last_one = end - bar
        entered = vary.beat(swap, 2 * bar, swap, bar, request.phrase_beats_b)
        gain, mid = vary.amount(c.entry_gain, 0.2), vary.amount(1.0, 0.6)
        sung = vary.beat(last_one, (swap + end) / 2, last_one, bar, request.phrase_beats_a)

        sheet.line("b/*/fader/gain", [(0, 0), (entered, gain), (swap, gain), (swap, 1)])
        sheet.line("b/*/eq/mid", [(swap, mid), (swap, 1)])
        exchange_lows(sheet, swap)
        step_out(sheet, swap)
        # The voice keeps its body: it has neither kick nor bass.
        sheet.line("a/vocals/eq/low", [(0, 1)])
        step_out(sheet, sung, [VOCALS])
        step_in(sheet, sung, [VOCALS])
        return sheet.values
