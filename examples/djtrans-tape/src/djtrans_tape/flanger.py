"""A flanger: the sum of a signal and itself a few milliseconds later, a lag that moves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs
import torch

if TYPE_CHECKING:
    from torch import Tensor

    from djtrans import RenderContext
    from djtrans_tape.plugin import FlangerConfig

#: The second machine never comes closer than this.
SHORTEST_MS = 0.25
#: Samples around a position that the interpolation reads beyond the longest lag.
_AROUND = 3


@attrs.frozen(eq=False)
class Past:
    """Samples so far, and the last of them: ``[batch, channels, longest lag]``."""

    position: int
    audio: Tensor


class Flanger:
    """The mean of two machines: a comb with notches at odd multiples of 1 / (2 lag)."""

    def __init__(self, config: FlangerConfig) -> None:
        self.config = config

    def latency_samples(self, ctx: RenderContext) -> int:
        """None: the first machine is on time."""
        return 0

    def tail_seconds(self, ctx: RenderContext) -> float:
        """The longest lag."""
        return self.config.longest_ms / 1000

    def init_state(self, batch: int, channels: int, ctx: RenderContext) -> Past:
        """Silence."""
        keep = math.ceil(self.config.longest_ms / 1000 * ctx.sample_rate) + _AROUND
        return Past(0, torch.zeros(batch, channels, keep))

    def process(
        self, audio: Tensor, curves: Mapping[str, Tensor], ctx: RenderContext, state: Past
    ) -> tuple[Tensor, Past]:
        """Both machines, ``[batch, channels, samples]``."""
        samples, keep = audio.shape[-1], state.audio.shape[-1]
        phase = _beats(ctx, state.position, samples) / self.config.sweep_beats
        swing = ((1 - torch.cos(2 * math.pi * phase)) / 2).to(audio)
        far = curves["depth"] * swing * (self.config.longest_ms - SHORTEST_MS)
        heard = torch.cat([state.audio.to(audio), audio], dim=-1)
        second = _lagging(heard, (SHORTEST_MS + far) / 1000 * ctx.sample_rate, keep)
        out = torch.lerp(audio, second, curves["mix"].unsqueeze(1) / 2)
        return out, Past(state.position + samples, heard[..., -keep:])


def _beats(ctx: RenderContext, start: int, samples: int) -> Tensor:
    """The beat at which each sample lies, ``[samples]`` float64."""
    times = ctx.beat_times
    now = torch.arange(start, start + samples, dtype=torch.float64, device=times.device)
    now = now / ctx.sample_rate
    left = torch.searchsorted(times, now, right=True).clamp(1, len(times) - 1) - 1
    return left + (now - times[left]) / (times[left + 1] - times[left])


def _lagging(heard: Tensor, lag: Tensor, keep: int) -> Tensor:
    """What came `lag` samples before, from ``heard [batch, channels, keep + samples]``.

    Between samples a Catmull-Rom spline, whose slope has no jumps: gradients in the lag are right.
    """
    whole = lag.detach().ceil()
    t = (whole - lag).unsqueeze(1)
    now = torch.arange(keep, heard.shape[-1], device=heard.device)
    at = (now - whole.long()).unsqueeze(1).expand(-1, heard.shape[1], -1)
    before, left, right, after = (heard.gather(-1, at + step) for step in (-1, 0, 1, 2))
    cubic = 3 * (left - right) + after - before
    square = 2 * before - 5 * left + 4 * right - after
    return left + t / 2 * (right - before + t * (square + t * cubic))
