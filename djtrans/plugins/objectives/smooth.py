"""Smooth counterparts of comparisons, maxima and runs."""

from __future__ import annotations

import torch
from torch import Tensor


def exceeds(value: Tensor, threshold: Tensor | float, width: float) -> Tensor:
    """Return 0 well below the threshold, 0.5 at it and 1 well above it.

    `width` is the distance over which it rises from 0.12 to 0.88, in the unit of `value`.
    """
    return torch.sigmoid((value - threshold) * (4.0 / width))


def smooth_max(value: Tensor, width: float) -> Tensor:
    """Compute a maximum over the last axis, a weighted mean of the values near the largest."""
    weight = torch.softmax(value / width, dim=-1)
    return (weight * value).sum(dim=-1)


def moving_mean(value: Tensor, width: int) -> Tensor:
    """Average over windows of `width` along the last axis, ``[..., n - width + 1]``."""
    total = torch.nn.functional.pad(value.cumsum(dim=-1), (1, 0))
    return (total[..., width:] - total[..., :-width]) / width


def longest_run(member: Tensor, longest: int) -> Tensor:
    """Compute the expected length of the longest run along the last axis, up to `longest`.

    `member` is the probability of each element, 0 to 1. A run of length n exists with the
    probability of the most likely window of n elements; the sum over n is the expected length.
    """
    logs = member.clamp(min=1e-6).log()
    total = torch.nn.functional.pad(logs.cumsum(dim=-1), (1, 0))
    count = total.shape[-1] - 1
    lengths = torch.arange(1, min(longest, count) + 1)
    starts = torch.arange(count)
    stops = starts[None] + lengths[:, None]
    inside = stops <= count
    window = total[..., stops.clamp(max=count)] - total[..., None, :-1]
    window = window.masked_fill(~inside, -1e9)
    return window.amax(dim=-1).exp().sum(dim=-1)
