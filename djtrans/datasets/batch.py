"""Training batches and the protocol of their sources."""

from __future__ import annotations

from typing import Protocol

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.encoder import Conditioning
from djtrans.diffusion.model import on_device

#: Fraction of examples without a technique, from which a model learns to choose one. Choosing is
#: harder to learn than following: with a fraction of 0.25 it mixed two kinds in 6 % of generations.
NO_TECHNIQUE_FRACTION = 0.4


@attrs.frozen(eq=False)
class Crop:
    """Short excerpt of the stems of a transition, with the times of its frames and beats.

    Attributes
    ----------
    row : int
        Index of the transition in the batch.
    first : int
        First frame of the excerpt in the curves; it has ``len(frame_times)`` frames.
    frame_times, beat_times : Tensor
        ``[frames]`` and ``[beats]`` float64, seconds from the first sample.
    a, b : Tensor
        ``[stems, channels, samples]``, stems of both tracks.
    sample_rate : int
        Sample rate in Hz.

    See Also
    --------
    djtrans.training.AudioLoss : Compares renders of crops.

    Examples
    --------
    >>> import torch
    >>> from djtrans.datasets import Crop
    >>> times = torch.arange(4, dtype=torch.float64) / 4
    >>> stems = torch.zeros(4, 2, 44100)
    >>> crop = Crop(0, 16, times, times[::2], stems, stems, sample_rate=44100)
    >>> len(crop.frame_times)
    4
    """

    row: int
    first: int
    frame_times: Tensor
    beat_times: Tensor
    a: Tensor
    b: Tensor
    sample_rate: int

    def to(self, device: torch.device) -> Crop:
        """Move the audio to a device; times stay on theirs."""
        return attrs.evolve(self, a=self.a.to(device), b=self.b.to(device))


@attrs.frozen(eq=False)
class Batch:
    """Batch of transitions of equal length.

    Attributes
    ----------
    curves : Tensor
        ``[batch, frames, parameters]``, -1 to 1.
    conditioning : Conditioning
        Concatenated results of the encoders' ``encode``. The network applies its trainable encoders
        (:meth:`DiffusionNetwork.encode <djtrans.diffusion.network.DiffusionNetwork.encode>`).
    missing : Tensor
        ``[batch, encoders]`` bool: encoders without conditioning.
    crops : tuple of Crop
        Audio of some of the transitions; empty without audio.
    techniques : tuple of str
        Qualified names of the techniques that generated the curves, ``""`` if unknown, also where
        the conditioning has no technique; empty if the source does not know them. The validation
        loss is also reported by technique.

    Examples
    --------
    >>> import torch
    >>> from djtrans.core.contracts.encoder import Conditioning
    >>> from djtrans.datasets import Batch
    >>> conditioning = Conditioning(torch.zeros(8, 128, 3), torch.zeros(8, 20))
    >>> batch = Batch(torch.zeros(8, 128, 54), conditioning, torch.zeros(8, 1, dtype=torch.bool))
    >>> tuple(batch.curves.shape)
    (8, 128, 54)
    """

    curves: Tensor
    conditioning: Conditioning
    missing: Tensor
    crops: tuple[Crop, ...] = ()
    techniques: tuple[str, ...] = ()

    def to(self, device: torch.device) -> Batch:
        """Move the batch to a device."""
        return attrs.evolve(
            self,
            curves=self.curves.to(device),
            conditioning=on_device(self.conditioning, device),
            missing=self.missing.to(device),
            crops=tuple(crop.to(device) for crop in self.crops),
        )


class BatchSource(Protocol):
    """Source of batches as a pure function of the index, so that a run can be resumed.

    See Also
    --------
    SyntheticBatches, PreparedBatches : Batches from one dataset.
    MixedBatches : Batches from several sources.
    """

    def batch(self, index: int, size: int, *, validation: bool = False, group: int = 1) -> Batch:
        """Return the batch of an index.

        Parameters
        ----------
        index : int
            Index from 0. Equal indices give equal batches, in every process.
        size : int
            Number of transitions of 16 bars; equally many frames for other lengths, at least one
            transition.
        validation : bool
            Use held-out data instead of training data.
        group : int
            Number of consecutive batches of equal length: those that the processes of a
            data-parallel run compute at the same time. 1 in a run of one process.
        """
        ...
