"""Both tracks at full level: a baseline without any mixing."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from djtrans.core.contracts.config import NoConfig
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet


class Sum:
    """Both tracks at full through the whole window.

    B enters in the second frame and A leaves in the last one, as the contract pins both ends.
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        sheet = CurveSheet(request)
        frames = np.arange(request.n_frames)
        sheet.curve("a/*/fader/gain", (frames < request.n_frames - 1).astype(float))
        sheet.curve("b/*/fader/gain", (frames > 0).astype(float))
        return sheet.values
