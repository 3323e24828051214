"""The mixer in the loop: drawn curves are judged by what they make of the audio."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import attrs
import torch
from torch import Tensor

from djtrans.datasets.batch import Crop
from djtrans.diffusion.normalization import Scaling
from djtrans.inverse.loss import SpectralLoss
from djtrans.mixer.mixer import Mixer

#: A crop whose target is quieter than this (dB full scale, RMS) says nothing: there is no music.
SILENT_DB = -60.0

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
                if float(wanted.square().mean()) < 10.0 ** (SILENT_DB / 10.0):
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
