"""The spectral nodes by torch.stft over the whole signal: plain, and what fusion must equal."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.mixer.stages import SpectralStage


def reference_filter(stage: SpectralStage, audio: Tensor) -> Tensor:
    """What a fresh spectral stage gives for one source, by ``torch.stft`` and overlap-add.

    Parameters
    ----------
    stage : SpectralStage
        Its nodes stand on one track only.
    audio : Tensor
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
