"""How the rules run an effect: the same questions put to spectral and to time effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.effect import EffectDeclaration, RenderContext
from djtrans.core.curves.parameter import Parameter
from djtrans.testing.building import settings_of

#: Curves by parameter name, ``[batch, frames]`` or ``[batch, samples]``.
Curves: TypeAlias = "dict[str, Tensor]"

RATE = 8000
#: Rates at which an effect must work, in Hz.
RATES = (8000, 22050, 44100, 48000, 96000)
#: What two computations of the same audio may differ by (-100 dB).
TOLERANCE = 1e-5
#: What counts as nothing (-120 dB).
NOTHING = 1e-6
#: Audio of the rules: long enough for two echoes of three quarters of a beat.
SECONDS = 1.1
_BPM = 174.0
_FRAMES, _BINS = 12, 65
#: Random curves go through this many points.
_POINTS = 8


def context(rate: int = RATE, seed: int = 0) -> RenderContext:
    """A render at 174 BPM, two frames to a beat, four seconds long."""
    beats = torch.arange(13, dtype=torch.float64) * (60 / _BPM)
    frames = torch.arange(24, dtype=torch.float64) * (30 / _BPM)
    return RenderContext(rate, beats, frames, seed)


def noise(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Gaussian noise of a tenth of full scale."""
    generator = torch.Generator().manual_seed(seed)
    return (0.1 * torch.randn(*shape, generator=generator, dtype=torch.float64)).to(dtype)


def through(points: Tensor, length: int) -> Tensor:
    """Lines through evenly spaced points: ``[batch, points]`` to ``[batch, length]``."""
    if points.shape[-1] == 1 or length == 1:
        return points[:, :1].expand(-1, length)
    lines = torch.nn.functional.interpolate(
        points.unsqueeze(1), length, mode="linear", align_corners=True
    )
    return lines.squeeze(1)


@attrs.frozen(eq=False)
class Probe:
    """A built effect and the means to run it.

    Attributes
    ----------
    declaration : EffectDeclaration
    effect : SpectralEffect or TimeEffect
    parameters : tuple of Parameter
        Under the config that it was built with.
    """

    declaration: EffectDeclaration
    effect: Any
    parameters: tuple[Parameter, ...]

    @property
    def spectral(self) -> bool:
        """Whether it is a mask rather than audio to audio."""
        return self.declaration.domain == "spectral"

    def latency(self, ctx: RenderContext) -> int:
        """Samples by which its output is late."""
        return 0 if self.spectral else int(self.effect.latency_samples(ctx))

    def length(self, ctx: RenderContext, seconds: float = SECONDS) -> int:
        """Frames of a mask, or samples until something can be heard."""
        if self.spectral:
            return _FRAMES
        return round(seconds * ctx.sample_rate) + self.latency(ctx)

    def constant(
        self, batch: int, length: int, values: Mapping[str, float], dtype: torch.dtype
    ) -> Curves:
        """Curves that do not move; those not named lie in the middle of their range."""
        return {
            p.name: torch.full(
                (batch, length), values.get(p.name, p.minimum + 0.5 * p.span), dtype=dtype
            )
            for p in self.parameters
        }

    def neutral(self, batch: int, length: int, dtype: torch.dtype = torch.float32) -> Curves:
        """Curves at neutral."""
        values = {p.name: p.neutral for p in self.parameters}
        return self.constant(batch, length, values, dtype)

    def moving(
        self,
        batch: int,
        length: int,
        *,
        margin: float = 0.0,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
    ) -> Curves:
        """Random lines that stay `margin` (a fraction of the range) away from both stops."""
        generator = torch.Generator().manual_seed(1000 + seed)
        curves = {}
        for p in self.parameters:
            # The stops themselves are the values most used, so half of the points lie on them.
            points = (2 * torch.rand(batch, _POINTS, generator=generator) - 0.5).clamp(0, 1)
            part = margin + (1 - 2 * margin) * through(points.double(), length)
            curves[p.name] = (p.minimum + p.span * part).to(dtype)
        return curves

    def run(self, curves: Curves, audio: Tensor, ctx: RenderContext) -> Tensor:
        """A mask for 65 frequencies (`audio` gives dtype and device), or all of the audio."""
        if self.spectral:
            freqs = torch.linspace(0, ctx.sample_rate / 2, _BINS, dtype=torch.float64)
            return self.effect.mask(curves, freqs.to(audio), ctx)
        return self.chunked(curves, audio, ctx, [audio.shape[-1]])

    def chunked(
        self, curves: Curves, audio: Tensor, ctx: RenderContext, lengths: list[int]
    ) -> Tensor:
        """The audio of a time effect, in pieces of these lengths."""
        state = self.effect.init_state(audio.shape[0], audio.shape[1], ctx)
        parts, start = [], 0
        for length in lengths:
            part = slice(start, start + length)
            some = {name: curve[:, part] for name, curve in curves.items()}
            out, state = self.effect.process(audio[..., part], some, ctx, state)
            parts.append(out)
            start += length
        return torch.cat(parts, dim=-1)


def probe(declaration: EffectDeclaration, build: Callable[[], Any]) -> Probe:
    """Build an effect to be questioned."""
    return Probe(declaration, build(), declaration.parameters_of(settings_of(declaration, build)))


def project(out: Tensor) -> Tensor:
    """Three numbers that depend on every value of `out`."""
    flat = out.flatten()
    weights = noise(3, len(flat), seed=7, dtype=torch.float64).to(flat)
    return weights @ flat


def distance(x: Tensor, y: Tensor) -> float:
    """Largest difference; infinite if the shapes differ or a value is not a number."""
    if x.shape != y.shape:
        return float("inf")
    worst = float((x - y).abs().max()) if x.numel() else 0.0
    return worst if worst == worst else float("inf")


def finite(x: Tensor) -> bool:
    """Whether all values are numbers."""
    return bool(torch.isfinite(x).all())
