"""Short-time Fourier transform in blocks, for features of whole tracks."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

#: Values of a block: it stays in the cache of a core, where the spectrum of a track does not.
_BLOCK_VALUES = 1 << 18


def stft_blocks(audio: Tensor, window: Tensor, hop: int) -> Iterator[Tensor]:
    """Transform audio block by block.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    window : Tensor
        ``[size]``.
    hop : int
        Samples between frames; the first frame is centred on the first sample, and samples outside
        the audio are zeros.

    Yields
    ------
    Tensor
        ``[channels, bins, frames]`` complex, successive frames of the one-sided spectrum. All
        blocks together are what ``torch.stft`` returns at once.
    """
    size = len(window)
    channels, samples = audio.shape
    frames = 1 + samples // hop
    step = max(1, _BLOCK_VALUES // (size * channels))
    padded = torch.nn.functional.pad(audio, (size // 2, size // 2))
    for first in range(0, frames, step):
        count = min(step, frames - first)
        part = padded[:, first * hop : (first + count - 1) * hop + size]
        yield torch.stft(part, size, hop, window=window, center=False, return_complex=True)


def squared_magnitude(spectrum: Tensor) -> Tensor:
    """Compute the squared magnitude of a complex spectrum; faster than of its absolute value."""
    return spectrum.real.square() + spectrum.imag.square()
