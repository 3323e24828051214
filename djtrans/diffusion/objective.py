"""What a network is trained on: random noise levels, and the loss."""

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
    """What is random in one step of training.

    Attributes
    ----------
    noise_fraction : Tensor
        ``[batch]``, between 0 and 1.
    noise : Tensor
        ``[batch, frames, parameters]``, standard normal.
    dropped : Tensor
        ``[batch, encoders]`` bool: encoders whose null is shown.
    """

    noise_fraction: Tensor
    noise: Tensor
    dropped: Tensor


@attrs.frozen(eq=False)
class Loss:
    """The terms of a loss; `total` is what is minimised.

    Attributes
    ----------
    total, prediction, smoothness : Tensor
        Scalars. `smoothness` is not yet weighted.
    clean : Tensor
        ``[batch, frames, parameters]``: the clean curves that the prediction means, not clipped.
    """

    total: Tensor
    prediction: Tensor
    smoothness: Tensor
    clean: Tensor


@attrs.frozen
class Objective:
    """Rectified flow's objective with a term for smoothness.

    Noise fractions are logit-normal [1]_, and by default rather noisy: thousands of values that
    agree with each other tell which transition it is through much noise, so what the conditioning
    says is learned only where there is little else. The loss is the mean square error of the
    prediction, plus that of the frame-to-frame differences of the clean curves that it means,
    against the target's own: jitter costs, a cut that the target has does not. That term is
    weighted by the square of the clean part, so that a level which shows nothing of the curves has
    no say in their smoothness.

    An error of a clean prediction counts as the error of the velocity that it means [2]_: divided
    by the noise fraction. What is asked where hardly any noise is left, the last steps of sampling,
    would otherwise have no weight beside what is guessed through much noise, and samples would end
    a little off everywhere.

    Attributes
    ----------
    level_mean, level_deviation : float
        Mean and deviation of the noise fraction's logit.
    smoothness : float
        Weight of the smoothness term.
    least_noise : float
        Errors of a clean prediction are divided by no less than this noise fraction.
    unconditional : float
        Part of the examples that are told nothing at all, for guidance; beside these each encoder
        is dropped on its own (:class:`~djtrans.diffusion.conditioning.ConditioningSlot`).

    References
    ----------
    .. [1] P. Esser et al., Scaling Rectified Flow Transformers for High-Resolution Image
       Synthesis, ICML 2024.
    .. [2] T. Li, K. He, Back to Basics: Let Denoising Generative Models Denoise, 2025.
    """

    level_mean: float = setting(1.0, "Mean of the noise fraction's logit.", unit="logit")
    level_deviation: float = setting(
        1.0, "Deviation of the noise fraction's logit.", unit="logit", minimum=0.01, maximum=10.0
    )
    smoothness: float = setting(
        0.1, "Weight of the smoothness term.", unit="ratio", minimum=0.0, maximum=100.0
    )
    least_noise: float = setting(
        0.1,
        "Errors of a clean prediction are divided by no less.",
        unit="fraction",
        minimum=0.01,
        maximum=1.0,
    )
    unconditional: float = setting(
        0.1,
        "Part of the examples that are told nothing.",
        unit="fraction",
        minimum=0.0,
        maximum=1.0,
    )

    def sample(
        self, network: DiffusionNetwork, clean: Tensor, generator: torch.Generator
    ) -> NoiseSample:
        """Noise levels, noise and dropped encoders for a batch ``[batch, frames, parameters]``.

        All of it comes from `generator`, on whichever device that is.
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
        draw: NoiseSample,
    ) -> Loss:
        """The loss of a batch.

        Parameters
        ----------
        network : DiffusionNetwork
        clean : Tensor
            ``[batch, frames, parameters]``, -1 to 1.
        conditioning : Conditioning
            Inputs of the network's encoders. Frames outside its mask count for nothing; each of
            the others counts the same.
        draw : NoiseSample
            From :meth:`generate`.
        """
        draw = attrs.evolve(
            draw, noise_fraction=clamp_noise_fraction(network.prediction, draw.noise_fraction)
        )
        t = draw.noise_fraction[:, None, None]
        z = (1.0 - t) * clean + t * draw.noise
        encoded = network.encode(conditioning)
        output = network(z, draw.noise_fraction, encoded, draw.dropped)
        error = output - target_of(network.prediction, clean, draw.noise)
        if network.prediction == "clean":
            error = error / t.clamp(min=self.least_noise)
        meant = to_clean(network.prediction, output, z, t)
        jitter = torch.diff(meant - clean, dim=1)
        mask = conditioning.mask
        if mask is None:
            mask = clean.new_ones(clean.shape[:2], dtype=torch.bool)
        prediction = _mean(torch.square(error), mask)
        smoothness = _mean(torch.square((1.0 - t) * jitter), mask[:, 1:] & mask[:, :-1])
        total = prediction + self.smoothness * smoothness
        return Loss(total, prediction, smoothness, meant)


def _mean(errors: Tensor, mask: Tensor) -> Tensor:
    """Mean of ``errors [batch, frames, parameters]`` over the frames inside the mask."""
    return errors[mask].mean()
