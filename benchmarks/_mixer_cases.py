"""Renders of the default mixer that are timed: stems of noise and curves of several kinds."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import torch
from torch import Tensor

from djtrans import DifferentiableDJMixer, load_model
from djtrans.core.contracts.mixer_spec import MixerConfig, MixerSpec
from djtrans.core.curves.request import CurveRequest
from djtrans.mixer.mixer import Mixer
from djtrans.pipeline import generate_params, load_technique
from djtrans.plugins.mixers import DJ54

SAMPLE_RATE = 44100
#: 16 bars.
FRAMES = 128
TECHNIQUES = ("bass-swap", "eq-blend", "filter-sweep", "echo-out", "stem-swap", "wash-out")


def build_mixer(config: MixerConfig | None = None, stems: int = 4) -> Mixer:
    """The default mixer, with another number of stems if asked."""
    names = DJ54.stems if stems == len(DJ54.stems) else tuple(f"stem{i}" for i in range(stems))
    spec: MixerSpec = attrs.evolve(DJ54, stems=names)
    return DifferentiableDJMixer(spec, config)


def moving_curves(mixer: Mixer, frames: int = FRAMES) -> Tensor:
    """Curves ``[frames, parameters]`` that cross their ranges at different paces, sends too."""
    time_axis = torch.linspace(0, 1, frames)[:, None]
    pace = 1 + torch.arange(len(mixer.layout)) % 7
    phase = torch.arange(len(mixer.layout)) * 0.7
    wave = 0.5 + 0.45 * torch.sin(2 * torch.pi * pace * time_axis + phase)
    span = torch.tensor([row.parameter.span for row in mixer.layout.rows])
    return wave * span


def generated_curves(mixer: Mixer) -> dict[str, Tensor]:
    """Curves of techniques and of the bundled model, by name: 16 bars, swap in the middle."""
    request = CurveRequest(layout=mixer.layout, n_frames=FRAMES, swap_beat=FRAMES // 4, seed=3)
    sources = {name: load_technique(name) for name in TECHNIQUES}
    beats = torch.arange(FRAMES // 2 + 1, dtype=torch.float64)
    return {
        name: generate_params(source, request, beats).values
        for name, source in {**sources, "bundled model": load_model()}.items()
    }


def noise(*shape: int) -> Tensor:
    """Reproducible noise at the level of music."""
    return 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(0))


def render(mixer: Mixer, values: Tensor, a: Tensor, b: Tensor, rate: int) -> Callable[[], None]:
    """Forward alone."""

    def run() -> None:
        with torch.no_grad():
            mixer(a, b, values, sample_rate=rate)

    return run


def differentiate(
    mixer: Mixer, values: Tensor, a: Tensor, b: Tensor, rate: int, audio: bool = False
) -> Callable[[], None]:
    """Forward and backward, to the curves and, if asked, to the audio."""

    def run() -> None:
        p = values.clone().requires_grad_(True)
        x, y = (s.detach().requires_grad_(audio) for s in (a, b))
        mixer(x, y, p, sample_rate=rate).mix.square().mean().backward()

    return run


def stream(seconds: float, chunk_seconds: float = 10.0) -> Callable[[], None]:
    """Noise with all curves moving, ten seconds at a time."""
    mixer = build_mixer()
    times = torch.arange(FRAMES, dtype=torch.float64) * (seconds / FRAMES)
    chunk = noise(4, 2, round(chunk_seconds * SAMPLE_RATE))

    def run() -> None:
        rendering = mixer.stream(moving_curves(mixer), sample_rate=SAMPLE_RATE, frame_times=times)
        with torch.no_grad():
            for _ in range(round(seconds / chunk_seconds)):
                rendering.process(chunk, chunk)
            rendering.flush()

    return run
