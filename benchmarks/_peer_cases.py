"""What each peer computes of eight stereo stems: as close to the default mixer as it gets.

Every peer that changes with time gets curves that cross their ranges; those that cannot are static.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib.util import find_spec

import attrs
import torch
from _mixer_cases import SAMPLE_RATE, build_mixer, differentiate, moving_curves, noise, render
from torch import Tensor

#: Samples after which pedalboard's settings are changed.
PEDALBOARD_BLOCK = 1024


@attrs.frozen(eq=False)
class Peer:
    """A peer and its renders.

    Attributes
    ----------
    package : str
        Which has to be installed.
    computes : str
        What is computed, for the table.
    forward, backward : callable or None
        ``make(stems)`` gives the case; stems are ``[2, 4, channels, samples]``.
    """

    package: str
    computes: str
    forward: Callable[[Tensor], Callable[[], object]]
    backward: Callable[[Tensor], Callable[[], object]] | None = None

    @property
    def is_installed(self) -> bool:
        """True if the package can be imported."""
        return find_spec(self.package.replace("-", "_").lower()) is not None


def stems(seconds: float) -> Tensor:
    """``[tracks, stems, channels, samples]``."""
    return noise(2, 4, 2, round(seconds * SAMPLE_RATE))


def _djtrans(make: Callable[..., Callable[[], None]]) -> Callable[[Tensor], Callable[[], None]]:
    def case(x: Tensor) -> Callable[[], None]:
        mixer = build_mixer()
        return make(mixer, moving_curves(mixer), x[0], x[1], SAMPLE_RATE)

    return case


def _pedalboard(x: Tensor) -> Callable[[], object]:
    import numpy as np
    import pedalboard as pb

    audio = x.numpy()

    def stem(signal: np.ndarray, phase: float) -> np.ndarray:
        gain, low = pb.Gain(), pb.LowShelfFilter(300)
        mid, high = pb.PeakFilter(1000), pb.HighShelfFilter(4000)
        lowpass = [pb.LowpassFilter() for _ in range(4)]
        highpass = [pb.HighpassFilter() for _ in range(4)]
        board = pb.Pedalboard([gain, low, mid, high, *lowpass, *highpass])
        out = np.empty_like(signal)
        for at in range(0, signal.shape[-1], PEDALBOARD_BLOCK):
            u = 0.5 + 0.45 * math.sin(at / SAMPLE_RATE + phase)
            gain.gain_db, low.gain_db, mid.gain_db, high.gain_db = -20 * u, -12 * u, -6 * u, -3 * u
            for part in lowpass:
                part.cutoff_frequency_hz = 20 * 1000**u
            for part in highpass:
                part.cutoff_frequency_hz = 20 * 1000 ** (1 - u)
            span = slice(at, at + PEDALBOARD_BLOCK)
            out[:, span] = board.process(signal[:, span], SAMPLE_RATE, reset=False)
        return out

    def track(signal: np.ndarray) -> np.ndarray:
        reverb, delay = pb.Reverb(dry_level=0.0), pb.Delay(0.375, mix=1.0)
        out = signal.copy()
        for at in range(0, signal.shape[-1], PEDALBOARD_BLOCK):
            u = 0.5 + 0.45 * math.sin(at / SAMPLE_RATE)
            reverb.wet_level, delay.feedback = u, 0.9 * u
            span = slice(at, at + PEDALBOARD_BLOCK)
            out[:, span] += reverb.process(signal[:, span], SAMPLE_RATE, reset=False)
            out[:, span] += delay.process(u * signal[:, span], SAMPLE_RATE, reset=False)
        return out

    return lambda: sum(
        track(sum(stem(signal, phase) for phase, signal in enumerate(one))) for one in audio
    )


def _backward(
    forward: Callable[[Tensor, bool], Tensor], gradient: bool
) -> Callable[[Tensor], Callable[[], None]]:
    """Case of a differentiable peer, without or with its gradient."""

    def case(x: Tensor) -> Callable[[], None]:
        def run() -> None:
            with torch.set_grad_enabled(gradient):
                out = forward(x, gradient)
                if gradient:
                    out.square().mean().backward()

        return run

    return case


def _torchaudio(x: Tensor, gradient: bool) -> Tensor:
    from torchaudio import functional as F

    x = x.detach().requires_grad_(gradient)
    x = F.bass_biquad(x, SAMPLE_RATE, -6.0, 300.0)
    x = F.equalizer_biquad(x, SAMPLE_RATE, 1000.0, 3.0)
    x = F.treble_biquad(x, SAMPLE_RATE, -3.0, 4000.0)
    x = F.lowpass_biquad(x, SAMPLE_RATE, 12000.0)
    x = F.highpass_biquad(x, SAMPLE_RATE, 60.0)
    return x.sum(dim=(0, 1))


def _dasp(x: Tensor, gradient: bool) -> Tensor:
    from dasp_pytorch import functional as F

    flat = x.flatten(0, 1)

    def of(rows: int, *values: float) -> list[Tensor]:
        return [torch.full((rows,), v, requires_grad=gradient) for v in values]

    settings = of(
        len(flat),
        *(-6.0, 300.0, 0.7, -3.0, 600.0, 0.7, -3.0, 1000.0, 0.7),
        *(-3.0, 2000.0, 0.7, -3.0, 3000.0, 0.7, -3.0, 4000.0, 0.7),
    )
    y = F.parametric_eq(F.gain(flat, SAMPLE_RATE, *of(len(flat), -6.0)), SAMPLE_RATE, *settings)
    return y.unflatten(0, x.shape[:2]).sum(dim=(0, 1))


def _grafx(x: Tensor, gradient: bool) -> Tensor:
    from grafx.processors import ParametricEqualizer

    flat = x.flatten(0, 1)
    equalizer = ParametricEqualizer(num_filters=5)
    values = [torch.full((len(flat), 1, 5), 0.1, requires_grad=gradient) for _ in range(3)]
    return equalizer(flat, *values).unflatten(0, x.shape[:2]).sum(dim=(0, 1))


def _torchlpc(x: Tensor, gradient: bool) -> Tensor:
    from torchlpc import sample_wise_lpc

    flat = x.flatten(0, 2)
    wave = 0.5 + 0.45 * torch.sin(torch.linspace(0, 6, x.shape[-1]))
    cutoff = (math.pi * 20 * 1000**wave / SAMPLE_RATE).requires_grad_(gradient)
    y = flat
    for _ in range(5):  # low-pass filters of the second order, in the form of the cookbook
        w, alpha = 2 * cutoff, torch.sin(2 * cutoff) / math.sqrt(2)
        poles = torch.stack([-2 * torch.cos(w), 1 - alpha], dim=-1) / (1 + alpha)[:, None]
        scale = (1 - torch.cos(w)) / 2 / (1 + alpha)
        past = torch.nn.functional.pad(y, (2, 0))
        fed = scale * (past[:, 2:] + 2 * past[:, 1:-1] + past[:, :-2])
        y = sample_wise_lpc(fed, poles.expand(len(flat), -1, -1))
    return y.unflatten(0, x.shape[:3]).sum(dim=(0, 1))


PEERS = {
    "djtrans": Peer(
        "djtrans",
        "54 moving curves: gain, isolator, low- and high-pass of 24 dB/octave on each stem; reverb "
        "and echo on each track; gradient of the curves",
        _djtrans(render),
        _djtrans(differentiate),
    ),
    "pedalboard": Peer(
        "pedalboard",
        "the same chain in C++, its isolator as two shelves and a peak, settings changed every "
        f"{PEDALBOARD_BLOCK} samples; no gradient",
        _pedalboard,
    ),
    "torchaudio": Peer(
        "torchaudio",
        "five static biquads on each stem, no reverb or echo; gradient of the audio",
        _backward(_torchaudio, False),
        _backward(_torchaudio, True),
    ),
    "dasp-pytorch": Peer(
        "dasp-pytorch",
        "gain and six static biquads by FFT on each stem, no reverb or echo; gradient of the "
        "settings",
        _backward(_dasp, False),
        _backward(_dasp, True),
    ),
    "grafx": Peer(
        "grafx",
        "five static biquads on each stem, no reverb or echo; gradient of the settings",
        _backward(_grafx, False),
        _backward(_grafx, True),
    ),
    "torchlpc": Peer(
        "torchlpc",
        "five biquads on each stem whose cutoff changes at every sample, no reverb or echo; "
        "gradient of the cutoff",
        _backward(_torchlpc, False),
        _backward(_torchlpc, True),
    ),
}
