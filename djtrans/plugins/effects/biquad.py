"""Second-order filters in the time domain (biquads)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import attrs
import torch
from torch import Tensor
from torch.nn.functional import pad

from djtrans.core.audio.torchaudio_import import import_torchaudio
from djtrans.core.contracts.effect import RenderContext
from djtrans.plugins.effects import biquad_coefficients as design
from djtrans.plugins.effects.biquad_declarations import (
    HIGHEST_GAIN_DB,
    LOWEST_GAIN_DB,
    BiquadFilterConfig,
    BiquadHighShelfConfig,
    BiquadLowShelfConfig,
    BiquadPeakingConfig,
)
from djtrans.plugins.effects.block_filter import filter_blocks
from djtrans.plugins.effects.filters import CUTOFF_RATIO, LOWEST_HZ, bypass_share


@attrs.frozen(eq=False)
class BiquadState:
    """State of a biquad at the start of the current block.

    Attributes
    ----------
    memory : Tensor
        ``[batch, channels, 2]``: state of transposed direct form II.
    started : Tensor
        ``[batch, channels, < block]``: samples of the current block so far.
    held : Tensor
        ``[batch, 1]``: parameter of the coefficients of the current block; ``[batch, 0]`` before
        the block has started.
    """

    memory: Tensor
    started: Tensor
    held: Tensor


class _Biquad:
    """Second-order filter with coefficients that depend on one parameter.

    The parameter is read at the first sample of each block of ``config.block`` samples (64, 1.5 ms
    at 44.1 kHz) and held until the next; blocks are counted from the start of the window, so
    chunking changes nothing. Computed in float64, on CPU or CUDA.

    Raises
    ------
    DependencyError
        If torchaudio cannot be imported.
    """

    parameter = ""
    extremes: tuple[float, float] = (0.0, 1.0)

    def __init__(self, config: Any) -> None:
        import_torchaudio("A biquad effect")
        self.config = config

    def coefficients(self, values: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
        """Design the filters ``b [..., 3]``, ``a [..., 3]`` for values of the parameter."""
        raise NotImplementedError

    def bypass(self, curve: Tensor) -> Tensor | None:
        """Compute the share of the dry signal, 0 to 1, ``[batch, samples]``; None for never."""
        return None

    def latency_samples(self, ctx: RenderContext) -> int:
        """Return 0."""
        return 0

    def tail_seconds(self, ctx: RenderContext) -> float:
        """Compute the decay time to -60 dB at the end of the range with the longer one."""
        ends = torch.tensor(self.extremes, dtype=torch.float64)
        _, a = self.coefficients(ends, ctx.sample_rate)
        return design.slowest_decay_seconds(a, ctx.sample_rate)

    def init_state(self, batch: int, channels: int, ctx: RenderContext) -> BiquadState:
        """Return the state of silence."""
        none = torch.zeros(batch, channels, 0, dtype=torch.float64)
        memory = torch.zeros(batch, channels, 2, dtype=torch.float64)
        return BiquadState(memory, none, none[:, 0])

    def process(
        self, audio: Tensor, curves: Mapping[str, Tensor], ctx: RenderContext, state: BiquadState
    ) -> tuple[Tensor, BiquadState]:
        """Filter the next samples."""
        size = self.config.block
        # torchaudio's kernels are for CPU and CUDA; other devices may lack float64.
        where = audio.device if audio.device.type in ("cpu", "cuda") else torch.device("cpu")
        started, held, memory = (
            part.to(where, torch.float64) for part in (state.started, state.held, state.memory)
        )
        done = started.shape[-1]
        x = torch.cat([started, audio.to(where, torch.float64)], dim=-1)
        curve = curves[self.parameter].to(where, torch.float64)
        values = torch.cat([held, curve[:, -done % size :: size]], dim=-1)
        blocks = values.shape[-1]
        b, a = self.coefficients(values, ctx.sample_rate)
        cut = pad(x, (0, blocks * size - x.shape[-1])).unflatten(-1, (blocks, size))
        y, memories = filter_blocks(cut, b, a, memory)
        wet = y.flatten(-2)[..., done : x.shape[-1]].to(audio)
        dry = self.bypass(curves[self.parameter])
        out = wet if dry is None else torch.lerp(wet, audio, dry.unsqueeze(1))
        whole = x.shape[-1] // size
        next_state = BiquadState(memories[:, :, whole], x[..., whole * size :], values[:, whole:])
        return out, next_state


class _Equalizer(_Biquad):
    """Biquad with a gain in dB at a fixed frequency."""

    parameter = "gain_db"
    extremes = (LOWEST_GAIN_DB, HIGHEST_GAIN_DB)


class BiquadLowShelf(_Equalizer):
    """Low shelf, transparent at 0 dB."""

    def __init__(self, config: BiquadLowShelfConfig | None = None) -> None:
        super().__init__(config or BiquadLowShelfConfig())

    def coefficients(self, values: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
        """Design shelves for gains in dB."""
        return design.low_shelf(values, self.config.frequency_hz, self.config.q, sample_rate)


class BiquadPeaking(_Equalizer):
    """Peaking equalizer, transparent at 0 dB."""

    def __init__(self, config: BiquadPeakingConfig | None = None) -> None:
        super().__init__(config or BiquadPeakingConfig())

    def coefficients(self, values: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
        """Design peaks for gains in dB."""
        return design.peaking(values, self.config.frequency_hz, self.config.q, sample_rate)


class BiquadHighShelf(_Equalizer):
    """High shelf, transparent at 0 dB."""

    def __init__(self, config: BiquadHighShelfConfig | None = None) -> None:
        super().__init__(config or BiquadHighShelfConfig())

    def coefficients(self, values: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
        """Design shelves for gains in dB."""
        return design.high_shelf(values, self.config.frequency_hz, self.config.q, sample_rate)


class _CutoffFilter(_Biquad):
    """Biquad with a variable cutoff; near neutral it is crossfaded to bypass."""

    parameter = "cutoff"
    direction = 1

    def __init__(self, config: BiquadFilterConfig | None = None) -> None:
        super().__init__(config or BiquadFilterConfig())

    def bypass(self, curve: Tensor) -> Tensor:
        """Compute the share of the dry signal, sample by sample."""
        return bypass_share(curve, self.direction)

    @staticmethod
    def _hz(values: Tensor) -> Tensor:
        return LOWEST_HZ * torch.exp(values * math.log(CUTOFF_RATIO))


class BiquadLowpass(_CutoffFilter):
    """Low-pass, transparent at a cutoff of 1."""

    def coefficients(self, values: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
        """Design low-passes for normalized cutoffs."""
        return design.lowpass(self._hz(values), self.config.q, sample_rate)


class BiquadHighpass(_CutoffFilter):
    """High-pass, transparent at a cutoff of 0."""

    direction = -1

    def coefficients(self, values: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
        """Design high-passes for normalized cutoffs."""
        return design.highpass(self._hz(values), self.config.q, sample_rate)
