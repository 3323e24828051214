"""Hard cut on the one."""

from __future__ import annotations

from torch import Tensor

from djtrans.core.config import NoConfig
from djtrans.core.drawing import DrawRequest
from djtrans.core.sheet import CurveSheet


class Cut:
    """A until the swap, B from there."""

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def draw(self, request: DrawRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet = CurveSheet(request)
        swap = request.swap_beat
        sheet.line("a/*/fader/gain", [(swap, 1.0), (swap, 0.0)])
        sheet.line("b/*/fader/gain", [(swap, 0.0), (swap, 1.0)])
        return sheet.values
