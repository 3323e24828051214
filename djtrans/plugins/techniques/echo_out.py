"""Echo out: A's last beats echo into B, which starts at full level on the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.curves.gestures import step_in, step_out, window_beats
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques.configs import EchoOutConfig


class EchoOut:
    """A's lows recede and it feeds the echo for its last beat; B steps in as A ends, on the line.

    The send closes a frame after A's fader and the feedback a bar later: the echoes decay under B,
    so that there is no gap between the tracks. Without any lows A's last beat would be one where
    nothing else plays, and with all of them the echoes would be a second bass.
    """

    def __init__(self, config: EchoOutConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary, c = CurveSheet(request), Variation(request.seed), self.config
        bar, swap, end = window_beats(request)
        frame = 1 / request.frames_per_beat
        thrown = swap - vary.choice(0.25, 0.5, 1.0) * min(bar, swap / 2)
        closed = vary.beat(min(swap + bar, end - frame), swap + bar / 2, end - bar / 2, bar / 2)
        low = vary.amount(c.leaving_low, 0.2)
        send, feedback = vary.amount(c.send, 0.2), vary.amount(c.feedback, 0.15)

        sheet.line("a/*/eq/low", [(thrown, 1), (thrown, low)])
        step_out(sheet, swap)
        for key, level, stop in (("send", send, swap + frame), ("feedback", feedback, closed)):
            points = [(thrown, 0), (thrown, level), (stop, level), (stop, 0)]
            sheet.line(f"a/track/delay/{key}", points)
        step_in(sheet, swap)
        return sheet.values
