"""Convolution reverb with a seeded noise impulse response."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.effect import RenderContext
from djtrans.plugins.effects import ReverbConfig
from djtrans.plugins.effects.partitioned_convolution import convolve

#: Approximate length of a block of the convolution.
BLOCK_SECONDS = 0.18
#: Ratio of the decay rates of the highest and lowest frequencies at full damping.
DAMPING_RATIO = 8.0


@lru_cache(maxsize=8)
def impulse_response(config: ReverbConfig, channels: int, sample_rate: int, seed: int) -> Tensor:
    """Synthesize decaying noise, independent per channel.

    Noise is shaped in frequency bands that decay faster the higher they are. Its energy is
    ``level**2`` in every channel.

    Parameters
    ----------
    config : ReverbConfig
        Settings of the reverb.
    channels : int
        Number of channels.
    sample_rate : int
        Sample rate in Hz.
    seed : int
        Seed of the noise.

    Returns
    -------
    Tensor
        ``[channels, samples]`` float64, starting at the direct sound.
    """
    length = max(1, round(config.decay_seconds * sample_rate))
    noise = torch.stack([_noise(seed + index, length) for index in range(channels + 1)])
    own, common = noise[1:], noise[:1]
    noise = math.sqrt(config.width) * own + math.sqrt(1.0 - config.width) * common
    spectrum = torch.fft.rfft(noise)
    freqs = torch.fft.rfftfreq(length, 1 / sample_rate, dtype=torch.float64)
    spectrum = spectrum / torch.sqrt(1 + (config.low_cut_hz / freqs.clamp(min=1e-3)) ** 4)
    time = torch.arange(length, dtype=torch.float64) / sample_rate
    centres = [250.0 * 2.0**k for k in range(7)]
    octave = torch.log2(freqs.clamp(min=1.0) / centres[0]).clamp(0.0, len(centres) - 1.0)
    tail = torch.zeros(channels, length, dtype=torch.float64)
    for index in range(len(centres)):
        share = (1 - (octave - index).abs()).clamp(min=0.0)
        faster = 1 + config.damping * (DAMPING_RATIO - 1) * (index / (len(centres) - 1)) ** 2
        decay = 10.0 ** (-3.0 * faster * time / config.decay_seconds)
        tail += torch.fft.irfft(spectrum * share, n=length) * decay
    energy = tail.square().sum(dim=-1, keepdim=True).sqrt()
    tail = config.level * tail / energy.clamp(min=1e-12)
    return torch.nn.functional.pad(tail, (round(config.predelay_seconds * sample_rate), 0))


def _noise(seed: int, length: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(length, dtype=torch.float64, generator=generator)


@attrs.frozen(eq=False)
class ReverbState:
    """State of the convolution.

    Attributes
    ----------
    response : Tensor
        ``[partitions, channels, bins]``: spectra of the blocks of the impulse response.
    history : Tensor
        ``[batch, channels, partitions - 1, bins]``: spectra of the last blocks of input.
    previous : Tensor
        ``[batch, channels, block]``: the last full block of input.
    waiting : Tensor
        ``[batch, channels, < block]``: input that does not fill a block yet.
    ready : Tensor
        ``[batch, channels, <= block]``: output that is not returned yet.
    """

    response: Tensor
    history: Tensor
    previous: Tensor
    waiting: Tensor
    ready: Tensor


class Reverb:
    """Convolution with a deterministic impulse response, fed by the send curve.

    Uniformly partitioned overlap-save: input is divided into blocks, and the spectra of the last
    blocks are multiplied by those of the response. The latency is one block.

    References
    ----------
    .. [1] T. G. Stockham, "High-speed convolution and correlation", AFIPS 28, 1966.
    .. [2] F. Wefers, "Partitioned convolution algorithms for real-time auralization", 2015.
    """

    def __init__(self, config: ReverbConfig | None = None) -> None:
        self.config = config if config is not None else ReverbConfig()

    def latency_samples(self, ctx: RenderContext) -> int:
        """Return the length of a block."""
        return self._block(ctx)

    def tail_seconds(self, ctx: RenderContext) -> float:
        """Return the sum of predelay and decay."""
        return self.config.predelay_seconds + self.config.decay_seconds

    def init_state(self, batch: int, channels: int, ctx: RenderContext) -> ReverbState:
        """Return the state of silence."""
        block = self._block(ctx)
        response = impulse_response(self.config, channels, ctx.sample_rate, ctx.seed)
        partitions = -(-response.shape[-1] // block)
        response = torch.nn.functional.pad(response, (0, partitions * block - response.shape[-1]))
        blocks = response.unflatten(-1, (partitions, block)).movedim(-2, 0)
        return ReverbState(
            response=torch.fft.rfft(blocks, n=2 * block),
            history=torch.zeros(batch, channels, partitions - 1, block + 1, dtype=torch.complex128),
            previous=torch.zeros(batch, channels, block, dtype=torch.float64),
            waiting=torch.zeros(batch, channels, 0, dtype=torch.float64),
            ready=torch.zeros(batch, channels, block, dtype=torch.float64),
        )

    def process(
        self, audio: Tensor, curves: Mapping[str, Tensor], ctx: RenderContext, state: ReverbState
    ) -> tuple[Tensor, ReverbState]:
        """Return the tail without the input, one block late."""
        block = self._block(ctx)
        state = _like(state, audio)
        edge, length = block + state.waiting.shape[-1], audio.shape[-1]
        fed = audio * curves["send"].unsqueeze(1)
        line = torch.cat([state.previous, state.waiting, fed], dim=-1)
        count = (edge + length) // block - 1
        ready = state.ready
        if count:
            used = line[..., : (count + 1) * block]
            wet, history = convolve(used, state.history, state.response)
            ready = torch.cat([ready, wet], dim=-1)
            state = attrs.evolve(state, history=history, previous=used[..., -block:])
        waiting = line[..., (count + 1) * block :]
        state = attrs.evolve(state, waiting=waiting, ready=ready[..., length:])
        return ready[..., :length], state

    def skip_silence(
        self, samples: int, ctx: RenderContext, state: ReverbState
    ) -> ReverbState | None:
        """Move on within the block; the tail ends with the impulse response."""
        if any(map(_sounds, (state.ready, state.waiting, state.previous, state.history))):
            return None
        waiting = state.waiting.shape[-1] + samples
        rest = waiting % self._block(ctx)
        ready = state.ready.shape[-1] - samples + waiting - rest
        like = state.previous
        return attrs.evolve(
            state,
            waiting=like.new_zeros(*like.shape[:-1], rest),
            ready=like.new_zeros(*like.shape[:-1], ready),
        )

    def output_power(
        self,
        power: Tensor,
        curves: Mapping[str, Tensor],
        freqs_hz: Tensor,
        cell_times: Tensor,
        ctx: RenderContext,
    ) -> Tensor:
        """Predict the power of the tail: the energy of the impulse response, cell by cell."""
        fed = power * curves["send"].square()[..., None]
        if not bool(fed.detach().any()):
            return fed  # the gradient is 0 there, too
        cell_seconds = float(cell_times.diff().mean())
        energy = _energy_response(self.config, ctx.sample_rate, ctx.seed, cell_seconds, freqs_hz)
        size = power.shape[1] + len(energy) - 1
        spectrum = torch.fft.rfft(fed, size, dim=1) * torch.fft.rfft(energy.to(fed), size, dim=0)
        # Rounding of the transform leaves small negative powers.
        return torch.fft.irfft(spectrum, size, dim=1)[:, : power.shape[1]].clamp(min=0.0)

    @staticmethod
    def _block(ctx: RenderContext) -> int:
        return 2 ** max(4, round(math.log2(BLOCK_SECONDS * ctx.sample_rate)))


def _sounds(signal: Tensor) -> bool:
    """Return True if a value is not 0; a few are looked at first."""
    return bool(signal[..., ::64].any()) or bool(signal.any())


def _energy_response(
    config: ReverbConfig, sample_rate: int, seed: int, cell_seconds: float, freqs_hz: Tensor
) -> Tensor:
    """Compute the gain of power by time and frequency, ``[cells, bands]``."""
    response = impulse_response(config, 1, sample_rate, seed)[0]
    size = max(1, round(cell_seconds * sample_rate))
    cells = -(-len(response) // size)
    blocks = torch.nn.functional.pad(response, (0, cells * size - len(response)))
    gain = torch.fft.rfft(blocks.view(cells, size)).abs().square()
    hz = torch.linspace(0, sample_rate / 2, gain.shape[1], dtype=torch.float64)
    centres = freqs_hz.double()
    middle = (centres[1:] * centres[:-1]).sqrt()
    low = torch.cat([centres[:1].square() / middle[:1], middle])
    high = torch.cat([middle, centres[-1:].square() / middle[-1:]])
    inside = (hz >= low[:, None]) & (hz < high[:, None])
    # A band narrower than the resolution of a cell has the gain of the nearest bin.
    nearest = (hz - centres[:, None]).abs().argmin(dim=1)
    inside[torch.arange(len(centres)), nearest] = True
    weights = inside.double() / inside.sum(dim=1, keepdim=True)
    return gain @ weights.T


def _like(state: ReverbState, audio: Tensor) -> ReverbState:
    """Convert the state to the dtype and device of the audio."""
    complex_dtype = torch.complex128 if audio.dtype == torch.float64 else torch.complex64
    return ReverbState(
        state.response.to(audio.device, complex_dtype),
        state.history.to(audio.device, complex_dtype),
        state.previous.to(audio),
        state.waiting.to(audio),
        state.ready.to(audio),
    )
