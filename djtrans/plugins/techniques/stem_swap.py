"""Stem swap: the tracks change hands stem by stem."""

from __future__ import annotations

from torch import Tensor

from djtrans.core.contracts.config import NoConfig
from djtrans.core.curves.gestures import equal_power, exchange_lows, step_in, step_out, window_beats
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation
from djtrans.core.track.stem_names import VOCALS


class StemSwap:
    """B's drums take over without their kick, then on the line kick and bass.

    The other stems blend at equal power around the line. A's voice is out by bar 4, B's comes last.
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary = CurveSheet(request), Variation(request.seed)
        bar, swap, end = window_beats(request)
        last_one, early, late = end - bar, swap / 2, (swap + end) / 2
        lines_a, lines_b = request.phrase_beats_a, request.phrase_beats_b
        tops = vary.beat(early, 2 * bar, swap, bar, lines_b)
        blends = vary.beat(early, bar, swap - bar, bar, lines_a)
        blended = vary.beat(late, swap + bar, last_one, bar, lines_a)
        sung = vary.beat(4 * bar, 2 * bar, 4 * bar, bar)
        sings = vary.beat(late, late, last_one, bar, lines_b)

        exchange_lows(sheet, swap)
        for band in ("mid", "high"):
            sheet.line(f"a/drums/eq/{band}", [(tops, 1), (tops, 0)])
        step_in(sheet, tops, ["drums"])
        step_out(sheet, swap, ["drums", "bass"])
        step_in(sheet, swap, ["bass"])
        falling, rising = equal_power(sheet, blends, blended)
        for stem in sheet.stems:
            if stem not in ("drums", "bass", VOCALS):
                sheet.curve(f"a/{stem}/fader/gain", falling)
                sheet.curve(f"b/{stem}/fader/gain", rising)
        step_out(sheet, sung, [VOCALS])
        step_in(sheet, sings, [VOCALS])
        return sheet.values
