"""Layers that are computed in full precision under autocast."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def full_precision(like: Tensor) -> AbstractContextManager[object]:
    """Disable autocast within a block, on the device of a tensor.

    The last layer of a denoiser is a small part of its operations, but its rounding errors are
    those of the curves: bfloat16 has 8 bits, steps of 0.4 to 0.8 % of a value.

    Parameters
    ----------
    like : Tensor
        Any tensor on the device.
    """
    device = like.device.type
    if torch.is_autocast_enabled(device):
        return torch.autocast(device, enabled=False)
    return nullcontext()
