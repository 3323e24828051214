"""Half time: A's loops lead into B's tempo at a ratio, 2:1, 3:2 or 4:3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.curves.gestures import cutoff, exchange_lows, step_in, step_out, window_beats
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques.configs import HalfTimeConfig

DRUMS = "drums"


class HalfTime:
    """A's loops shorten in B's beats, so that their pulse becomes B's; then B's drums rise in it.

    A loop of one of B's bars is a cross-rhythm of A's beats, one of B's beat is B's pulse. B's
    drums rise without lows over the last third before the swap; the rest of B enters on the swap,
    on which A ends.
    """

    def __init__(self, config: HalfTimeConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary, c = CurveSheet(request), Variation(request.seed), self.config
        bar, swap, _ = window_beats(request)
        harmony = [stem for stem in sheet.stems if stem != DRUMS]
        rises = vary.beat(swap * 2 / 3, swap / 2, swap - bar, bar)
        thins = vary.beat(swap - bar, swap - 2 * bar, swap - bar, bar)
        gain, thin = vary.amount(c.entry_gain, 0.15), vary.amount(cutoff(c.thin_hz), 0.1)

        sheet.line(f"b/{DRUMS}/fader/gain", [(rises, 0), (swap, gain), (swap, 1)])
        step_in(sheet, swap, harmony)
        exchange_lows(sheet, swap)
        sheet.line("a/*/hpf/cutoff", [(thins, 0), (swap, thin)])
        step_out(sheet, swap)
        return sheet.values
