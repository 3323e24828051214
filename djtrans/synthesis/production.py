"""Production of a synthesized track: levels, tone, limiter and lossy coding."""

from __future__ import annotations

import io

import attrs
import numpy as np
import torch
from torch import Tensor

from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.track.feature_extraction import BAND_EDGES_HZ
from djtrans.core.track.stems import Stems
from djtrans.synthesis.dsp import Audio, RunningFilter

#: Blocks over which the limiter looks, and over how many blocks its gain moves.
_BLOCK, _BLOCKS = 64, 41
_CEILING_DB = -0.3
#: Samples whose tone is changed at once.
_TONE_BLOCK = 1 << 14


@attrs.frozen(kw_only=True)
class Production:
    """Production settings of a track.

    Attributes
    ----------
    gains_db : tuple of (float, float, float)
        For each stem, the gain of what lies below 300 Hz, up to 4 kHz and above, in dB; ``-inf``
        is silent.
    drive_db : float
        How far the peaks of the mix are pushed into a limiter at -0.3 dB full scale; 0: none.
    """

    gains_db: tuple[tuple[float, float, float], ...]
    drive_db: float = 0.0

    @classmethod
    def draw(
        cls,
        rng: np.random.Generator,
        stems: int,
        *,
        level_db: float,
        tone_db: float,
        drive_db: float,
    ) -> Production:
        """Sample settings at random.

        Parameters
        ----------
        rng : Generator
        stems : int
        level_db, tone_db : float
            Largest change of a stem's level, and of each of its bands beside it, either way.
        drive_db : float
            Largest drive. Half of the tracks have none.
        """
        levels = rng.uniform(-level_db, level_db, (stems, 1))
        gains = levels + rng.uniform(-tone_db, tone_db, (stems, 3))
        drive = float(rng.uniform(0.0, drive_db)) * (rng.random() < 0.5)
        return cls(gains_db=tuple((low, mid, high) for low, mid, high in gains), drive_db=drive)

    def __call__(self, stems: Stems) -> Stems:
        """Apply the production to stems; their sum is the limited mix."""
        audio = np.empty_like(stems.audio.numpy())
        for index, gains_db in enumerate(self.gains_db):
            audio[index] = _toned(stems.audio[index].numpy(), gains_db, stems.sample_rate)
        peak = float(np.abs(audio.sum(axis=0)).max())
        loudest = db_to_amplitude(_CEILING_DB if self.drive_db else -1.0)
        audio *= np.float32(loudest * db_to_amplitude(self.drive_db) / max(peak, 1e-9))
        if self.drive_db:
            audio *= _limiting(audio.sum(axis=0), loudest)
        return attrs.evolve(stems, audio=torch.from_numpy(audio))


def _toned(sound: Audio, gains_db: tuple[float, float, float], sample_rate: int) -> Audio:
    """Three bands that sum to the sound, each at its gain."""
    low, mid, high = (db_to_amplitude(gain) for gain in gains_db)
    lowpass = RunningFilter("lowpass", BAND_EDGES_HZ[0], sample_rate)
    highpass = RunningFilter("highpass", BAND_EDGES_HZ[1], sample_rate)
    toned = np.empty(sound.shape, dtype=np.float32)
    # In blocks that stay in the cache of a core, which takes a third of the time.
    for start in range(0, sound.shape[-1], _TONE_BLOCK):
        wave = sound[..., start : start + _TONE_BLOCK].astype(np.float64)
        toned[..., start : start + _TONE_BLOCK] = (
            mid * wave + (low - mid) * lowpass(wave) + (high - mid) * highpass(wave)
        )
    return toned


def _limiting(mix: Audio, loudest: float) -> Audio:
    """Gain ``[samples]`` that keeps ``mix [channels, samples]`` below `loudest`; it looks ahead."""
    from scipy import ndimage

    samples = mix.shape[-1]
    padded = np.pad(np.abs(mix).max(axis=0), (0, -samples % _BLOCK))
    peaks = padded.reshape(-1, _BLOCK).max(axis=1)
    least = ndimage.minimum_filter1d(loudest / np.maximum(peaks, loudest), _BLOCKS)
    # A mean over no more blocks than the minimum was taken over never exceeds what each block asks.
    gain = ndimage.uniform_filter1d(least, _BLOCKS)
    return np.repeat(gain, _BLOCK)[:samples].astype(np.float32)


def through_mp3(audio: Tensor, sample_rate: int, quality: float) -> Tensor:
    """Encode a mix ``[channels, samples]`` as MP3 and decode it.

    Parameters
    ----------
    audio : Tensor
    sample_rate : int
        In Hz.
    quality : float
        0 (160 kbit/s) to 1 (320 kbit/s).
    """
    import soundfile

    file = io.BytesIO()
    soundfile.write(
        file,
        audio.T.numpy(),
        sample_rate,
        format="MP3",
        bitrate_mode="CONSTANT",
        compression_level=0.5 * (1.0 - quality),
    )
    file.seek(0)
    heard, _ = soundfile.read(file, dtype="float32", always_2d=True)
    back = torch.zeros_like(audio)
    length = min(len(heard), audio.shape[-1])
    back[:, :length] = torch.from_numpy(heard[:length].T.copy())
    return back
