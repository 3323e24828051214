"""The denoisers that come with djtrans: declarations only, nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

import attrs

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.denoiser import PREDICTIONS, DenoiserDeclaration
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.errors import ConfigError


@attrs.frozen
class DitConfig:
    """Size of the transformer."""

    width: int = setting(128, "Channels of a frame.", unit="channels", minimum=8, maximum=4096)
    depth: int = setting(4, "Blocks.", unit="blocks", minimum=1, maximum=64)
    heads: int = setting(4, "Heads of attention.", unit="heads", minimum=1, maximum=64)
    prediction: str = setting("clean", "What it predicts.", choices=PREDICTIONS)

    def __attrs_post_init__(self) -> None:
        if self.width % (2 * self.heads):
            raise ConfigError(
                f"DitConfig.width = {self.width} does not divide into {self.heads} heads of an "
                f"even number of channels; give a multiple of {2 * self.heads}."
            )


@attrs.frozen
class Unet1dConfig:
    """Size of the U-Net."""

    channels: tuple[int, ...] = setting(
        (96, 128, 160, 192),
        "Channels at each resolution, each half of the one before.",
        unit="channels",
        minimum=1,
        maximum=4096,
    )
    blocks: int = setting(
        1, "Residual blocks at each resolution.", unit="blocks", minimum=1, maximum=16
    )
    prediction: str = setting("clean", "What it predicts.", choices=PREDICTIONS)

    def __attrs_post_init__(self) -> None:
        if not self.channels:
            raise ConfigError("Unet1dConfig.channels is empty; give at least one resolution.")


@hookimpl
def djtrans_denoisers() -> Iterable[DenoiserDeclaration]:
    """Declare the built-in denoisers."""
    yield DenoiserDeclaration(
        name="dit",
        summary="Diffusion transformer over the frames, adaLN-zero, rotary positions.",
        factory="djtrans.plugins.denoisers.dit:Dit",
        config=DitConfig,
        prediction=attrgetter("prediction"),
        references=(
            "W. Peebles, S. Xie, Scalable Diffusion Models with Transformers, ICCV 2023.",
            "J. Su et al., RoFormer: Enhanced Transformer with Rotary Position Embedding, 2021.",
        ),
    )
    yield DenoiserDeclaration(
        name="unet1d",
        summary="U-Net of convolutions along the frames.",
        factory="djtrans.plugins.denoisers.unet1d:Unet1d",
        config=Unet1dConfig,
        prediction=attrgetter("prediction"),
        references=(
            "O. Ronneberger et al., U-Net: Convolutional Networks for Image Segmentation, 2015.",
        ),
    )
