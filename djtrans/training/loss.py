"""Training losses: the diffusion objective, and the distance of rendered audio."""

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
from djtrans.training.mix_loss import MixLoss
from djtrans.training.options import TrainOptions

#: Created from a target ``[channels, samples]`` and a sample rate in Hz; maps a mix of that shape
#: to a scalar.
Distance: TypeAlias = Callable[[Tensor, int], Callable[[Tensor], Tensor]]


@attrs.frozen(eq=False)
class AudioLoss:
    """Spectral distance between predicted and target curves, rendered by a differentiable mixer.

    Both curves are rendered over the same few beats of the same stems, and the mixes are compared
    at several resolutions (:class:`~djtrans.inverse.loss.SpectralLoss`: 0 if equal). A wrong fader
    of a silent stem costs nothing; a bass that is not removed costs much.

    Each crop is weighted by ``(1 - t)^2``, like the smoothness term. At high noise the network
    predicts the mean of all transitions that the noisy curves may come from, and the audio of the
    mean is not the mean of their audio, so a comparison with one of them would contradict the
    prediction loss. At low noise there is only one transition.

    Attributes
    ----------
    mixer : Mixer
        Mixer with the layout of the curves; not trained.
    distance : callable
        :class:`~djtrans.inverse.loss.SpectralLoss`, :class:`~djtrans.inverse.mel_loss.MelLoss`, or
        another distance that is 0 for equal mixes.

    See Also
    --------
    train : Train with such a loss.

    Examples
    --------
    >>> import djtrans
    >>> loss = djtrans.training.AudioLoss(djtrans.DifferentiableDJMixer("dj54"))
    >>> loss.distance.__name__
    'SpectralLoss'
    """

    mixer: Mixer
    distance: Distance = SpectralLoss

    def __call__(
        self, predicted: Tensor, target: Tensor, noise_fraction: Tensor, crops: Sequence[Crop]
    ) -> Tensor:
        """Compute the mean over the crops; 0 without crops.

        Parameters
        ----------
        predicted, target : Tensor
            ``[batch, frames, parameters]`` clean curves, -1 to 1. Predictions outside are clipped,
            as in sampling.
        noise_fraction : Tensor
            ``[batch]``, 0 to 1.
        crops : sequence of Crop
            Crops on the device of the curves.

        Returns
        -------
        Tensor
            A scalar.
        """
        total = predicted.new_zeros(())
        # The spectral transforms need float32, even if the network computes in bfloat16.
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
        """Render the mix ``[channels, samples]`` of a crop with the curves of its transition."""
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
    """Loss of a batch as a module, in one forward pass as DDP requires.

    Parameters
    ----------
    network : DiffusionNetwork
        Network in training.
    options : TrainOptions
        Objective and weight of the audio loss.
    audio : AudioLoss, optional
        Required if its weight is above 0. Its mixer is not trained.
    mix : MixLoss, optional
        Required if its weight is above 0.

    Attributes
    ----------
    terms : tuple of str
        Names of the terms, the total (``loss``) first.

    Raises
    ------
    InputError
        If the weight of the audio or the mix loss is above 0 and there is none.
    """

    def __init__(
        self,
        network: DiffusionNetwork,
        options: TrainOptions,
        audio: AudioLoss | None = None,
        mix: MixLoss | None = None,
    ) -> None:
        super().__init__()
        if options.audio_weight > 0.0 and audio is None:
            raise InputError(
                f"audio_weight is {options.audio_weight:g}, but there is no mixer to render with; "
                "pass an AudioLoss, or set the weight to 0."
            )
        if options.mix_weight > 0.0 and mix is None:
            raise InputError(
                f"mix_weight is {options.mix_weight:g}, but there are no objectives to evaluate; "
                "pass a MixLoss, or set the weight to 0."
            )
        self.network, self.objective = network, options.objective
        self.audio_weight, self.mix_weight = options.audio_weight, options.mix_weight
        # Neither is a module, so that their mixers do not become children of this module.
        self.audio = audio if options.audio_weight > 0.0 else None
        self.mix = mix if options.mix_weight > 0.0 else None
        self.terms: tuple[str, ...] = ("loss", "prediction", "smoothness")
        self.terms += ("audio",) * (self.audio is not None) + ("mix",) * (self.mix is not None)

    def forward(self, batch: Batch, noise_sample: NoiseSample) -> tuple[Tensor, ...]:
        """Return the terms as scalars; only `loss` is weighted."""
        return self.evaluate(batch, noise_sample)[0]

    def evaluate(
        self, batch: Batch, noise_sample: NoiseSample
    ) -> tuple[tuple[Tensor, ...], Tensor]:
        """Compute the terms, and the diffusion loss of each transition.

        Parameters
        ----------
        batch : Batch
            Batch on the device of the network.
        noise_sample : NoiseSample
            Result of :meth:`sample`.

        Returns
        -------
        terms : tuple of Tensor
            Scalars in the order of `terms`.
        rows : Tensor
            ``[batch]``, without gradient.
        """
        loss = self.objective.loss(self.network, batch.curves, batch.conditioning, noise_sample)
        total, further = loss.total, []
        curves = loss.clean, batch.curves, noise_sample.noise_fraction
        if self.audio is not None:
            further.append(self.audio(*curves, batch.crops))
            total = total + self.audio_weight * further[-1]
        if self.mix is not None:
            further.append(self.mix(*curves, batch.mixes))
            total = total + self.mix_weight * further[-1]
        return (total, loss.prediction, loss.smoothness, *further), loss.rows

    def sample(self, batch: Batch, noise: torch.Generator) -> NoiseSample:
        """Sample the random values of a batch; encoders without conditioning are dropped."""
        sample = self.objective.sample(self.network, batch.curves, noise)
        return attrs.evolve(sample, dropped=sample.dropped | batch.missing)
