"""Run an effect with test signals: one interface to spectral and time effects."""

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
#: Maximum difference of two computations of the same audio (-100 dB).
TOLERANCE = 1e-5
#: Level that counts as silence (-120 dB).
NOTHING = 1e-6
#: Duration of the test audio: two echoes of three quarters of a beat.
SECONDS = 1.1
_BPM = 174.0
_FRAMES, _BINS = 12, 65
#: Number of points of the random curves.
_POINTS = 8


def context(rate: int = RATE, seed: int = 0) -> RenderContext:
    """Return a context of 4 s at 174 BPM with two frames per beat."""
    beats = torch.arange(13, dtype=torch.float64) * (60 / _BPM)
    frames = torch.arange(24, dtype=torch.float64) * (30 / _BPM)
    return RenderContext(rate, beats, frames, seed)


def noise(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return Gaussian noise with a standard deviation of 0.1."""
    generator = torch.Generator().manual_seed(seed)
    return (0.1 * torch.randn(*shape, generator=generator, dtype=torch.float64)).to(dtype)


def through(points: Tensor, length: int) -> Tensor:
    """Interpolate evenly spaced points: ``[batch, points]`` to ``[batch, length]``."""
    if points.shape[-1] == 1 or length == 1:
        return points[:, :1].expand(-1, length)
    curves = torch.nn.functional.interpolate(
        points.unsqueeze(1), length, mode="linear", align_corners=True
    )
    return curves.squeeze(1)


@attrs.frozen(eq=False)
class Probe:
    """A built effect with helpers to run it.

    Attributes
    ----------
    declaration : EffectDeclaration
        Declaration of the effect.
    effect : SpectralEffect or TimeEffect
        Built effect.
    parameters : tuple of Parameter
        Parameters under the config of the effect.
    """

    declaration: EffectDeclaration
    effect: Any
    parameters: tuple[Parameter, ...]

    @property
    def spectral(self) -> bool:
        """True if the effect is a mask, False if it processes audio."""
        return self.declaration.domain == "spectral"

    def latency(self, ctx: RenderContext) -> int:
        """Return the latency in samples."""
        return 0 if self.spectral else int(self.effect.latency_samples(ctx))

    def length(self, ctx: RenderContext, seconds: float = SECONDS) -> int:
        """Return the number of frames of a mask, or of samples including the latency."""
        if self.spectral:
            return _FRAMES
        return round(seconds * ctx.sample_rate) + self.latency(ctx)

    def constant(
        self, batch: int, length: int, values: Mapping[str, float], dtype: torch.dtype
    ) -> Curves:
        """Return constant curves; those not named lie in the middle of their range."""
        return {
            p.name: torch.full(
                (batch, length), values.get(p.name, p.minimum + 0.5 * p.span), dtype=dtype
            )
            for p in self.parameters
        }

    def neutral(self, batch: int, length: int, dtype: torch.dtype = torch.float32) -> Curves:
        """Return curves at neutral."""
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
        """Return random curves at least `margin` (fraction of the range) inside the range."""
        generator = torch.Generator().manual_seed(1000 + seed)
        curves = {}
        for p in self.parameters:
            # The ends of the range are the most used values, so half of the points lie on them.
            points = (2 * torch.rand(batch, _POINTS, generator=generator) - 0.5).clamp(0, 1)
            part = margin + (1 - 2 * margin) * through(points.double(), length)
            curves[p.name] = (p.minimum + p.span * part).to(dtype)
        return curves

    def run(self, curves: Curves, audio: Tensor, ctx: RenderContext) -> Tensor:
        """Return a mask of 65 frequencies (dtype and device of `audio`), or processed audio."""
        if self.spectral:
            freqs = torch.linspace(0, ctx.sample_rate / 2, _BINS, dtype=torch.float64)
            return self.effect.mask(curves, freqs.to(audio), ctx)
        return self.chunked(curves, audio, ctx, [audio.shape[-1]])

    def chunked(
        self, curves: Curves, audio: Tensor, ctx: RenderContext, lengths: list[int]
    ) -> Tensor:
        """Process audio with a time effect in chunks of these lengths."""
        state = self.effect.init_state(audio.shape[0], audio.shape[1], ctx)
        inputs = self.inputs(audio)
        parts, start = [], 0
        for length in lengths:
            part = slice(start, start + length)
            some = {name: curve[:, part] for name, curve in curves.items()}
            keys = {name: key[..., part] for name, key in inputs.items()}
            out, state = self.process(audio[..., part], some, ctx, state, keys)
            parts.append(out)
            start += length
        return torch.cat(parts, dim=-1)

    def inputs(self, audio: Tensor) -> dict[str, Tensor]:
        """Return signals for the declared inputs: the audio, twice as loud, at other times."""
        names = self.declaration.inputs
        return {name: 2.0 * audio.roll(17 * i, dims=-1) for i, name in enumerate(names, 1)}

    def process(
        self,
        audio: Tensor,
        curves: Curves,
        ctx: RenderContext,
        state: Any,
        inputs: dict[str, Tensor] | None = None,
    ) -> tuple[Tensor, Any]:
        """Process audio with a time effect, with :meth:`inputs` if it declares some."""
        keyed = {}
        if self.declaration.inputs:
            keyed["inputs"] = self.inputs(audio) if inputs is None else inputs
        out, state = self.effect.process(audio, curves, ctx, state, **keyed)
        return out, state


def probe(declaration: EffectDeclaration, build: Callable[[], Any]) -> Probe:
    """Build an effect for the checks."""
    return Probe(declaration, build(), declaration.parameters_of(settings_of(declaration, build)))


def project(out: Tensor) -> Tensor:
    """Return three random projections of `out`."""
    flat = out.flatten()
    weights = noise(3, len(flat), seed=7, dtype=torch.float64).to(flat)
    return weights @ flat


def distance(x: Tensor, y: Tensor) -> float:
    """Return the maximum difference; infinite if the shapes differ or a value is not finite."""
    if x.shape != y.shape:
        return float("inf")
    worst = float((x - y).abs().max()) if x.numel() else 0.0
    return worst if worst == worst else float("inf")


def finite(x: Tensor) -> bool:
    """Return True if all values are finite."""
    return bool(torch.isfinite(x).all())
