"""Noise that is the same on every device."""

from __future__ import annotations

import torch
from torch import Tensor


def normal_like(x: Tensor, generator: torch.Generator | None) -> Tensor:
    """Standard normal noise of the shape, dtype and device of `x`.

    It is drawn in float32 on the generator's device, which is the CPU for sampling: a seed then
    means the same curves whatever the network runs on.

    Parameters
    ----------
    x : Tensor
    generator : torch.Generator or None
        None takes torch's global one of the CPU.
    """
    device = "cpu" if generator is None else generator.device
    return torch.randn(x.shape, generator=generator, device=device).to(x)
