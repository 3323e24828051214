"""Equal-power crossfade."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from djtrans.core.config import NoConfig
from djtrans.core.drawing import DrawRequest
from djtrans.core.sheet import CurveSheet


class Fade:
    """A falls as a cosine while B rises as a sine, so that the sum of their powers is constant."""

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def draw(self, request: DrawRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet = CurveSheet(request)
        quarter_turn = np.linspace(0.0, np.pi / 2, request.n_frames)
        sheet.curve("a/*/fader/gain", np.cos(quarter_turn))
        sheet.curve("b/*/fader/gain", np.sin(quarter_turn))
        return sheet.values
