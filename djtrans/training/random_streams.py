"""Independent streams of random numbers of a run, each determined by seed and index."""

from __future__ import annotations

import torch

#: Noise of training and of validation.
NOISE, VALIDATION = 1, 2


def generator(seed: int, stream: int, index: int) -> torch.Generator:
    """Create the generator of a batch, on the CPU: its values are the same for every device."""
    mixed = ((seed % 2**16) * 4 + stream) * 2**44 + index
    return torch.Generator().manual_seed(mixed)
