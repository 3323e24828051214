"""Network and losses as one module."""

from __future__ import annotations

from torch import Tensor, nn

from djtrans.core.errors import InputError
from djtrans.datasets.batch import Batch
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.objective import NoiseSample
from djtrans.training.audio_loss import AudioLoss
from djtrans.training.options import TrainOptions


class LossModule(nn.Module):
    """A batch in, the terms of its loss out: one forward pass that DDP can watch.

    Parameters
    ----------
    network : DiffusionNetwork
    options : TrainOptions
        Objective and weight of the audio loss.
    audio : AudioLoss, optional
        Needed where its weight is not 0. Its mixer is no part of what is trained.

    Attributes
    ----------
    terms : tuple of str
        Names of what comes out, the total (``loss``) first.

    Raises
    ------
    InputError
        If there is a weight and nothing to weigh.
    """

    def __init__(
        self, network: DiffusionNetwork, options: TrainOptions, audio: AudioLoss | None = None
    ) -> None:
        super().__init__()
        if options.audio_weight > 0.0 and audio is None:
            raise InputError(
                f"audio_weight is {options.audio_weight:g}, but no mixer is given to render with; "
                "give an AudioLoss, or leave the weight at 0."
            )
        self.network, self.objective, self.weight = network, options.objective, options.audio_weight
        # Not the mixer itself, which as a module would become a part of this one.
        self.audio = audio if options.audio_weight > 0.0 else None
        self.terms: tuple[str, ...] = ("loss", "prediction", "smoothness")
        if self.audio is not None:
            self.terms += ("audio",)

    def forward(self, batch: Batch, draw: NoiseSample) -> tuple[Tensor, ...]:
        """The terms, scalars; `audio` and `smoothness` are not yet weighted."""
        loss = self.objective.loss(self.network, batch.curves, batch.conditioning, draw)
        if self.audio is None:
            return loss.total, loss.prediction, loss.smoothness
        heard = self.audio(loss.clean, batch.curves, draw.noise_fraction, batch.crops)
        return loss.total + self.weight * heard, loss.prediction, loss.smoothness, heard
