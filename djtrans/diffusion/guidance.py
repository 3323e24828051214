"""Classifier-free guidance."""

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
    """How far the conditioning is followed beyond what it says, and where.

    Of two predictions, one that is told the conditioning and one that is not, it takes
    ``free + scale * (told - free)`` [1]_. Outside the interval it takes the one that is told [2]_.

    Attributes
    ----------
    scale : float
        1 follows the conditioning as it was learned, 0 ignores it.
    interval : tuple of float
        Lowest and highest noise fraction at which to guide.

    References
    ----------
    .. [1] J. Ho, T. Salimans, Classifier-Free Diffusion Guidance, 2022.
    .. [2] T. Kynkäänniemi et al., Applying Guidance in a Limited Interval Improves Sample and
       Distribution Quality in Diffusion Models, NeurIPS 2024.
    """

    scale: float = setting(
        2.0, "How far the conditioning is followed.", unit="ratio", minimum=0.0, maximum=20.0
    )
    interval: tuple[float, float] = setting(
        (0.0, 1.0),
        "Noise fractions between which to guide.",
        unit="fraction",
        minimum=0.0,
        maximum=1.0,
    )

    def __attrs_post_init__(self) -> None:
        if len(self.interval) != 2 or self.interval[0] >= self.interval[1]:
            raise ConfigError(
                f"Guidance.interval = {self.interval}; give the lower and the higher noise "
                "fraction, as in (0.2, 0.9)."
            )

    def scale_at(self, level: Level) -> float:
        """The scale at a level: 1 outside the interval."""
        low, high = self.interval
        return self.scale if low <= level.noise_fraction <= high else 1.0


@attrs.frozen(eq=False)
class GuidedDenoiser:
    """Predicts clean curves at a level of any schedule, guided by fixed conditioning.

    Attributes
    ----------
    network : DiffusionNetwork
    conditioning : Conditioning
    guidance : Guidance
    absent : Tensor, optional
        ``[batch, encoders]`` bool: encoders that have nothing to say, such as that of the
        technique where none is wished. By default all are heard.
    """

    network: DiffusionNetwork
    conditioning: Conditioning
    guidance: Guidance = Guidance()
    absent: Tensor | None = None

    def __call__(self, x: Tensor, level: Level) -> Tensor:
        """Clean curves for ``x [batch, frames, parameters]`` at `level`; not clipped.

        Both halves of the guidance go through the network as one batch.
        """
        scale = self.guidance.scale_at(level)
        z = x / level.scale
        absent = self.absent
        if absent is None:
            absent = torch.zeros(len(x), len(self.network.slots), dtype=torch.bool, device=x.device)
        if scale == 1.0:
            return self._predict(z, level, self.conditioning, absent)
        mask = self.conditioning.mask
        doubled = Conditioning(
            self.conditioning.per_frame.repeat(2, 1, 1),
            self.conditioning.global_.repeat(2, 1),
            None if mask is None else mask.repeat(2, 1),
        )
        dropped = torch.cat([absent, torch.ones_like(absent)])
        both = self._predict(z.repeat(2, 1, 1), level, doubled, dropped)
        told, free = both.chunk(2)
        return torch.lerp(free, told, scale)

    def _predict(
        self, z: Tensor, level: Level, conditioning: Conditioning, dropped: Tensor
    ) -> Tensor:
        noise_fraction = z.new_full((len(z),), level.noise_fraction)
        return self.network.clean(z, noise_fraction, conditioning, dropped)
