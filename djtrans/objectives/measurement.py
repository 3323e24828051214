"""Measure the power of stems on the cells of a window."""

from __future__ import annotations

import attrs
import numpy as np
import torch
from torch import Tensor

from djtrans.core.audio.chroma import amplitude_spectrum, spectral_peaks
from djtrans.core.audio.stft_blocks import squared_magnitude, stft_blocks
from djtrans.core.errors import InputError
from djtrans.core.track.stem_powers import CHROMA_EDGES_HZ, StemPowers
from djtrans.core.track.stems import Stems

#: Edges of the bands in Hz: fine below 200 Hz, where kick and bass are told apart from other lows,
#: critical bands above (Zwicker 1961), which the masking of both tracks is measured in.
BAND_EDGES_HZ = (
    *(20, 40, 60, 80, 100, 150, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000),
    *(2320, 2700, 3150, 3700, 4400, 5300, 6400, 7700, 9500, 12000, 15500),
)
#: Cells per beat: 31 ms at 120 BPM, fine enough for short holes.
CELLS_PER_BEAT = 16
_WINDOW_SECONDS = 0.046


def measure_stem_powers(
    stems: Stems,
    beat_times: Tensor,
    *,
    isolated: bool = True,
    cells_per_beat: int = CELLS_PER_BEAT,
) -> StemPowers:
    """Measure the power of stems on a grid of time cells and frequency bands.

    Parameters
    ----------
    stems : Stems
        ``[stems, channels, samples]``, at the level that they have in the mix.
    beat_times : Tensor
        ``[beats + 1]`` float64, seconds from the first sample: the beats of the window and its end.
    isolated : bool
        True if the stems have good isolation.
    cells_per_beat : int
        Number of cells in each beat.

    Returns
    -------
    StemPowers

    Raises
    ------
    InputError
        If the window has no beat, or is not within the stems.
    """
    seconds = stems.samples / stems.sample_rate
    if (
        len(beat_times) < 2
        or float(beat_times[0]) < -1e-3
        or float(beat_times[-1]) > seconds + 0.05
    ):
        raise InputError(
            f"The window of {len(beat_times) - 1} beats is not within the stems of {seconds:.2f} s;"
            " give longer stems, or at least one beat."
        )
    cell_times = _cell_times(beat_times.double(), cells_per_beat)
    rate = stems.sample_rate
    audio = stems.audio.detach().cpu().float()
    powers = [measure_power(x, rate, cell_times) for x in (*audio, audio.sum(0))]
    return StemPowers(
        power=torch.stack(powers[:-1]),
        mix_power=powers[-1],
        chroma=_stem_chroma(audio, rate, beat_times),
        stem_names=stems.names,
        edges_hz=torch.tensor(BAND_EDGES_HZ, dtype=torch.float64),
        cell_times=cell_times,
        cells_per_beat=cells_per_beat,
        isolated=isolated,
    )


def measure_power(audio: Tensor, sample_rate: int, cell_times: Tensor) -> Tensor:
    """Measure the power of audio on a grid of time cells and frequency bands.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.
    cell_times : Tensor
        ``[cells + 1]`` float64, seconds from the first sample: edges of the cells.

    Returns
    -------
    Tensor
        ``[cells, bands]``: mean square, averaged over the channels; differentiable in the audio.
    """
    banding = _Banding.at(sample_rate)
    blocks = [
        banding(squared_magnitude(block).mean(dim=0))
        for block in stft_blocks(audio, banding.window, banding.hop)
    ]
    return banding.cell_means(torch.cat(blocks, dim=1), cell_times).clamp(min=0.0)


def measure_cross_power(a: Stems, b: Stems, source: StemPowers) -> Tensor:
    """Measure the mean product of two tracks on the grid of their stem powers.

    Parameters
    ----------
    a, b : Stems
        Stems of both tracks on the same clock, at the level that they have in the mix.
    source : StemPowers
        Powers of either, which give the grid.

    Returns
    -------
    Tensor
        ``[cells, bands]`` float32; negative where the tracks cancel.
    """
    banding = _Banding.at(a.sample_rate)
    spectra = (stft_blocks(s.mix.cpu().float(), banding.window, banding.hop) for s in (a, b))
    blocks = [
        banding((block_a * block_b.conj()).real.mean(dim=0))
        for block_a, block_b in zip(*spectra, strict=True)
    ]
    return banding.cell_means(torch.cat(blocks, dim=1), source.cell_times)


