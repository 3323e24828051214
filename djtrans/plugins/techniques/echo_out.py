"""Echo out: A's last beats echo into B, which starts at full level on the line."""

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
    """A loses its lows and feeds the echo for its last beats; B steps in as A ends, on the line.

    The send closes a frame after A's fader and the feedback a bar later: the echoes decay under B,
    so that there is no gap between the tracks.
    """

    def __init__(self, config: EchoOutConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet, vary, c = CurveSheet(request), Variation(request.seed), self.config
        bar, swap, end = window_beats(request)
        frame = 1 / request.frames_per_beat
        thrown = swap - vary.choice(0.5, 0.25, 1.0) * min(bar, swap / 2)
        closed = vary.beat(min(swap + bar, end - frame), swap + bar / 2, end - bar / 2, bar / 2)
        send, feedback = vary.amount(c.send, 0.2), vary.amount(c.feedback, 0.15)

        sheet.line("a/*/eq/low", [(thrown, 1), (thrown, 0)])
        step_out(sheet, swap)
        for key, level, stop in (("send", send, swap + frame), ("feedback", feedback, closed)):
            points = [(thrown, 0), (thrown, level), (stop, level), (stop, 0)]
            sheet.line(f"a/track/delay/{key}", points)
        step_in(sheet, swap)
        return sheet.values
