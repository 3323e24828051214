"""Playability: what two hands on a mixer can do, and a listener can follow."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.contracts.config import NoConfig
from djtrans.core.transition.predicted_mix import PredictedMix

#: Motion of a parameter, in ranges, from which it counts as moving.
MOVING = 0.1


class Controls:
    """Number of controls that move; stems that move alike are one control."""

    def __init__(self, config: NoConfig) -> None:
        pass

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions."""
        values = mix.unit_values
        path = values.diff(dim=1).abs().sum(dim=1)
        moving = path / (path + MOVING)
        total = moving.new_zeros(len(moving))
        for rows in mix.layout.controls():
            # The first stem, and what the others do differently from it.
            apart = (values[..., rows[1:]] - values[..., rows[:1]]).diff(dim=1).abs().sum(dim=1)
            total = total + moving[:, rows].amax(dim=-1) + (apart / (apart + MOVING)).sum(dim=-1)
        return total


class Detours:
    """Motion beyond the way from the first to the last value, in ranges."""

    def __init__(self, config: NoConfig) -> None:
        pass

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions."""
        values = mix.unit_values
        path = values.diff(dim=1).abs().sum(dim=1)
        direct = (values[:, -1] - values[:, 0]).abs()
        return (path - direct).clamp(min=0.0).sum(dim=-1)


class OffPhrase:
    """Exchange of the low end away from phrase boundaries and the swap, in ranges."""

    def __init__(self, config: NoConfig) -> None:
        pass

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions."""
        rows = [*mix.layout.select("*/*/eq/low")]
        if not rows:
            return mix.values.sum(dim=(1, 2)) * 0.0
        motion = mix.unit_values[..., rows].diff(dim=1).abs().mean(dim=-1)
        beats = (torch.arange(motion.shape[1], dtype=torch.float64) + 1.0) / mix.frames_per_beat
        lines = {mix.swap_beat, *mix.a.phrase_beats, *mix.b.phrase_beats}
        on_line = torch.tensor(sorted(lines), dtype=torch.float64)
        away = (beats[:, None] - on_line).abs().amin(dim=1) > 0.75
        return (motion * away.to(motion)).sum(dim=-1)
