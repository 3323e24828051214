"""Extract what separates kick and bass from the other lows, and the chroma of harmonic stems."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from djtrans.core.audio.chroma import frame_chroma
from djtrans.core.audio.decibels import AUDIBLE_DBFS, db_to_amplitude, power_to_db
from djtrans.core.audio.filters import filtered, spectrum_of
from djtrans.core.audio.polarity import channel_signs, to_mono
from djtrans.core.contracts.config import NoConfig
from djtrans.core.track.band_powers import band_powers
from djtrans.core.track.feature_extraction import BAND_EDGES_HZ
from djtrans.core.track.stem_names import DRUMS
from djtrans.core.track.stems import Stems

#: What is below kick and bass, these, and the other lows: parts of the low band of the features.
_EDGES_HZ = (0.0, 25.0, 150.0, BAND_EDGES_HZ[0])
_TOP_HZ = 2.0 * BAND_EDGES_HZ[0]
#: The analysis window is 80 ms long, which separates 100 from 200 Hz.
_HOP_SECONDS = 0.02
_LOWEST_SHARE_DB = -60.0


class AudioExtractor:
    """Extractor of shares of the low band, and of chroma.

    Shares are relative to the band's power, so they hold for the track at any gain:
    ``level_db[..., 0] + lows_db[..., 0]`` is the level from 25 to 150 Hz.
    """

    name, version = "audio", 1

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def extract(self, stems: Stems, frame_times: Tensor) -> dict[str, Tensor]:
        """Extract features.

        Parameters
        ----------
        stems : Stems
            Stems of the track.
        frame_times : Tensor
            ``[frames]`` float64, seconds.

        Returns
        -------
        dict of str to Tensor
            ``lows_db`` ``[frames, stems, 2]``: power of each stem from 25 to 150 Hz and from 150 to
            300 Hz relative to that below 300 Hz, in dB, -60 to 0. ``chroma`` ``[frames, 12]``:
            amplitude of the spectral peaks of all stems but the drums by pitch class, C first,
            relative to the largest; 0 to 1, and near 0 where all are inaudible.
        """
        lows = [_lows_db(stem, stems.sample_rate, frame_times) for stem in stems.audio]
        return {"lows_db": torch.stack(lows, dim=1), "chroma": _chroma(stems, frame_times)}


def _lows_db(audio: Tensor, sample_rate: int, times: Tensor) -> Tensor:
    spectrum = spectrum_of(audio.cpu().numpy())
    low, rate = filtered(spectrum, audio.shape[-1], sample_rate, np.ones_like, top_hz=_TOP_HZ)
    found = band_powers(torch.from_numpy(low), rate, _EDGES_HZ, _HOP_SECONDS)
    power = found.frame_means(times.cpu()).clamp(min=0.0)
    share = power[:, 1:] / power.sum(dim=1, keepdim=True).clamp(min=1e-30)
    return power_to_db(share, amin=1e-30).clamp(_LOWEST_SHARE_DB, 0.0).float()


def _chroma(stems: Stems, times: Tensor) -> Tensor:
    harmonic = [index for index, name in enumerate(stems.names) if name != DRUMS]
    if not harmonic:
        return torch.zeros(len(times), 12)
    mono = to_mono(stems.audio, channel_signs(stems.mix))[harmonic].sum(dim=0)
    edges = torch.cat([times, 2 * times[-1:] - times[-2:-1]]).cpu().numpy()
    chroma = frame_chroma(mono.cpu().numpy(), stems.sample_rate, edges)
    largest = chroma.max(axis=1, keepdims=True)
    scaled = chroma / np.maximum(largest, db_to_amplitude(AUDIBLE_DBFS))
    return torch.from_numpy(scaled).float()
