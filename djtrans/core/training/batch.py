"""What a step of training is fed."""

from __future__ import annotations

from typing import Protocol

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts import Conditioning
from djtrans.core.diffusion.model import on_device


@attrs.frozen(eq=False)
class Batch:
    """Transitions of one length.

    Attributes
    ----------
    curves : Tensor
        ``[batch, frames, parameters]``, -1 to 1.
    conditioning : Conditioning
        Of all encoders.
    absent : Tensor
        ``[batch, encoders]`` bool: encoders that have nothing to say.
    """

    curves: Tensor
    conditioning: Conditioning
    absent: Tensor

    def to(self, device: torch.device) -> Batch:
        """The batch on a device."""
        return Batch(
            self.curves.to(device),
            on_device(self.conditioning, device),
            self.absent.to(device),
        )


class BatchSource(Protocol):
    """Where batches come from: a pure function of a number, so that a run can be resumed."""

    def batch(self, index: int, size: int, *, validation: bool = False) -> Batch:
        """Batch number `index`.

        Parameters
        ----------
        index : int
            From 0. The same index gives the same batch, in every process.
        size : int
            Transitions of 16 bars; as many frames of other lengths, one at least.
        validation : bool
            From what is held out of training.
        """
        ...
