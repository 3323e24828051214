"""Weight-free separation by percussiveness, repetition, frequency and stereo position.

First the kick is found as one sound that is struck again and again, and subtracted. The short-time
spectrum of the rest is shared out by soft masks that sum to one:

- *drums* are the kick, and what a median along frequency explains better than one along time [1]_.
  Where no kick repeats, also what rises above the median of the last half second at the bottom:
  a drum lasts shorter than a bass note;
- *bass* is what is left at the bottom;
- *vocals* are what is left in the voice's band, as far as it lies in the stereo centre and does not
  come back elsewhere, as the loops of dance music do [2]_;
- *other* is the rest.

References
----------
.. [1] D. FitzGerald, "Harmonic/percussive separation using median filtering", DAFx 2010.
.. [2] Z. Rafii, B. Pardo, "Music/voice separation using the similarity matrix", ISMIR 2012.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.contracts.progress import FractionCallback
from djtrans.plugins.separators import SpectralConfig
from djtrans.plugins.separators.kick import kick_part
from djtrans.plugins.separators.repetition import repeating

_Array = NDArray[np.float32]

_WINDOW_SECONDS = 0.093
#: Extents of the medians: along time, along frequency, and along time at the bottom.
_RING_SECONDS, _STRIKE_HZ, _STROKE_SECONDS = 0.3, 250.0, 0.6
_VOICE_LOW_HZ, _VOICE_HIGH_HZ = 250.0, 8000.0
#: Worked on at once, and heard on either side: more than the longest median and a window.
_CHUNK_SECONDS, _MARGIN_SECONDS = 20.0, 0.5
_TINY = 1e-20


class SpectralSeparator:
    """Splits mono or stereo audio of any rate and length; memory grows little with it."""

    def __init__(self, config: SpectralConfig) -> None:
        self._config = config

    def separate(
        self,
        audio: Tensor,
        sample_rate: int,
        *,
        start_seconds: float = 0.0,
        progress: FractionCallback | None = None,
    ) -> Tensor:
        """Split `audio`; see :class:`djtrans.core.contracts.separator.Separator`."""
        channels, samples = audio.shape
        heard = audio.detach().cpu().to(torch.float32)
        kick = torch.from_numpy(kick_part(heard.numpy(), sample_rate))
        frames = _Frames(heard - kick, sample_rate)
        wide = channels == 2 and not _is_mono(heard)
        # Of all frames first: the loop that a frame belongs to may come back at any distance.
        loops = repeating(frames.levels(), sample_rate / frames.hop)
        stems = torch.empty(4, channels, samples)
        for chunk in frames.chunks():
            spectrum = frames.spectrum(chunk)
            here = loops[:, chunk.start : chunk.stop]
            masks = self._masks(spectrum, here, frames, wide=wide, kick_gone=bool(kick.any()))
            begin, end, parts = frames.audio(chunk, masks[:, None] * spectrum)
            stems[:3, :, begin:end] = parts
            if progress:
                progress(end / samples)
        stems[0] += kick
        stems[3] = heard - stems[:3].sum(dim=0)
        return stems.to(audio.device)

    def _masks(
        self, spectrum: Tensor, loops: _Array, frames: _Frames, *, wide: bool, kick_gone: bool
    ) -> Tensor:
        """Compute masks of drums, bass and vocals, ``[3, bins, frames]``; `other` is the rest."""
        hz = frames.hz
        power = _power(spectrum)
        level = np.sqrt(power)

        def count(seconds: float) -> int:
            return int(seconds * frames.sample_rate / frames.hop) | 1

        rings = _running_median(level, count(_RING_SECONDS))
        strikes = _running_median(level.T, int(_STRIKE_HZ / hz[1]) | 1).T
        drums = strikes**2 / (strikes**2 + rings**2 + _TINY)
        # Three times above the crossover its weight is below 1e-3: no need to go further up.
        low = hz < 3 * self._config.kick_top_hz
        weight = _low_pass(hz[low], self._config.kick_top_hz)
        drums[low] *= 1 - weight
        if not kick_gone:
            held = _running_median(level[low], count(_STROKE_SECONDS))
            drums[low] += weight * np.clip(power[low] - held**2, 0, None) / (power[low] + _TINY)

        bottom = _low_pass(hz, self._config.bass_top_hz)
        bass = (1 - drums) * bottom
        vocals = np.zeros_like(drums)
        rest = (1 - drums[frames.voice]) * (1 - bottom[frames.voice])
        new = np.clip(rest * level[frames.voice] - loops, 0, None)
        band = (1 - _low_pass(hz, _VOICE_LOW_HZ)) * _low_pass(hz, _VOICE_HIGH_HZ)
        centre = _centredness(spectrum[:, frames.voice]) if wide else np.float32(1)
        share = new**2 / (new**2 + loops**2 + _TINY)
        vocals[frames.voice] = rest * band[frames.voice] * share * centre
        return torch.from_numpy(np.stack([drums, bass, vocals]).astype(np.float32))


class _Frames:
    """The short-time spectrum of a signal, some seconds at a time.

    Whole hops, so that the frames of all chunks lie on one grid and chunks join unheard; silence
    on both sides, so that a track's ends are treated as its middle is. Chunks are slices of that
    grid and include a margin on either side.
    """

    def __init__(self, signal: Tensor, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.size = max(64, 2 ** round(math.log2(_WINDOW_SECONDS * sample_rate)))
        self.hop = self.size // 4
        self.hz = np.arange(self.size // 2 + 1) * sample_rate / self.size
        self.voice = (self.hz >= _VOICE_LOW_HZ / 2) & (self.hz < _VOICE_HIGH_HZ)
        self._samples = signal.shape[-1]
        self._margin = math.ceil(_MARGIN_SECONDS * sample_rate / self.hop)
        self._window = torch.hann_window(self.size)
        inner = math.ceil(self._samples / self.hop)
        self._count = inner + 2 * self._margin + 1
        behind = (self._count - 1 - self._margin) * self.hop - self._samples
        self._padded = torch.nn.functional.pad(signal, (self._margin * self.hop, behind))

    def chunks(self) -> list[slice]:
        """Split frames into chunks that overlap by twice the margin."""
        length = math.ceil(_CHUNK_SECONDS * self.sample_rate / self.hop)
        last = self._count - 2 * self._margin - 1
        return [
            slice(start, min(start + length, last) + 2 * self._margin + 1)
            for start in range(0, last, length)
        ]

    def spectrum(self, chunk: slice) -> Tensor:
        """``[channels, bins, frames]`` of a chunk."""
        segment = self._padded[:, chunk.start * self.hop : (chunk.stop - 1) * self.hop]
        return torch.stft(
            segment,
            self.size,
            self.hop,
            window=self._window,
            pad_mode="constant",
            return_complex=True,
        )

    def audio(self, chunk: slice, spectra: Tensor) -> tuple[int, int, Tensor]:
        """Return the samples between the margins of a chunk: begin, end, ``[..., end - begin]``."""
        begin = chunk.start * self.hop
        end = min((chunk.stop - 1 - 2 * self._margin) * self.hop, self._samples)
        edge = self._margin * self.hop
        length = (chunk.stop - chunk.start - 1) * self.hop
        flat = spectra.flatten(0, -3)
        parts = torch.istft(flat, self.size, self.hop, window=self._window, length=length)
        parts = parts.reshape(*spectra.shape[:-2], length)
        return begin, end, parts[..., edge : edge + end - begin]

    def levels(self) -> _Array:
        """Compute the level in the vocal band, ``[bins, frames]``, of the whole signal."""
        found = np.zeros((int(self.voice.sum()), self._count), dtype=np.float32)
        margin = self._margin
        for chunk in self.chunks():
            power = _power(self.spectrum(chunk)[:, self.voice])
            inner = slice(chunk.start + margin, chunk.stop - margin)
            found[:, inner] = np.sqrt(power[:, margin : power.shape[1] - margin])
        return found


def _power(spectrum: Tensor) -> _Array:
    """``[bins, frames]``, summed over the channels."""
    return np.asarray(spectrum.abs().square().sum(dim=0).numpy())


def _running_median(rows: _Array, length: int) -> _Array:
    """Compute the running median of `length` (odd) neighbours in each row, mirrored at the ends.

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
    """Compute weights from 1 to 0 across the cutoff, ``[bins, 1]``."""
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
    """Return True if the side signal is 60 dB below the mid signal."""
    side, middle = (audio[0] - audio[1]).square().sum(), (audio[0] + audio[1]).square().sum()
    return bool(side <= 1e-6 * middle)
