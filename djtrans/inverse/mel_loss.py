"""Distance of a rendered mix from a target in log-mel spectra."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.audio.torchaudio_import import import_torchaudio
from djtrans.inverse.loss import window_samples

#: Length of the window in seconds, and number of mel bands.
WINDOW_SECONDS, BANDS = 0.046, 80
#: Added to the power, relative to the target's strongest band: -80 dB.
FLOOR = 1e-8


class MelLoss:
    """Mean distance of log-mel spectra from those of a fixed target [1]_.

    It stands in for :class:`~djtrans.inverse.loss.SpectralLoss`: bands as wide as those of hearing
    instead of single bins, and levels in dB instead of amplitudes, so that quiet parts count as
    much as loud ones.

    Parameters
    ----------
    target : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.

    Raises
    ------
    DependencyError
        If torchaudio cannot be imported.

    References
    ----------
    .. [1] J. Kong, J. Kim, J. Bae, "HiFi-GAN", NeurIPS 2020 (mel-spectrogram loss).
    """

    def __init__(self, target: Tensor, sample_rate: int) -> None:
        torchaudio = import_torchaudio("The mel loss")
        size = window_samples(WINDOW_SECONDS, sample_rate)
        self._mel = torchaudio.transforms.MelSpectrogram(
            sample_rate, size, hop_length=size // 4, n_mels=BANDS, norm="slaney", mel_scale="slaney"
        ).to(target)
        mel = self.spectrogram(target)
        self._floor = FLOOR * mel.max().clamp(min=1e-12)
        self._target = (mel + self._floor).log()
        self._silence = (self._target - self._floor.log()).mean().clamp(min=1e-12)

    def spectrogram(self, audio: Tensor) -> Tensor:
        """Compute the mel power spectrogram, ``[channels, 80, frames]``."""
        mel: Tensor = self._mel(audio)
        return mel

    def __call__(self, audio: Tensor) -> Tensor:
        """Compute the distance of ``audio [channels, samples]``: 0 if equal, 1 for silence."""
        found = (self.spectrogram(audio) + self._floor).log()
        return torch.abs(found - self._target).mean() / self._silence
