"""Linear crossfade."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from djtrans.core.contracts.config import NoConfig
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet


class LinearFade:
    """A falls while B rises on straight lines, so that the sum of their gains is constant.

    Two tracks that do not correlate add in power: they lose 3 dB in the middle.
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet = CurveSheet(request)
        rising = np.linspace(0.0, 1.0, request.n_frames)
        sheet.curve("a/*/fader/gain", 1.0 - rising)
        sheet.curve("b/*/fader/gain", rising)
        return sheet.values
