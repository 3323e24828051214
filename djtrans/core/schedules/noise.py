"""Device-independent Gaussian noise."""

from __future__ import annotations

import torch
from torch import Tensor


def normal_like(x: Tensor, generator: torch.Generator | None) -> Tensor:
    """Sample standard normal noise of the shape, dtype and device of `x`.

    It is sampled in float32 on the generator's device, which is the CPU for sampling: a seed then
    gives the same curves on every device that the network runs on.

    Parameters
    ----------
    x : Tensor
        Tensor to match.
    generator : torch.Generator or None
        Random generator; None uses torch's global one of the CPU.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import torch
    >>> from djtrans.core import normal_like
    >>> normal_like(torch.zeros(2, 3), torch.Generator().manual_seed(1)).shape
    torch.Size([2, 3])
    """
    device = "cpu" if generator is None else generator.device
    return torch.randn(x.shape, generator=generator, device=device).to(x)
