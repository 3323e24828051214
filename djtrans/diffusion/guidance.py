"""Classifier-free guidance within an interval of noise levels."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.contracts.scheduler import Level
from djtrans.core.errors import ConfigError
from djtrans.diffusion.network import DiffusionNetwork


@attrs.frozen
class Guidance:
    """Scale of classifier-free guidance, and the noise levels at which it applies.

    The guided prediction is ``uncond + scale * (cond - uncond)`` [1]_, of the conditional and the
    unconditional prediction. Outside the interval it is the conditional one [2]_.

    Attributes
    ----------
    scale : float
        1 is no guidance, 0 is unconditional.
    interval : tuple of float
        Lowest and highest noise fraction at which to guide.

    References
    ----------
    .. [1] J. Ho, T. Salimans, Classifier-Free Diffusion Guidance, 2022.
    .. [2] T. Kynkäänniemi et al., Applying Guidance in a Limited Interval Improves Sample and
       Distribution Quality in Diffusion Models, NeurIPS 2024.

    Examples
    --------
    >>> from djtrans.core.contracts.scheduler import Level
    >>> from djtrans.diffusion import Guidance
    >>> guidance = Guidance(scale=3.0, interval=(0.3, 1.0))
    >>> guidance.scale_at(Level(0.1, 0.9)), guidance.scale_at(Level(0.9, 0.1))
    (3.0, 1.0)
    """

    scale: float = setting(
        2.0, "Classifier-free guidance scale; 1: off.", unit="ratio", minimum=0.0, maximum=20.0
    )
    interval: tuple[float, float] = setting(
        (0.0, 1.0),
        "Lowest and highest noise fraction at which to guide.",
        unit="fraction",
        minimum=0.0,
        maximum=1.0,
    )

    def __attrs_post_init__(self) -> None:
        if len(self.interval) != 2 or self.interval[0] >= self.interval[1]:
            raise ConfigError(
                f"Guidance.interval = {self.interval} is not an interval; give the lower and the "
                "higher noise fraction, such as (0.2, 0.9)."
            )

    def scale_at(self, level: Level) -> float:
        """Return the scale at a noise level: 1 outside the interval."""
        low, high = self.interval
        return self.scale if low <= level.noise_fraction <= high else 1.0


@attrs.frozen(eq=False)
class GuidedDenoiser:
    """Prediction of clean curves at any noise level, guided by fixed conditioning.

    Attributes
    ----------
    network : DiffusionNetwork
        Network in evaluation mode.
    conditioning : Conditioning
        Encoded conditioning, ``[batch, ...]``.
    guidance : Guidance
        Scale and interval.
    missing : Tensor, optional
        ``[batch, encoders]`` bool: encoders without conditioning, replaced by their null
        embeddings in both predictions. By default none.
    """

    network: DiffusionNetwork
    conditioning: Conditioning
    guidance: Guidance = Guidance()
    missing: Tensor | None = None

    def __call__(self, x: Tensor, level: Level) -> Tensor:
        """Predict clean curves for ``x [batch, frames, parameters]`` at `level`; not clipped.

        The conditional and the unconditional prediction are computed as one batch.
        """
        scale = self.guidance.scale_at(level)
        z = x / level.scale
        missing = self.missing
        if missing is None:
            missing = torch.zeros(
                len(x), len(self.network.slots), dtype=torch.bool, device=x.device
            )
        if scale == 1.0:
            return self._predict(z, level, self.conditioning, missing)
        mask = self.conditioning.mask
        doubled = Conditioning(
            self.conditioning.per_frame.repeat(2, 1, 1),
            self.conditioning.global_.repeat(2, 1),
            None if mask is None else mask.repeat(2, 1),
        )
        dropped = torch.cat([missing, torch.ones_like(missing)])
        both = self._predict(z.repeat(2, 1, 1), level, doubled, dropped)
        cond, uncond = both.chunk(2)
        return torch.lerp(uncond, cond, scale)

    def _predict(
        self, z: Tensor, level: Level, conditioning: Conditioning, dropped: Tensor
    ) -> Tensor:
        noise_fraction = z.new_full((len(z),), level.noise_fraction)
        return self.network.clean(z, noise_fraction, conditioning, dropped)
