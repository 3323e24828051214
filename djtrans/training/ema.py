"""Exponential moving average of weights; models are exported with the averaged weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

# Not torch's AveragedModel: it copies the weights at the first update instead of averaging from the
# start, and the keys of its state ("module.…", n_averaged) differ from those of older checkpoints.


class Ema:
    """Exponential moving average of a network's weights.

    The decay is at most ``(1 + n) / (10 + n)`` after `n` updates, so that the average of a short
    run does not contain its initial weights [1]_.

    Parameters
    ----------
    network : nn.Module
        Network with initial weights.
    decay : float
        Decay per update, 0 to 1, after the first updates.

    References
    ----------
    .. [1] As in TensorFlow's ``ExponentialMovingAverage(num_updates=...)``.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = {name: w.detach().clone() for name, w in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, updates: int) -> None:
        """Update the average from the network, after `updates` previous updates."""
        decay = min(self.decay, (1 + updates) / (10 + updates))
        for name, weight in network.state_dict().items():
            mean = self.weights[name]
            if mean.is_floating_point():
                mean.lerp_(weight, 1.0 - decay)
            else:
                mean.copy_(weight)

    @contextmanager
    def applied_to(self, network: nn.Module) -> Iterator[None]:
        """Give a network the averaged weights, and evaluation mode, within a block."""
        weights = {name: w.clone() for name, w in network.state_dict().items()}
        mode = network.training
        network.eval()
        network.load_state_dict(self.weights)
        try:
            yield
        finally:
            network.load_state_dict(weights)
            network.train(mode)

    def load(self, weights: dict[str, Tensor]) -> None:
        """Restore averaged weights."""
        for name, mean in self.weights.items():
            mean.copy_(weights[name])
