"""Encode the share of the possible improvement that a request aims at."""

from __future__ import annotations

import torch

from djtrans.core.contracts.config import NoConfig
from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.curves.request import CurveRequest


class ObjectiveEncoder:
    """Encoder of the objective of a request as one global channel."""

    def __init__(self, config: NoConfig) -> None:
        pass

    def widths(self, stems: tuple[str, ...]) -> tuple[int, int]:
        """Return no channel per frame and one global channel."""
        return 0, 1

    def encode(self, request: CurveRequest) -> Conditioning | None:
        """Encode one transition; None without an objective."""
        if request.objective is None:
            return None
        return Conditioning(
            torch.zeros(1, request.n_frames, 0), torch.tensor([[request.objective]]).float()
        )

    def channel_names(self, stems: tuple[str, ...]) -> tuple[list[str], list[str]]:
        """Return the names of the channels per frame and of the global channels."""
        return [], ["objective"]
