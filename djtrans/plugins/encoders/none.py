"""The encoder that says nothing."""

from __future__ import annotations

import torch

from djtrans.core.contracts.config import NoConfig
from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.curves.request import CurveRequest


class NoEncoder:
    """No channels at all."""

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def widths(self, stems: tuple[str, ...]) -> tuple[int, int]:
        """None of either."""
        return 0, 0

    def encode(self, request: CurveRequest) -> Conditioning:
        """Empty conditioning on the frames of the request."""
        return Conditioning(torch.zeros(1, request.n_frames, 0), torch.zeros(1, 0))
