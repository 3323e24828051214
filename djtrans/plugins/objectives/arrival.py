"""Strength of what follows the swap."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.contracts.config import NoConfig
from djtrans.core.transition.predicted_mix import PredictedMix, loudness_powers, to_db

#: Bars after the swap in which the strength is measured.
BARS = 4


class WeakArrival:
    """Level of the mix below B's loud parts in the four bars after the swap, in LU."""

    def __init__(self, config: NoConfig) -> None:
        pass

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions."""
        heard, _, solo = (mix.beat_mean(power) for power in mix.shared(loudness_powers))
        start = min(round(mix.swap_beat), solo.shape[-1] - 1)
        stop = start + BARS * mix.beats_per_bar
        loud_part = torch.quantile(to_db(solo), 0.9)
        level = to_db(heard[:, start:stop].mean(dim=-1))
        return (loud_part - level).clamp(min=0.0)
