"""A separator in 30 lines: harmonics and percussion by medians, bass by a band.

    djtrans --plugin examples/hpss_separator.py bench modules=rendered --separators mixture,hpss \
        --output results
    djtrans --plugin examples/hpss_separator.py generate A B --separator hpss

It is the baseline that `djtrans bench` compares separators with: what a textbook method reaches
(D. Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx 2010).
"""

import librosa
import numpy as np
import torch

import djtrans

BASS_HZ = 200.0


class HpssSeparator:
    """Separate drums from the rest by medians over time and frequency; vocals stay silent."""

    def __init__(self, config):
        self.config = config

    def separate(self, audio, sample_rate, *, start_seconds=0.0, progress=None):
        """Separate ``[channels, samples]`` into ``[stems, channels, samples]``."""
        spectrum = librosa.stft(audio.numpy(), n_fft=2048)
        harmonic, percussive = librosa.decompose.hpss(spectrum)
        low = (librosa.fft_frequencies(sr=sample_rate) < BASS_HZ)[:, None]
        parts = (percussive, harmonic * low, 0 * spectrum, harmonic * ~low)
        samples = audio.shape[-1]
        return torch.from_numpy(
            np.stack([librosa.istft(part, length=samples) for part in parts]).astype(np.float32)
        )


@djtrans.hookimpl
def djtrans_separators():
    """Register the separator."""
    return [
        djtrans.SeparatorDeclaration(
            name="hpss",
            factory=HpssSeparator,
            summary="Harmonic-percussive separation of librosa: a baseline.",
            stems=("drums", "bass", "vocals", "other"),
        )
    ]
