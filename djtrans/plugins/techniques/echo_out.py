"""Echo out: the last bar of A's phrase echoes until B starts at full level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.curves.gestures import step_in, step_out, window_beats
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques import EchoOutConfig


class EchoOut:
    """A loses its lows and feeds the echo for a bar, then falls silent; B steps in on the line.

    The send closes a frame after A's fader, the feedback on the line; what rings, rings on.
    """

    def __init__(self, config: EchoOutConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary, c = CurveSheet(request), Variation(request.seed), self.config
        bar, swap, _ = window_beats(request)
        frame = 1 / request.frames_per_beat
        # The phrase's last downbeat, and a bar before it; in a short window half the room for each.
        gone = swap - vary.choice(1, 0.5) * min(bar, swap / 2)
        thrown = gone - vary.choice(1, 0.5) * min(bar, gone / 2)
        send, feedback = vary.amount(1.0, 0.3), vary.amount(c.feedback, 0.15)

        sheet.line("a/*/eq/low", [(thrown, 1), (thrown, 0)])
        step_out(sheet, gone)
        for key, level, closed in (("send", send, gone + frame), ("feedback", feedback, swap)):
            points = [(thrown, 0), (thrown, level), (closed, level), (closed, 0)]
            sheet.line(f"a/track/delay/{key}", points)
        step_in(sheet, swap)
        return sheet.values
