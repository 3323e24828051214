"""Example audio with known stems, the input of the rules for separators."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def example_parts(
    channels: int = 2, sample_rate: int = 22050, seconds: float = 2.0
) -> dict[str, Tensor]:
    """Synthesize four stems that are easy to separate.

    Drums are bursts of noise every half second; bass is a tone of 60 Hz; vocals are centred
    harmonics of 330 Hz with vibrato; other has a different chord in each channel.

    Parameters
    ----------
    channels : {1, 2}
        One channel is the mean of the two.
    sample_rate : int
        Sample rate in Hz.
    seconds : float
        Duration.

    Returns
    -------
    dict of str to Tensor
        Each ``[channels, samples]`` float32, by the names in
        :data:`~djtrans.core.track.stem_names.STEMS`.

    Examples
    --------
    >>> from djtrans.testing import example_parts
    >>> {name: tuple(part.shape) for name, part in example_parts(seconds=1.0).items()}
    {'drums': (2, 22050), 'bass': (2, 22050), 'vocals': (2, 22050), 'other': (2, 22050)}
    """
    samples = round(seconds * sample_rate)
    time = torch.arange(samples, dtype=torch.float64) / sample_rate
    generator = torch.Generator().manual_seed(0)
    burst = torch.randn(samples, dtype=torch.float64, generator=generator)
    drums = 0.4 * burst * torch.exp(-(time % 0.5) / 0.008)
    bass = 0.3 * torch.sin(2 * math.pi * 60 * time)
    phase = 2 * math.pi * 330 * time + 3 * torch.sin(2 * math.pi * 5 * time)
    vocals = 0.05 * sum((torch.sin(k * phase) / k for k in (1, 2, 3, 4)), torch.zeros(samples))
    sides = [
        0.03 * sum((torch.sin(2 * math.pi * hz * time) for hz in tones), torch.zeros(samples))
        for tones in ((440.0, 554.4, 659.3, 1108.7), (392.0, 493.9, 587.3, 987.8))
    ]
    wide = {
        "drums": torch.stack([drums, drums]),
        "bass": torch.stack([bass, bass]),
        "vocals": torch.stack([vocals, vocals]),
        "other": torch.stack(sides),
    }
    if channels == 1:
        wide = {name: part.mean(dim=0, keepdim=True) for name, part in wide.items()}
    return {name: part.float() for name, part in wide.items()}


def example_audio(channels: int = 2, sample_rate: int = 22050, seconds: float = 2.0) -> Tensor:
    """Return the sum of :func:`example_parts`, ``[channels, samples]`` float32."""
    return torch.stack(list(example_parts(channels, sample_rate, seconds).values())).sum(dim=0)
