"""A separator without weights: what rings, what strikes, how low, and how far from the centre.

One short-time spectrum is shared out by soft masks that sum to one:

- *drums* are what a median along frequency explains better than one along time [1]_, and at the
  bottom, where that test cannot resolve, whatever rises above the median of the last half second:
  a kick lasts shorter than a bass note;
- *bass* is what is left at the bottom;
- *vocals* are what is left in the voice's band, as far as it lies in the stereo centre;
- *other* is the rest.

References
----------
.. [1] D. FitzGerald, "Harmonic/percussive separation using median filtering", DAFx 2010.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.contracts import Progress
from djtrans.plugins.separators import SpectralConfig

_Array = NDArray[np.float32]

_WINDOW_SECONDS = 0.093
#: Extents of the medians: along time, along frequency, and along time at the bottom.
_RING_SECONDS, _STRIKE_HZ, _KICK_SECONDS = 0.3, 250.0, 0.6
_VOICE_LOW_HZ, _VOICE_HIGH_HZ = 250.0, 8000.0
#: Worked on at once, and heard on either side: more than the longest median and a window.
_CHUNK_SECONDS, _MARGIN_SECONDS = 20.0, 0.5
_TINY = 1e-20


class SpectralSeparator:
    """Splits mono or stereo audio of any rate and length; memory is bounded."""

    def __init__(self, config: SpectralConfig) -> None:
        self._config = config

    def separate(
        self,
        audio: Tensor,
        sample_rate: int,
        *,
        start_seconds: float = 0.0,
        progress: Progress | None = None,
    ) -> Tensor:
        """Split `audio`; see :class:`djtrans.core.contracts.Separator`."""
        channels, samples = audio.shape
        size = max(64, 2 ** round(math.log2(_WINDOW_SECONDS * sample_rate)))
        hop = size // 4
        # Whole hops, so that the frames of all chunks lie on one grid and chunks join unheard.
        chunk = math.ceil(_CHUNK_SECONDS * sample_rate / hop) * hop
        margin = math.ceil(_MARGIN_SECONDS * sample_rate / hop) * hop
        heard = audio.detach().cpu().to(torch.float32)
        wide = channels == 2 and not _is_mono(heard)
        # Silence on both sides, so that a track's ends are treated as its middle is.
        padded = torch.nn.functional.pad(heard, (margin, margin + hop - samples % hop))
        stems = torch.empty(4, channels, samples)
        for start in range(0, samples, chunk):
            stop = min(start + chunk, samples)
            segment = padded[:, start : start + 2 * margin + chunk]
            parts = self._split(segment, sample_rate, size, wide)
            stems[:3, :, start:stop] = parts[:, :, margin : margin + stop - start]
            if progress:
                progress(stop / samples)
        stems[3] = heard - stems[:3].sum(dim=0)
        return stems.to(audio.device)

    def _split(self, audio: Tensor, sample_rate: int, size: int, wide: bool) -> Tensor:
        """Drums, bass and vocals of a segment, ``[3, channels, samples]``."""
        window = torch.hann_window(size)
        spectrum = torch.stft(
            audio, size, size // 4, window=window, pad_mode="constant", return_complex=True
        )
        masks = self._masks(spectrum, sample_rate, size, wide)
        flat = (masks[:, None] * spectrum).flatten(0, 1)
        parts = torch.istft(flat, size, size // 4, window=window, length=audio.shape[-1])
        return parts.reshape(3, *audio.shape)

    def _masks(self, spectrum: Tensor, sample_rate: int, size: int, wide: bool) -> Tensor:
        """Masks of drums, bass and vocals, ``[3, bins, frames]``; `other` has what is left."""
        hz = np.arange(size // 2 + 1) * sample_rate / size
        power = spectrum.abs().square().sum(dim=0).numpy()
        level = np.sqrt(power)

        def frames(seconds: float) -> int:
            return int(seconds * sample_rate / (size // 4)) | 1

        rings = _running_median(level, frames(_RING_SECONDS))
        strikes = _running_median(level.T, int(_STRIKE_HZ * size / sample_rate) | 1).T
        drums = strikes**2 / (strikes**2 + rings**2 + _TINY)
        # Three times above the crossover its weight is below 1e-3: no need to go further up.
        low = hz < 3 * self._config.kick_top_hz
        held = _running_median(level[low], frames(_KICK_SECONDS))
        kick = np.clip(power[low] - held**2, 0, None) / (power[low] + _TINY)
        weight = _low_pass(hz[low], self._config.kick_top_hz)
        drums[low] += weight * (kick - drums[low])

        bottom = _low_pass(hz, self._config.bass_top_hz)
        voice = (1 - _low_pass(hz, _VOICE_LOW_HZ)) * _low_pass(hz, _VOICE_HIGH_HZ)
        centre = _centredness(spectrum) if wide else np.float32(0.5)
        bass = (1 - drums) * bottom
        vocals = (1 - drums) * (1 - bottom) * voice * centre
        return torch.from_numpy(np.stack([drums, bass, vocals]).astype(np.float32))


def _running_median(rows: _Array, length: int) -> _Array:
    """Median of `length` (odd) neighbours in each row, mirrored at the ends.

    The rows are laid end to end, because scipy's filter of a vector is many times faster than that
    of a matrix; the mirrored parts between them keep them apart.
    """
    from scipy.ndimage import median_filter

    half = length // 2
    if half == 0:
        return rows
    padded = np.pad(rows, ((0, 0), (half, half)), mode="symmetric")
    found = median_filter(padded.ravel(), length).reshape(padded.shape)
    return np.asarray(found[:, half:-half])


def _low_pass(hz: NDArray[np.float64], cutoff_hz: float) -> _Array:
    """Weights from 1 to 0 across the cutoff, ``[bins, 1]``."""
    return np.asarray(1 / (1 + (hz[:, None] / cutoff_hz) ** 8), dtype=np.float32)


def _centredness(spectrum: Tensor) -> _Array:
    """1 where both sides are alike, 0 where they are unrelated or opposed, ``[bins, frames]``."""
    from scipy.ndimage import uniform_filter

    # Averaged over a few cells: a single one cannot tell panning from chance.
    middle, side = (
        uniform_filter((spectrum[0] + sign * spectrum[1]).abs().square().numpy(), (3, 5))
        for sign in (1, -1)
    )
    return np.asarray(np.clip((middle - side) / (middle + side + _TINY), 0, 1), dtype=np.float32)


def _is_mono(audio: Tensor) -> bool:
    """Whether two channels are one: the side is 60 dB below the middle."""
    side, middle = (audio[0] - audio[1]).square().sum(), (audio[0] + audio[1]).square().sum()
    return bool(side <= 1e-6 * middle)