def _cell_times(beat_times: Tensor, cells_per_beat: int) -> Tensor:
    """Divide each beat into equal cells, ``[beats * cells + 1]``."""
    part = torch.arange(cells_per_beat, dtype=torch.float64) / cells_per_beat
    starts = beat_times[:-1, None] + beat_times.diff()[:, None] * part
    return torch.cat([starts.flatten(), beat_times[-1:]])


@attrs.frozen(eq=False)
class _Banding:
    """Transform of one sample rate, and the sum of its power spectrum over each band.

    Attributes
    ----------
    window : Tensor
        ``[size]``.
    hop, sample_rate : int
    band : Tensor
        ``[bins]``: index of the band of each bin, -1 outside.
    """

    window: Tensor
    hop: int
    sample_rate: int
    band: Tensor

    @classmethod
    def at(cls, sample_rate: int) -> _Banding:
        size = 1 << round(float(np.log2(_WINDOW_SECONDS * sample_rate)))
        edges = torch.tensor(BAND_EDGES_HZ, dtype=torch.float64)
        hz = torch.linspace(0, sample_rate / 2, size // 2 + 1, dtype=torch.float64)
        band = torch.bucketize(hz, edges, right=True) - 1
        band[band >= len(edges) - 1] = -1
        return cls(torch.hann_window(size), size // 4, sample_rate, band)

    def __call__(self, product: Tensor) -> Tensor:
        """Sum ``[bins, frames]`` over the bands, scaled to mean squares, ``[bands, frames]``."""
        inside = self.band >= 0
        banded = product.new_zeros(len(BAND_EDGES_HZ) - 1, product.shape[1])
        banded = banded.index_add(0, self.band[inside], product[inside])
        # Parseval, one-sided: mean square of the windowed signal over that of the window.
        return banded * (2.0 / (len(self.window) * self.window.square().sum()))

    def cell_means(self, banded: Tensor, cell_times: Tensor) -> Tensor:
        """Average ``[bands, frames]`` over each cell, ``[cells, bands]``."""
        # The mean over a cell is a difference of the running integral: any length of cell works.
        total = torch.nn.functional.pad(banded.double().cumsum(dim=1), (1, 0))
        hop_seconds = self.hop / self.sample_rate
        position = (cell_times / hop_seconds + 0.5).clamp(0.0, total.shape[1] - 1.0)
        left = position.long().clamp(max=total.shape[1] - 2)
        at = torch.lerp(total[:, left], total[:, left + 1], position - left)
        return (at.diff(dim=1) / position.diff().clamp(min=1e-9)).T.float()


def _stem_chroma(audio: Tensor, sample_rate: int, beat_times: Tensor) -> Tensor:
    """Attribute the spectral peaks of the sum to the stems, ``[stems, beats, bands, 12]``."""
    stems = [amplitude_spectrum(x.double().numpy(), sample_rate)[0] for x in audio]
    level, freqs, times = amplitude_spectrum(audio.sum(0).double().numpy(), sample_rate)
    peaks = spectral_peaks(level, freqs, times, beat_times.numpy())
    power = np.stack([stem[peaks.row, peaks.column] ** 2 for stem in stems])
    share = power / np.maximum(power.sum(axis=0), 1e-20)
    band = np.clip(np.digitize(peaks.hz, CHROMA_EDGES_HZ[1:-1]), 0, len(CHROMA_EDGES_HZ) - 2)
    chroma = np.zeros((len(stems), peaks.beats, len(CHROMA_EDGES_HZ) - 1, 12))
    for index, part in enumerate(share):
        np.add.at(chroma[index], (peaks.beat, band, peaks.pitch), part * peaks.level)
    return torch.from_numpy(chroma).float()
