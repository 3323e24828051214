"""Beat-synchronous echo (feedback delay)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from djtrans.core.contracts.effect import RenderContext
from djtrans.plugins.effects import DelayConfig

Times = NDArray[np.float64]

#: Loop gain at a feedback of 1; below 1, so that the output is bounded.
LARGEST_LOOP_GAIN = 0.98


@attrs.frozen(eq=False)
class DelayTimes:
    """Piecewise linear delay over time, of whole samples at the knots.

    Arrays of numpy, whose values are known while a graph is traced (``torch.export``).

    Attributes
    ----------
    knots : NDArray
        ``[knots]``, samples from the start of the window.
    delays : NDArray
        ``[knots]``, samples.
    """

    knots: Times
    delays: Times

    @property
    def shortest(self) -> int:
        """Shortest delay in samples."""
        return int(self.delays.min())

    @property
    def longest(self) -> int:
        """Longest delay in samples."""
        return int(self.delays.max())

    def constant(self, start: int, stop: int) -> int | None:
        """Return the delay in samples if it is constant from `start` to `stop`, else None."""
        first = max(0, int(self.knots.searchsorted(start, side="right")) - 1)
        delays = self.delays[first : int(self.knots.searchsorted(stop)) + 1]
        return int(delays[0]) if (delays == delays[0]).all() else None

    def at(self, samples: Times) -> Times:
        """Interpolate the delay at each of `samples`, ``[n]``, constant beyond the knots."""
        return np.interp(samples, self.knots, self.delays)


def delay_times(beat_times: Tensor, beats: float, sample_rate: int) -> DelayTimes:
    """Compute the delay that places an echo `beats` later on the beat grid.

    The echo at beat b repeats the input at beat ``b - beats``. The delay has a knot at each beat
    and `beats` after each, where it is rounded to whole samples. At a constant tempo it is a
    constant number of samples; during a tempo change it glides.

    Parameters
    ----------
    beat_times : Tensor
        ``[beats]`` float64, seconds; extrapolated at the tempo of the first and last beat.
    beats : float
        Delay in beats.
    sample_rate : int
        Sample rate in Hz.

    Returns
    -------
    DelayTimes
    """
    last = len(beat_times) - 1

    def time_of(beat: Tensor) -> Tensor:
        index = beat.floor().clamp(0, last - 1).long()
        return beat_times[index] + (beat - index) * (beat_times[index + 1] - beat_times[index])

    whole = torch.arange(last + 1, dtype=torch.float64)
    knots = torch.cat([whole, whole + beats]).unique()
    seconds = time_of(knots) - time_of(knots - beats)
    delays = (seconds * sample_rate).round().clamp(min=1.0)
    return DelayTimes((time_of(knots) * sample_rate).numpy(), delays.numpy())


class _FeedbackLoop(torch.autograd.Function):
    """Delay line with a constant delay: ``line[n] = fed[n] + gain[n] line[n - delay]``.

    From the last samples of the line ``[..., kept]``, its input and the gain ``[..., n]``, which
    has one channel, to the echoes ``[..., n]`` and the last samples. The gradient passes through
    the same loop backward in time.
    """

    @staticmethod
    def forward(
        ctx: Any, line: Tensor, fed: Tensor, gain: Tensor, delay: int
    ) -> tuple[Tensor, Tensor]:
        kept, new = line.shape[-1], fed.shape[-1]
        whole = torch.cat([line, fed], dim=-1)
        for start in range(0, new, delay):
            stop = min(start + delay, new)
            echo = whole[..., kept + start - delay : kept + stop - delay]
            whole[..., kept + start : kept + stop].addcmul_(gain[..., start:stop], echo)
        ctx.save_for_backward(whole, gain)
        ctx.delay = delay
        first = kept - delay
        return whole[..., first : first + new].clone(), whole[..., new:].clone()

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, grad_echoes: Tensor, grad_line: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, None]:
        (whole, gain), delay = ctx.saved_tensors, ctx.delay
        kept, new = grad_line.shape[-1], grad_echoes.shape[-1]
        grad = torch.zeros_like(whole)
        echoes = slice(kept - delay, kept - delay + new)
        grad[..., echoes] = grad_echoes
        grad[..., new:] += grad_line
        for start in reversed(range(0, new, delay)):
            stop = min(start + delay, new)
            echo = grad[..., kept + start - delay : kept + stop - delay]
            echo.addcmul_(gain[..., start:stop], grad[..., kept + start : kept + stop])
        grad_fed = grad[..., kept:]
        grad_gain = (grad_fed * whole[..., echoes]).sum(dim=-2, keepdim=True)
        return grad[..., :kept], grad_fed, grad_gain, None


@attrs.frozen(eq=False)
class DelayState:
    """State of the delay.

    Attributes
    ----------
    line : Tensor
        ``[batch, channels, longest + 1]``: the last samples of the delay line.
    position : int
        Samples since the start.
    times : DelayTimes
        Delay over time.
    """

    line: Tensor | None
    position: int
    times: DelayTimes


class Delay:
    """Feedback echo whose delay follows the beat.

    The input of the delay line is ``send * input + 0.98 * feedback * echo``; the echo is its
    output. Since nothing returns before the delay, blocks of its length are computed at once and
    exactly. During a tempo change the line is read with linear interpolation, a weighted mean of
    two samples, so the loop stays bounded.
    """

    def __init__(self, config: DelayConfig | None = None) -> None:
        self.config = config if config is not None else DelayConfig()

    def latency_samples(self, ctx: RenderContext) -> int:
        """Return 0."""
        return 0

    def tail_seconds(self, ctx: RenderContext) -> float:
        """Compute the time in which echoes fall to -60 dB at a feedback of 1, the longest tail."""
        times = self._times(ctx)
        echoes = math.ceil(math.log(1e-3) / math.log(LARGEST_LOOP_GAIN)) + 1
        return echoes * times.longest / ctx.sample_rate

    def init_state(self, batch: int, channels: int, ctx: RenderContext) -> DelayState:
        """Return an empty delay line."""
        return DelayState(None, 0, self._times(ctx))

    def process(
        self, audio: Tensor, curves: Mapping[str, Tensor], ctx: RenderContext, state: DelayState
    ) -> tuple[Tensor, DelayState]:
        """Return the echoes without the input."""
        samples = audio.shape[-1]
        times = state.times
        keep = times.longest + 1
        line = audio.new_zeros(*audio.shape[:-1], keep) if state.line is None else state.line
        fed = audio * curves["send"].unsqueeze(1)
        loop = (LARGEST_LOOP_GAIN * curves["feedback"]).unsqueeze(1)
        constant = times.constant(state.position, state.position + samples)
        if constant is not None:
            out, line = _FeedbackLoop.apply(line, fed, loop, constant)
            return out, DelayState(line, state.position + samples, times)
        echoes: list[Tensor] = []
        at = state.position
        blocks = zip(fed.split(times.shortest, -1), loop.split(times.shortest, -1), strict=True)
        for block, gain in blocks:
            echo = self._read(line, at, block.shape[-1], times)
            echoes.append(echo)
            line = torch.cat([line, torch.addcmul(block, gain, echo)], dim=-1)[..., -keep:]
            at += block.shape[-1]
        out = echoes[0] if len(echoes) == 1 else torch.cat(echoes, dim=-1)
        return out, DelayState(line, state.position + samples, times)

    def skip_silence(
        self, samples: int, ctx: RenderContext, state: DelayState
    ) -> DelayState | None:
        """Move on with an empty delay line."""
        if state.line is not None and bool(state.line.any()):
            return None
        return DelayState(state.line, state.position + samples, state.times)

    def output_power(
        self,
        power: Tensor,
        curves: Mapping[str, Tensor],
        freqs_hz: Tensor,
        cell_times: Tensor,
        ctx: RenderContext,
    ) -> Tensor:
        """Predict the power of the echoes: the recursion of the delay line, in powers."""
        fed = power * curves["send"].square()[..., None]
        if not bool(fed.detach().any()):
            return fed  # the gradient is 0 there, too
        loop = (LARGEST_LOOP_GAIN * curves["feedback"]).square()[..., None]
        seconds = self.config.beats * float(ctx.beat_times.diff().mean())
        cells = max(1, round(seconds / float(cell_times.diff().mean())))
        echo = torch.zeros_like(fed[:, :cells])
        echoes = [echo]
        for block, gain in zip(fed.split(cells, 1), loop.split(cells, 1), strict=True):
            echo = block + gain * echo[:, : block.shape[1]]
            echoes.append(echo)
        return torch.cat(echoes, dim=1)[:, : power.shape[1]]

    def _times(self, ctx: RenderContext) -> DelayTimes:
        return delay_times(ctx.beat_times, self.config.beats, ctx.sample_rate)

    @staticmethod
    def _read(line: Tensor, position: int, count: int, times: DelayTimes) -> Tensor:
        """Read ``[..., count]`` samples one delay before `position`, at which the line ends."""
        length = line.shape[-1]
        constant = times.constant(position, position + count)
        if constant is not None:
            return line[..., length - constant : length - constant + count]
        ahead = np.arange(count, dtype=np.float64)
        # At most the newest sample: a delay shorter than the block is rounded up to it.
        place = (length + ahead - times.at(position + ahead)).clip(0.0, length - 1.0)
        left = np.floor(place).clip(max=length - 2.0)
        part = torch.from_numpy(place - left).to(line)
        index = torch.from_numpy(left.astype(np.int64)).to(line.device)
        return torch.lerp(line[..., index], line[..., index + 1], part)
