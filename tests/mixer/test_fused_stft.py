"""The fused spectral run against plain torch.stft with plain autograd."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from djtrans.core.contracts.effect import RenderContext
from djtrans.core.contracts.mixer_spec import MixerConfig
from djtrans.core.curves.interpolation import make_curves
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.stages import NodeCurves, SpectralStage
from djtrans.mixer.stft import make_transform

Make = Callable[..., torch.Tensor]


def reference_filter(stage: SpectralStage, audio: torch.Tensor) -> torch.Tensor:
    """Compute what a fresh spectral stage gives for one source, by ``torch.stft`` and overlap-add.

    Parameters
    ----------
    stage : SpectralStage
        Its nodes stand on one track only.
    audio : torch.Tensor
        ``[batch, stems, channels, samples]``.

    Returns
    -------
    Tensor
        ``[batch, channels, samples]``, the sum of the stems.
    """
    t = stage.transform
    batch, stems, channels, samples = audio.shape
    # Silence around the signal, so that its ends are the middle of an ordinary STFT.
    before = 2 * t.size
    padded = torch.nn.functional.pad(audio, (before, 2 * t.size + (-samples) % t.hop))
    spectra = torch.stft(
        padded.flatten(0, 2),
        t.size,
        t.hop,
        window=t.analysis,
        center=True,
        pad_mode="constant",
        return_complex=True,
    )
    frames = spectra.shape[-1]
    seconds = (torch.arange(frames, dtype=torch.float64) * t.hop - before) / t.sample_rate
    mask = stage.mask(torch.cat([n.at(seconds) for n in stage.nodes], dim=1))
    spectra = spectra.unflatten(0, (batch, stems, channels))
    masked = spectra * mask.view(batch, stems, 1, frames, -1).transpose(-1, -2)
    total = masked.sum(dim=1).flatten(0, 1)
    framed = torch.fft.irfft(total.transpose(1, 2), n=t.size) * t.synthesis
    length = (frames - 1) * t.hop + t.size
    out = torch.nn.functional.fold(
        framed.transpose(1, 2), (1, length), (1, t.size), stride=(1, t.hop)
    ).view(batch, channels, length)
    start = before + t.size // 2
    return out[..., start : start + samples]


def stage_of(mixer: Mixer, values: torch.Tensor, rate: int, config: MixerConfig) -> SpectralStage:
    """A stage for track A's stems; values ``[batch, frames, 24]``."""
    rows = mixer.layout.rows[:24]
    times = torch.arange(values.shape[1]) * 0.05
    ctx = RenderContext(rate, torch.tensor([0.0, 0.5]), times)
    curves = make_curves(values, times, [row.parameter for row in rows])
    nodes = [
        NodeCurves(n, curves.select([row.index for row in rows if row.node == n.id]), (1, 4))
        for n in mixer.stem_nodes
    ]
    transform = make_transform(config, rate, values.dtype, values.device)
    return SpectralStage(nodes, transform, ctx, config.chunk_frames, summed=True)


@pytest.mark.parametrize(
    ("overlap", "window", "chunk"),
    [(2, "sqrt-hann", 32), (4, "sqrt-hann", 3), (4, "hann", 32), (8, "hann", 5)],
)
@pytest.mark.parametrize(("batch", "channels", "samples"), [(1, 2, 9000), (2, 1, 700), (1, 3, 1)])
def test_values_and_gradients_equal_the_reference(
    mixer: Mixer,
    noise: Make,
    random_curves: Make,
    overlap: int,
    window: str,
    chunk: int,
    batch: int,
    channels: int,
    samples: int,
) -> None:
    config = MixerConfig(fft_size=1024, overlap=overlap, window=window, chunk_frames=chunk)
    results = []
    for fused in (True, False):
        audio = noise(batch, 4, channels, samples, dtype=torch.float64).requires_grad_(True)
        values = random_curves(batch, 5, dtype=torch.float64)[..., :24].requires_grad_(True)
        stage = stage_of(mixer, values, 22050, config)
        if fused:
            zeros = audio.new_zeros(*audio.shape[:-1], stage.delay)
            out = torch.cat([stage.push([audio])[0], stage.push([zeros])[0]], -1)[..., :samples]
        else:
            out = reference_filter(stage, audio)
        (out * noise(*out.shape, seed=5, dtype=torch.float64)).sum().backward()
        results.append((out.detach(), audio.grad, values.grad))
    for got, want in zip(*results, strict=True):
        torch.testing.assert_close(got, want, atol=1e-9, rtol=1e-7)


@pytest.mark.parametrize("rate", [8000, 44100, 48000, 96000])
def test_size_scales_with_the_sample_rate(rate: int) -> None:
    t = make_transform(MixerConfig(fft_size=2048), rate, torch.float32, torch.device("cpu"))
    assert t.size & (t.size - 1) == 0
    assert 0.7 < t.size / rate / (2048 / 44100) < 1.42
