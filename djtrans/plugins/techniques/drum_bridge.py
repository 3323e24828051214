"""Drum bridge: drums under drums, while the harmony changes hands in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.curves.gestures import exchange_lows, step_in, step_out, window_beats
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques.configs import DrumBridgeConfig

DRUMS = "drums"


class DrumBridge:
    """B's drums enter under A without their lows; on the swap A's harmony ends and B's begins.

    A's drums play on without lows, recede, and are gone on the last downbeat. So no note of A
    sounds with one of B, in any key, and no drums are ever alone: what a separator of weak
    isolation leaves of the notes in the drums is masked. Varied, A's harmony may leave up to two
    bars early.
    """

    def __init__(self, config: DrumBridgeConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary, c = CurveSheet(request), Variation(request.seed), self.config
        bar, swap, end = window_beats(request)
        last_one, middle = end - bar, (swap + end) / 2
        harmony = [stem for stem in sheet.stems if stem != DRUMS]
        entered = vary.beat(swap / 2, bar, swap - bar, bar, request.phrase_beats_b)
        silent = vary.beat(swap, swap - min(2 * bar, swap / 2), swap, bar)
        gone = vary.beat(last_one, middle, last_one, bar, request.phrase_beats_a)
        gain = vary.amount(c.entry_gain, 0.15)

        sheet.line(f"b/{DRUMS}/fader/gain", [(0, 0), (entered, gain), (swap, gain), (swap, 1)])
        exchange_lows(sheet, swap)
        step_out(sheet, silent, harmony)
        step_in(sheet, swap, harmony)
        for band in ("mid", "high"):
            level = vary.amount(c.leaving_level, 0.2, low=0.1)
            sheet.line(f"a/{DRUMS}/eq/{band}", [(swap, 1), (max(middle, swap + bar), level)])
        step_out(sheet, gone, [DRUMS])
        return sheet.values
