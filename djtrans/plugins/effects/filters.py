"""Low-pass and high-pass."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from djtrans.core.contracts.effect import RenderContext
from djtrans.plugins.effects import FilterConfig

#: x = 0 and x = 1 of a normalized cutoff.
LOWEST_HZ, CUTOFF_RATIO = 20.0, 1000.0
#: The part of the range next to neutral in which the filter blends to bypass.
BLEND = 0.04
#: Frequencies are taken relative to this one, so that high powers stay within float32.
CENTRE_HZ = LOWEST_HZ * math.sqrt(CUTOFF_RATIO)
#: Bounds of those powers; a product of two that overflows is a gain of 0, as it should be.
SMALLEST, LARGEST = 1e-30, 1e30
#: Below this a high-pass treats every frequency alike; it keeps DC finite.
FLOOR_HZ = 1.0


def warp(freqs_hz: Tensor, sample_rate: int) -> Tensor:
    """Frequency after the bilinear transform, ``tan(pi f / rate)``, finite up to Nyquist."""
    return torch.tan(math.pi * (freqs_hz / sample_rate).clamp(max=0.49999))


def bypass_share(cutoff: Tensor, direction: int) -> Tensor:
    """Compute how far a filter is blended to bypass, 0 to 1, smoothly; 1 at neutral.

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
    """``rsqrt(1 + v u)`` for ``v [..., 1]`` and ``u [bins]``, blended to 1 by ``opened [..., 1]``.

    Few passes over the product; where `opened` is 1 the gain is exactly 1.
    """

    @staticmethod
    def forward(ctx: Any, v: Tensor, u: Tensor, opened: Tensor) -> Tensor:
        one = torch.ones_like(u)
        gain = torch.addcmul(one, v, u).rsqrt_()
        ctx.save_for_backward(gain, u, opened)
        return torch.lerp(gain, one, opened)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, Tensor]:
        gain, u, opened = ctx.saved_tensors
        weighted = grad * gain
        grad_opened = grad.sum(dim=-1, keepdim=True) - weighted.sum(dim=-1, keepdim=True)
        cubed = weighted.mul_(gain).mul_(gain)
        return (cubed @ u).unsqueeze(-1) * (-0.5 * (1 - opened)), None, grad_opened


class _Filter:
    """A Butterworth magnitude, ``1 / sqrt(1 + u(f) v(cutoff))``: separable, so cheap.

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
        """``[batch, frames, bins]``."""
        x = curves["cutoff"]
        opened = bypass_share(x, self.direction)
        hz = LOWEST_HZ * torch.exp(x * math.log(CUTOFF_RATIO))
        power = 2 * self.config.order
        # Clamped before the power: past it an infinity would leave no gradient but NaN.
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
    """Low-pass; at a cutoff of 1 exactly bypassed."""

    direction = 1


class Highpass(_Filter):
    """High-pass; at a cutoff of 0 exactly bypassed."""

    direction = -1
