"""Losses of training: the objective's, and the distance of the rendered audio."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import attrs
import torch
from torch import Tensor, nn

from djtrans.core.audio.decibels import AUDIBLE_DBFS, db_to_power
from djtrans.core.errors import InputError
from djtrans.datasets.batch import Batch, Crop
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.normalization import Scaling
from djtrans.diffusion.objective import NoiseSample
from djtrans.inverse.loss import SpectralLoss
from djtrans.mixer.mixer import Mixer
from djtrans.training.options import TrainOptions

#: A distance from a target ``[channels, samples]`` at a sample rate: called with a mix of that
#: shape, it gives a scalar.
Distance: TypeAlias = Callable[[Tensor, int], Callable[[Tensor], Tensor]]


@attrs.frozen(eq=False)
class AudioLoss:
    """How different predicted and wanted curves sound, rendered by the differentiable mixer.

    Both are rendered over the same few beats of the same stems, and the mixes compared at several
    resolutions (:class:`~djtrans.inverse.loss.SpectralLoss`: 0 if equal). A fader that is
    off while its stem is silent costs nothing here; a bass that stays costs much.

    Each crop counts with the square of its clean part, ``(1 - t)^2``, as the term for smoothness
    does. What a network can say of noisy curves is the mean of all transitions that they may
    become, and the sound of a mean is not the mean of the sounds: to hold it against one of them
    would teach something else than the prediction does. Where little noise is left there is one
    transition, and how it sounds is a fair question.

    Attributes
    ----------
    mixer : Mixer
        Not trained: its layout is what the columns of the curves mean.
    distance : callable
        :class:`~djtrans.inverse.loss.SpectralLoss`, :class:`~djtrans.inverse.mel_loss.MelLoss`, or
        another that is 0 for what is equal.
    """

    mixer: Mixer
    distance: Distance = SpectralLoss

    def __call__(
        self, predicted: Tensor, target: Tensor, noise_fraction: Tensor, crops: Sequence[Crop]
    ) -> Tensor:
        """Mean over the crops; 0 where there is none.

        Parameters
        ----------
        predicted, target : Tensor
            ``[batch, frames, parameters]`` clean curves, -1 to 1. What is predicted beyond that is
            brought back, as it is in sampling.
        noise_fraction : Tensor
            ``[batch]``, 0 to 1.
        crops : sequence of Crop
            On the curves' device.

        Returns
        -------
        Tensor
            A scalar.
        """
        total = predicted.new_zeros(())
        # Its transforms need float32, also where the network computes in bfloat16.
        with torch.autocast(predicted.device.type, enabled=False):
            for crop in crops:
                with torch.no_grad():
                    wanted = self._render(target, crop)
                if float(wanted.square().mean()) < db_to_power(AUDIBLE_DBFS):
                    continue
                distance = self.distance(wanted, crop.sample_rate)(self._render(predicted, crop))
                total = total + torch.square(1.0 - noise_fraction[crop.row]) * distance
        return total / max(1, len(crops))

    def _render(self, curves: Tensor, crop: Crop) -> Tensor:
        """The mix ``[channels, samples]`` of a crop under the curves of its transition."""
        part = curves[crop.row, crop.first : crop.first + len(crop.frame_times)]
        values = Scaling(self.mixer.layout).from_model(part.float().clamp(-1.0, 1.0))
        mix: Tensor = self.mixer(
            crop.a,
            crop.b,
            values,
            sample_rate=crop.sample_rate,
            frame_times=crop.frame_times,
            beat_times=crop.beat_times,
        ).mix
        return mix


class TrainingLoss(nn.Module):
    """Compute the terms of the loss of a batch, in one forward pass as DDP requires.

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
        Names of the terms, the total (``loss``) first.

    Raises
    ------
    InputError
        If the weight is above 0 and there is no `audio`.
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
        """Return the terms as scalars; `audio` and `smoothness` are not yet weighted."""
        loss = self.objective.loss(self.network, batch.curves, batch.conditioning, draw)
        if self.audio is None:
            return loss.total, loss.prediction, loss.smoothness
        audio = self.audio(loss.clean, batch.curves, draw.noise_fraction, batch.crops)
        return loss.total + self.weight * audio, loss.prediction, loss.smoothness, audio
