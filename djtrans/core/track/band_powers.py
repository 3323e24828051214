"""Mean power of audio in frequency bands, in short hops and in the frames of a window."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.stft_blocks import squared_magnitude, stft_blocks

_HOP_SECONDS = 0.01


@attrs.frozen(eq=False)
class BandPowers:
    """Mean square of frequency bands in short hops.

    Attributes
    ----------
    power : Tensor
        ``[hops, bands]``, averaged over the channels.
    hop_seconds : float
        Time between hops.
    """

    power: Tensor
    hop_seconds: float

    def span(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """Return the first hop of each frame and the hop after its last, at least one apart.

        Parameters
        ----------
        times : Tensor
            ``[frames]`` seconds: starts of the frames.
        """
        ends = torch.cat([times[1:], 2 * times[-1:] - times[-2:-1]])
        last = len(self.power)
        start = (times / self.hop_seconds).round().long().clamp(0, last - 1)
        stop = (ends / self.hop_seconds).round().long().clamp(max=last)
        return start, torch.maximum(stop, start + 1)

    def frame_means(self, times: Tensor) -> Tensor:
        """Average the power from each frame to the next, ``[frames, bands]``."""
        total = torch.nn.functional.pad(self.power.cumsum(dim=0), (0, 0, 1, 0))
        start, stop = self.span(times)
        return (total[stop] - total[start]) / (stop - start)[:, None].to(total)


def band_powers(
    audio: Tensor,
    sample_rate: float,
    edges_hz: tuple[float, ...],
    hop_seconds: float = _HOP_SECONDS,
) -> BandPowers:
    """Measure the power of audio in frequency bands.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    sample_rate : float
        In Hz.
    edges_hz : tuple of float
        ``bands + 1`` edges in Hz, increasing; a band includes its lower edge.
    hop_seconds : float
        Time between hops. The analysis window is four times as long.

    Returns
    -------
    BandPowers
    """
    hop = max(1, round(hop_seconds * sample_rate))
    size = 4 * hop
    window = torch.hann_window(size, device=audio.device, dtype=audio.dtype)
    # Parseval, one-sided: mean square of the windowed signal over the window's own mean square.
    scale = 2.0 / (size * window.square().sum())
    bins = size // 2 + 1
    freqs = torch.linspace(0, sample_rate / 2, bins, device=audio.device)
    lowers, uppers = edges_hz[:-1], edges_hz[1:]
    bands = torch.stack(
        [(freqs >= low) & (freqs < high) for low, high in zip(lowers, uppers, strict=True)]
    )
    weights = bands.to(audio) * scale
    blocks = [
        weights @ squared_magnitude(block).mean(dim=0) for block in stft_blocks(audio, window, hop)
    ]
    return BandPowers(torch.cat(blocks, dim=1).T, hop / sample_rate)
