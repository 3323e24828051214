"""Encoder without channels, for unconditional models."""

from __future__ import annotations

import torch

from djtrans.core.contracts.config import NoConfig
from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.curves.request import CurveRequest


class NoEncoder:
    """Encoder without channels."""

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def widths(self, stems: tuple[str, ...]) -> tuple[int, int]:
        """Return 0 channels per frame and 0 global channels."""
        return 0, 0

    def encode(self, request: CurveRequest) -> Conditioning:
        """Return empty conditioning on the frames of the request."""
        return Conditioning(torch.zeros(1, request.n_frames, 0), torch.zeros(1, 0))
