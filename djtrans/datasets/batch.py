"""What a step of training is fed."""

from __future__ import annotations

from typing import Protocol

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.encoder import Conditioning
from djtrans.diffusion.model import on_device

#: Part of the examples in which no technique is wished for, so that a model learns to choose one.
#: Choosing takes more learning than following: with a quarter it mixed two kinds in 6 % of them.
NO_TECHNIQUE_FRACTION = 0.4


@attrs.frozen(eq=False)
class Crop:
    """A short stretch of one transition's stems, and where its curves lie.

    Attributes
    ----------
    row : int
        Which transition of the batch.
    first : int
        Its first frame; as many follow as there are times.
    frame_times, beat_times : Tensor
        ``[frames]`` and ``[beats]`` float64, seconds from the first sample.
    a, b : Tensor
        ``[stems, channels, samples]``.
    sample_rate : int
        In Hz.
    """

    row: int
    first: int
    frame_times: Tensor
    beat_times: Tensor
    a: Tensor
    b: Tensor
    sample_rate: int

    def to(self, device: torch.device) -> Crop:
        """The crop with its audio on a device; the clock stays where it is."""
        return attrs.evolve(self, a=self.a.to(device), b=self.b.to(device))


@attrs.frozen(eq=False)
class Batch:
    """Transitions of one length.

    Attributes
    ----------
    curves : Tensor
        ``[batch, frames, parameters]``, -1 to 1.
    conditioning : Conditioning
        What ``encode`` of all encoders gave, joined. The network applies its trainable encoders
        (:meth:`DiffusionNetwork.encode <djtrans.diffusion.network.DiffusionNetwork.encode>`).
    missing : Tensor
        ``[batch, encoders]`` bool: encoders that have nothing to say.
    crops : tuple of Crop
        What is heard of some of the transitions; empty where there is no audio.
    """

    curves: Tensor
    conditioning: Conditioning
    missing: Tensor
    crops: tuple[Crop, ...] = ()

    def to(self, device: torch.device) -> Batch:
        """The batch on a device."""
        return Batch(
            self.curves.to(device),
            on_device(self.conditioning, device),
            self.missing.to(device),
            tuple(crop.to(device) for crop in self.crops),
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
