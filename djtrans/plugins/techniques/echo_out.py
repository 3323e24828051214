"""Echo out: the last bar of A's phrase is an echo, on whose end B stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from djtrans.core.drawing import DrawRequest
from djtrans.core.moves import step_in, step_out
from djtrans.core.sheet import CurveSheet
from djtrans.core.variation import Variation

if TYPE_CHECKING:
    from djtrans.plugins.techniques import EchoOutConfig


class EchoOut:
    """A loses its lows and feeds the echo for a bar, then falls silent; B steps in on the line.

    The send closes a frame after A's fader, the feedback on the line; what rings, rings on.
    """

    def __init__(self, config: EchoOutConfig) -> None:
        self.config = config

    def draw(self, request: DrawRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet = CurveSheet(request)
        vary = Variation(request.seed)
        bar, swap = request.beats_per_bar, request.swap_beat
        # The phrase's last downbeat, and a bar before it; in a short window half the room for each.
        gone = swap - min(bar, swap / 2)
        thrown = gone - min(bar, gone / 2)
        closed = gone + 1 / request.frames_per_beat
        feedback = vary.amount(self.config.feedback, 0.35, 0.65)

        sheet.line("a/*/eq/low", [(thrown, 1), (thrown, 0)])
        step_out(sheet, gone)
        sheet.line("a/track/delay/send", [(thrown, 0), (thrown, 1), (closed, 1), (closed, 0)])
        sheet.line(
            "a/track/delay/feedback", [(thrown, 0), (thrown, feedback), (swap, feedback), (swap, 0)]
        )
        step_in(sheet, swap)
        return sheet.values
