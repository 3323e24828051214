"""Average the weights of a network; the averaged ones are those that a model is used with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Not torch's AveragedModel: it copies the weights at the first update instead of averaging from the
# start, and its state holds other keys ("module.…", n_averaged) than checkpoints that exist.


class Ema:
    """Exponential moving average of a network's weights.

    The decay begins lower, ``(1 + n) / (10 + n)`` after `n` updates, so that a short run does not
    average in its random start [1]_.

    Parameters
    ----------
    network : nn.Module
    decay : float
        Of each update, in the end.

    References
    ----------
    .. [1] As in TensorFlow's ``ExponentialMovingAverage(num_updates=...)``.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = {name: w.detach().clone() for name, w in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, updates: int) -> None:
        """Follow the network by one step, `updates` having been done before."""
        decay = min(self.decay, (1 + updates) / (10 + updates))
        for name, weight in network.state_dict().items():
            mean = self.weights[name]
            if mean.is_floating_point():
                mean.lerp_(weight, 1.0 - decay)
            else:
                mean.copy_(weight)

    def load(self, weights: dict[str, Tensor]) -> None:
        """Go on from saved weights."""
        for name, mean in self.weights.items():
            mean.copy_(weights[name])
