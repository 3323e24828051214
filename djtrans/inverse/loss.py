"""Multi-resolution spectral loss between a rendered mix and its target."""

from __future__ import annotations

import torch
from torch import Tensor

#: Lengths of the windows, in seconds.
RESOLUTIONS_SECONDS = (0.023, 0.046, 0.093)


class SpectralLoss:
    """Multi-resolution distance of magnitude spectra from a fixed target.

    At each resolution the Frobenius norm of the difference over that of the target [1]_. Bins are
    weighted by the inverse of the target's level, so that highs have the same weight as lows.

    Parameters
    ----------
    target : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.

    References
    ----------
    .. [1] R. Yamamoto, E. Song, J.-M. Kim, "Parallel WaveGAN", ICASSP 2020 (spectral convergence).

    Examples
    --------
    >>> import torch
    >>> from djtrans.inverse import SpectralLoss
    >>> audio = torch.randn(2, 44100)
    >>> loss = SpectralLoss(audio, 44100)
    >>> round(float(loss(audio)), 3), round(float(loss(0 * audio)), 2)
    (0.0, 1.0)
    """

    def __init__(self, target: Tensor, sample_rate: int) -> None:
        self._windows: list[Tensor] = []
        self._targets: list[Tensor] = []
        self._weights: list[Tensor] = []
        for seconds in RESOLUTIONS_SECONDS:
            size = window_samples(seconds, sample_rate)
            window = torch.hann_window(size, device=target.device, dtype=target.dtype)
            magnitude = _magnitude(target, window)
            level = magnitude.square().mean(dim=(0, 2), keepdim=True).sqrt()
            # A bin 60 dB below the loudest is noise, not music.
            weight = 1.0 / (level + 1e-3 * level.max() + 1e-12)
            norm = (weight * magnitude).norm().clamp(min=1e-12)
            self._windows.append(window)
            self._targets.append(magnitude)
            self._weights.append(weight / norm)

    def __call__(self, audio: Tensor) -> Tensor:
        """Compute the distance of ``audio [channels, samples]``: 0 if equal, 1 for silence."""
        parts = [
            (weight * (_magnitude(audio, window) - target)).norm()
            for window, target, weight in zip(
                self._windows, self._targets, self._weights, strict=True
            )
        ]
        return torch.stack(parts).mean()


def window_samples(seconds: float, sample_rate: int) -> int:
    """Round the length of a window to a power of two samples."""
    size = 1 << round(seconds * sample_rate).bit_length()
    return size if size <= 1.5 * seconds * sample_rate else size // 2


def _magnitude(audio: Tensor, window: Tensor) -> Tensor:
    size = len(window)
    spectrum = torch.stft(audio, size, size // 4, window=window, return_complex=True)
    # The gradient of a magnitude is undefined at 0.
    return (spectrum.real.square() + spectrum.imag.square() + 1e-14).sqrt()
