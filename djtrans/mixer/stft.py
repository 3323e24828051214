"""The short-time Fourier transform that carries the spectral nodes."""

from __future__ import annotations

import math

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.mixer_spec import MixerConfig
from djtrans.core.errors import ConfigError

#: Below this size a spectrum means nothing; only toy sample rates get here.
SMALLEST_FFT = 32


@attrs.frozen(eq=False)
class Transform:
    """Geometry and windows of an STFT whose frames are centred at multiples of the hop.

    With all masks 1 overlap-add gives back the input: analysis times synthesis window sums to 1.

    Attributes
    ----------
    size, hop : int
        In samples.
    sample_rate : int
        In Hz.
    analysis, synthesis : Tensor
        ``[size]``.
    freqs_hz : Tensor
        ``[size / 2 + 1]``.
    """

    size: int
    hop: int
    sample_rate: int
    analysis: Tensor
    synthesis: Tensor
    freqs_hz: Tensor

    @property
    def overlap(self) -> int:
        """Samples that a frame shares with the next ones, ``size - hop``."""
        return self.size - self.hop

    def frame_seconds(self, first: int, count: int) -> Tensor:
        """Compute the times of the frames' centres, ``[count]`` float64.

        Frame 0 is the first that touches sample 0: it ends one hop after it.
        """
        centre = self.hop - self.size // 2
        index = torch.arange(first, first + count, dtype=torch.float64)
        return (index * self.hop + centre) / self.sample_rate


def make_transform(
    config: MixerConfig, sample_rate: int, dtype: torch.dtype, device: torch.device
) -> Transform:
    """Build the transform for a sample rate, of a power of two near the configured duration.

    Raises
    ------
    ConfigError
        If window and overlap do not add up to a constant.
    """
    if config.window == "hann" and config.overlap == 2:
        raise ConfigError(
            "MixerConfig: two Hann windows at overlap 2 do not add up to a constant; "
            "use overlap 4 or 8, or the window 'sqrt-hann'."
        )
    wanted = config.fft_size * sample_rate / 44100
    size = max(SMALLEST_FFT, 2 ** round(math.log2(wanted)))
    hop = size // config.overlap
    hann = torch.hann_window(size, periodic=True, dtype=torch.float64)
    window = hann.sqrt() if config.window == "sqrt-hann" else hann
    total = float((window**2).sum()) / hop
    freqs = torch.arange(size // 2 + 1, dtype=torch.float64) * (sample_rate / size)
    return Transform(
        size,
        hop,
        sample_rate,
        window.to(device, dtype),
        (window / total).to(device, dtype),
        freqs.to(device, dtype),
    )
