"""True-peak limiter with look-ahead."""

from __future__ import annotations

import math
from collections.abc import Mapping

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.contracts.effect import RenderContext
from djtrans.plugins.effects import LimiterConfig

#: Oversampling of the peak detector (ITU-R BS.1770, annex 2), and taps of each of its phases.
OVERSAMPLING, TAPS = 4, 32
_KAISER_BETA = 6.0
#: Samples that are released at once.
_BLOCK = 4096


@attrs.frozen(eq=False)
class LimiterState:
    """State of the limiter.

    Attributes
    ----------
    line : Tensor
        ``[batch, channels, n]``: the last samples of the input.
    needed : Tensor
        ``[batch, n]``: the last attenuations that the peaks needed.
    released : Tensor
        ``[batch, n]``: the last attenuations with release.
    """

    line: Tensor
    needed: Tensor
    released: Tensor


class Limiter:
    """Gain that keeps the true peaks of all channels below a ceiling.

    The detector interpolates the input at four times its rate. What a peak needs is held over the
    look-ahead, released exponentially and averaged over the look-ahead: a maximum and then a mean
    over the same length reach each peak in full, and the gain has no steps. Below the ceiling the
    gain is exactly 1. Differentiable in the audio almost everywhere, as a maximum is.
    """

    def __init__(self, config: LimiterConfig | None = None) -> None:
        self.config = config if config is not None else LimiterConfig()

    def latency_samples(self, ctx: RenderContext) -> int:
        """Return the look-ahead and half of the detector's filter."""
        return TAPS // 2 + self._ahead(ctx) - 1

    def tail_seconds(self, ctx: RenderContext) -> float:
        """Return 0."""
        return 0.0

    def init_state(self, batch: int, channels: int, ctx: RenderContext) -> LimiterState | None:
        """Return no state: nothing came before."""
        return None

    def process(
        self,
        audio: Tensor,
        curves: Mapping[str, Tensor],
        ctx: RenderContext,
        state: LimiterState | None,
    ) -> tuple[Tensor, LimiterState]:
        """Return the limited audio, late by the latency."""
        batch, channels, samples = audio.shape
        latency, ahead = self.latency_samples(ctx), self._ahead(ctx)
        kept = max(latency, TAPS)
        if state is None:
            past = audio.new_zeros(batch, ahead)
            state = LimiterState(audio.new_zeros(batch, channels, kept), past, past)
        line = torch.cat([state.line, audio], dim=-1)
        ceiling = float(db_to_amplitude(self.config.ceiling_dbtp))
        peaks = true_peaks(line[..., kept - TAPS :])
        # Exactly 0 up to the ceiling.
        over = (peaks - ceiling).clamp(min=0.0) / peaks.clamp(min=ceiling)
        needed = torch.cat([state.needed, over], dim=-1)
        held = _sliding_max(needed[:, 1:], ahead)
        decay = math.exp(-1000.0 / (self.config.release_ms * ctx.sample_rate))
        released = torch.cat(
            [state.released, _released(held, state.released[:, -1:], decay)], dim=-1
        )
        weights = torch.hann_window(ahead + 2, periodic=False, dtype=torch.float64)[1:-1]
        weights = (weights / weights.sum()).to(audio)
        smooth = torch.nn.functional.conv1d(
            released[:, None, 1:], weights.expand(1, 1, -1).contiguous()
        )
        late = line[..., kept - latency : kept - latency + samples]
        state = LimiterState(line[..., -kept:], needed[:, -ahead:], released[:, -ahead:])
        return late * (1.0 - smooth), state

    def output_power(
        self,
        power: Tensor,
        curves: Mapping[str, Tensor],
        freqs_hz: Tensor,
        cell_times: Tensor,
        ctx: RenderContext,
    ) -> Tensor:
        """Return the power of the input: peaks are short."""
        return power

    def _ahead(self, ctx: RenderContext) -> int:
        return max(1, round(self.config.lookahead_ms * ctx.sample_rate / 1000.0))


def true_peaks(audio: Tensor) -> Tensor:
    """Compute the highest level next to each sample, between samples too, of all channels.

    Parameters
    ----------
    audio : Tensor
        ``[batch, channels, TAPS + n]``.

    Returns
    -------
    Tensor
        ``[batch, n]``: for sample ``TAPS // 2 + i`` of the input the largest amplitude from the
        sample before it to the one after it.
    """
    batch, channels, length = audio.shape
    phases = _phases().to(audio)[:, None]
    between = torch.nn.functional.conv1d(audio.reshape(-1, 1, length), phases).abs().amax(dim=1)
    between = between.unflatten(0, (batch, channels)).amax(dim=1)
    samples = audio.abs().amax(dim=1)[:, TAPS // 2 : length - TAPS // 2]
    return torch.maximum(torch.maximum(between[:, :-1], between[:, 1:]), samples)


def _phases() -> Tensor:
    """Return the interpolators of the points between two samples, ``[3, TAPS]``."""
    at = torch.arange(1, OVERSAMPLING, dtype=torch.float64)[:, None] / OVERSAMPLING
    distance = torch.arange(TAPS, dtype=torch.float64) - (TAPS // 2 - 1) - at
    inside = (1.0 - (2.0 * distance / TAPS) ** 2).clamp(min=0.0)
    taps = torch.sinc(distance) * torch.special.i0(_KAISER_BETA * inside.sqrt())
    return taps / taps.sum(dim=-1, keepdim=True)


def _sliding_max(values: Tensor, width: int) -> Tensor:
    """Return the maximum of each `width` neighbours: ``[..., n]`` to ``[..., n - width + 1]``."""
    have = 1
    while have < width:
        step = min(have, width - have)
        values = torch.maximum(values[..., :-step], values[..., step:])
        have += step
    return values


def _released(held: Tensor, before: Tensor, decay: float) -> Tensor:
    """Let attenuations ``[batch, n]`` fall no faster than by the factor `decay` per sample."""
    rise = decay ** torch.arange(min(_BLOCK, held.shape[-1]) + 1, dtype=torch.float64)
    parts = []
    for block in held.split(_BLOCK, dim=-1):
        fall = rise[1 : block.shape[-1] + 1].to(block)
        highest = (block / fall).cummax(dim=-1).values
        parts.append(torch.maximum(highest, before) * fall)
        before = parts[-1][:, -1:]
    return torch.cat(parts, dim=-1)
