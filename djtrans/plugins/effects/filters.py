"""Butterworth low-pass and high-pass as spectral masks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from djtrans.core.contracts.effect import RenderContext
from djtrans.plugins.effects import FilterConfig

#: Cutoff in Hz at a normalized cutoff of 0, and the ratio of that at 1 to it.
LOWEST_HZ, CUTOFF_RATIO = 20.0, 1000.0
#: Fraction of the range next to neutral in which the filter is blended to bypass.
BLEND = 0.04
#: Reference frequency, which keeps high powers of the ratio in the range of float32.
CENTRE_HZ = LOWEST_HZ * math.sqrt(CUTOFF_RATIO)
#: Bounds of those powers; a product that overflows correctly gives a gain of 0.
SMALLEST, LARGEST = 1e-30, 1e30
#: Frequencies below this are treated as equal, which keeps the high-pass finite at DC.
FLOOR_HZ = 1.0


def warp(freqs_hz: Tensor, sample_rate: int) -> Tensor:
    """Compute the bilinear frequency warping ``tan(pi f / rate)``, finite up to Nyquist."""
    return torch.tan(math.pi * (freqs_hz / sample_rate).clamp(max=0.49999))


def bypass_share(cutoff: Tensor, direction: int) -> Tensor:
    """Compute the weight of the bypass, a smooth step from 0 to 1 at neutral.

    Parameters
    ----------
    cutoff : Tensor
        Normalized, 0 to 1.
    direction : int
        1 for a low-pass (neutral at 1), -1 for a high-pass (neutral at 0).
    """
    distance = 1.0 - cutoff if direction > 0 else cutoff
    far = (distance / BLEND).clamp(0.0, 1.0)
    return 1.0 - far * far * (3.0 - 2.0 * far)


class _Butterworth(torch.autograd.Function):
    """Compute ``rsqrt(1 + v u)``, ``v [..., 1]``, ``u [bins]``, lerped to 1 by ``opened [..., 1]``.

    Takes few passes over the product; the gain is exactly 1 where `opened` is 1.
    """

    @staticmethod
    def forward(ctx: Any, v: Tensor, u: Tensor, opened: Tensor) -> Tensor:
        one = torch.ones_like(u)
        gain = torch.addcmul(one, v, u).rsqrt_()
        ctx.save_for_backward(gain, u, opened)
        # Most frames are far from neutral, and need no blend; a GPU would wait for the answer, and
        # a traced graph has none.
        unknown = opened.device.type != "cpu" or torch.compiler.is_compiling()
        ctx.is_blended = unknown or bool(opened.any())
        return torch.lerp(gain, one, opened) if ctx.is_blended else gain

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, Tensor | None]:
        gain, u, opened = ctx.saved_tensors
        weighted, grad_opened = grad * gain, None
        if ctx.is_blended:  # elsewhere the blend has the derivative 0
            grad_opened = grad.sum(dim=-1, keepdim=True) - weighted.sum(dim=-1, keepdim=True)
        cubed = weighted.mul_(gain).mul_(gain)
        return (cubed @ u).unsqueeze(-1) * (-0.5 * (1 - opened)), None, grad_opened


class _Filter:
    """Butterworth magnitude ``1 / sqrt(1 + u(f) v(cutoff))``, which is separable and so cheap.

    Near neutral the gain blends smoothly to exactly 1 at every frequency. Elsewhere it equals that
    of the digital filter made by the bilinear transform with prewarping.

    References
    ----------
    .. [1] S. Butterworth, "On the theory of filter amplifiers", Wireless Engineer 7, 1930.
    """

    #: 1 for a low-pass, -1 for a high-pass.
    direction = 1

    def __init__(self, config: FilterConfig | None = None) -> None:
        self.config = config if config is not None else FilterConfig()
        self._powers: tuple[Tensor, int, Tensor] | None = None

    def mask(self, curves: Mapping[str, Tensor], freqs_hz: Tensor, ctx: RenderContext) -> Tensor:
        """Compute the mask, ``[batch, frames, bins]``."""
        x = curves["cutoff"]
        opened = bypass_share(x, self.direction)
        hz = LOWEST_HZ * torch.exp(x * math.log(CUTOFF_RATIO))
        power = 2 * self.config.order
        # Clamped before the power, since the gradient of an infinity is NaN.
        least, most = SMALLEST ** (1 / power), LARGEST ** (1 / power)
        relative = self._relative(hz, ctx.sample_rate).clamp(least, most)
        v = (relative ** (-power * self.direction)).unsqueeze(-1)
        u = self._power(freqs_hz, ctx.sample_rate)
        mask: Tensor = _Butterworth.apply(v, u, opened.unsqueeze(-1))
        return mask

    def _power(self, freqs_hz: Tensor, sample_rate: int) -> Tensor:
        known = self._powers
        if known is not None and known[0] is freqs_hz and known[1] == sample_rate:
            return known[2]
        at = self._relative(freqs_hz.double().clamp(min=FLOOR_HZ), sample_rate)
        power = at ** (2 * self.config.order * self.direction)
        power = power.clamp(SMALLEST, LARGEST).to(freqs_hz.dtype)
        self._powers = (freqs_hz, sample_rate, power)
        return power

    @staticmethod
    def _relative(hz: Tensor, sample_rate: int) -> Tensor:
        centre = warp(hz.new_tensor(min(CENTRE_HZ, 0.25 * sample_rate)), sample_rate)
        return warp(hz, sample_rate) / centre


class Lowpass(_Filter):
    """Low-pass, exactly bypassed at a cutoff of 1."""

    direction = 1


class Highpass(_Filter):
    """High-pass, exactly bypassed at a cutoff of 0."""

    direction = -1
