"""Training objective: sampling of noise levels, and the loss of a prediction."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.schedules.noise import normal_like
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.diffusion.prediction import clamp_noise_fraction, target_of, to_clean


@attrs.frozen(eq=False)
class NoiseSample:
    """Random values of one training step.

    Attributes
    ----------
    noise_fraction : Tensor
        ``[batch]``, between 0 and 1.
    noise : Tensor
        ``[batch, frames, parameters]``, standard normal.
    dropped : Tensor
        ``[batch, encoders]`` bool: encoders replaced by their null embedding.
    """

    noise_fraction: Tensor
    noise: Tensor
    dropped: Tensor


@attrs.frozen(eq=False)
class Loss:
    """Terms of the loss; `total` is minimised.

    Attributes
    ----------
    total, prediction, smoothness : Tensor
        Scalars. `smoothness` is not yet weighted.
    clean : Tensor
        ``[batch, frames, parameters]``: clean curves of the prediction, not clipped.
    rows : Tensor
        ``[batch]``: `total` of each transition, without gradient.
    """

    total: Tensor
    prediction: Tensor
    smoothness: Tensor
    clean: Tensor
    rows: Tensor


@attrs.frozen
class Objective:
    """Objective of rectified flow with a smoothness term.

    Noise fractions are logit-normal [1]_, and high by default: curves have thousands of correlated
    values, which identify the transition even through much noise, so the conditioning is learned
    only at high noise. The loss is the mean square error of the prediction, plus that of the
    frame-to-frame differences of the clean curves, relative to those of the target: jitter costs, a
    cut in the target does not. The smoothness term is weighted by ``(1 - t)^2``, so that levels of
    mostly noise do not contribute.

    The error of a clean prediction is divided by the noise fraction, which makes it the error of
    the velocity [2]_. Otherwise the last steps of sampling, at little noise, would have almost no
    weight and samples would keep a small error everywhere.

    Attributes
    ----------
    level_mean, level_deviation : float
        Mean and standard deviation of the logit of the noise fraction.
    smoothness : float
        Weight of the smoothness term.
    least_noise : float
        Lower limit of the noise fraction by which errors of a clean prediction are divided.
    unconditional : float
        Fraction of examples without any conditioning, for guidance; in addition each encoder is
        dropped independently (:class:`~djtrans.diffusion.conditioning.ConditioningSlot`).

    References
    ----------
    .. [1] P. Esser et al., Scaling Rectified Flow Transformers for High-Resolution Image
       Synthesis, ICML 2024.
    .. [2] T. Li, K. He, Back to Basics: Let Denoising Generative Models Denoise, 2025.

    See Also
    --------
    djtrans.training.TrainOptions : Options of a training run, which contain an objective.

    Examples
    --------
    >>> from djtrans.diffusion import Objective
    >>> Objective(smoothness=0.0).unconditional
    0.1
    """

    level_mean: float = setting(1.0, "Mean of the logit of the noise fraction.", unit="logit")
    level_deviation: float = setting(
        1.0, "Standard deviation of that logit.", unit="logit", minimum=0.01, maximum=10.0
    )
    smoothness: float = setting(
        0.1, "Weight of the smoothness term.", unit="ratio", minimum=0.0, maximum=100.0
    )
    least_noise: float = setting(
        0.1,
        "Lower limit of the divisor of clean errors.",
        unit="fraction",
        minimum=0.01,
        maximum=1.0,
    )
    unconditional: float = setting(
        0.1,
        "Fraction of examples without conditioning.",
        unit="fraction",
        minimum=0.0,
        maximum=1.0,
    )

    def sample(
        self, network: DiffusionNetwork, clean: Tensor, generator: torch.Generator
    ) -> NoiseSample:
        """Sample noise levels, noise and dropped encoders of a training step.

        Parameters
        ----------
        network : DiffusionNetwork
            Provides the slots with their dropout.
        clean : Tensor
            ``[batch, frames, parameters]`` clean curves.
        generator : torch.Generator
            Source of all randomness, on any device.
        """
        batch = len(clean)
        logit = normal_like(clean[:, 0, 0], generator)
        dropout = clean.new_tensor([slot.dropout for slot in network.slots])
        chance = torch.rand(
            batch, len(network.slots) + 1, generator=generator, device=generator.device
        ).to(clean)
        return NoiseSample(
            noise_fraction=torch.sigmoid(self.level_mean + self.level_deviation * logit),
            noise=normal_like(clean, generator),
            dropped=(chance[:, :1] < self.unconditional) | (chance[:, 1:] < dropout),
        )

    def loss(
        self,
        network: DiffusionNetwork,
        clean: Tensor,
        conditioning: Conditioning,
        noise_sample: NoiseSample,
    ) -> Loss:
        """Compute the loss of a batch.

        Parameters
        ----------
        network : DiffusionNetwork
            Network in training.
        clean : Tensor
            ``[batch, frames, parameters]``, -1 to 1.
        conditioning : Conditioning
            Inputs of the network's encoders. Frames outside its mask are ignored; all others have
            equal weight.
        noise_sample : NoiseSample
            Result of :meth:`sample`.
        """
        noise_sample = attrs.evolve(
            noise_sample,
            noise_fraction=clamp_noise_fraction(network.prediction, noise_sample.noise_fraction),
        )
        t = noise_sample.noise_fraction[:, None, None]
        z = (1.0 - t) * clean + t * noise_sample.noise
        encoded = network.encode(conditioning)
        output = network(z, noise_sample.noise_fraction, encoded, noise_sample.dropped)
        error = output - target_of(network.prediction, clean, noise_sample.noise)
        if network.prediction == "clean":
            error = error / t.clamp(min=self.least_noise)
        predicted = to_clean(network.prediction, output, z, t)
        jitter = torch.diff(predicted - clean, dim=1)
        mask = conditioning.mask
        if mask is None:
            mask = clean.new_ones(clean.shape[:2], dtype=torch.bool)
        errors, jitters = torch.square(error), torch.square((1.0 - t) * jitter)
        inner = mask[:, 1:] & mask[:, :-1]
        prediction, smoothness = _mean(errors, mask), _mean(jitters, inner)
        total = prediction + self.smoothness * smoothness
        rows = _row_means(errors, mask) + self.smoothness * _row_means(jitters, inner)
        return Loss(total, prediction, smoothness, predicted, rows)


def _row_means(errors: Tensor, mask: Tensor) -> Tensor:
    """Average the errors of each transition over the frames inside the mask, ``[batch]``."""
    inside = mask.to(errors.dtype)
    return (errors.detach().mean(dim=-1) * inside).sum(dim=1) / inside.sum(dim=1).clamp(min=1.0)


def _mean(errors: Tensor, mask: Tensor) -> Tensor:
    """Average ``errors [batch, frames, parameters]`` over the frames inside the mask."""
    return errors[mask].mean()
