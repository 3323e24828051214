"""The mel loss against librosa's mel spectrogram."""

from __future__ import annotations

import sys

import librosa
import numpy as np
import pytest
import torch

from djtrans.core.errors import DependencyError
from djtrans.inverse.mel_loss import BANDS, FLOOR, MelLoss

RATE = 22050


def music(seconds: float = 1.0, rate: int = RATE) -> torch.Tensor:
    """Two channels of decaying chords over a little noise."""
    generator = torch.Generator().manual_seed(0)
    time = torch.arange(round(seconds * rate)) / rate
    tones = torch.stack([torch.sin(2 * torch.pi * hz * time) for hz in (110.0, 440.0, 3520.0)])
    mix = 0.2 * tones.sum(dim=0) * torch.exp(-3.0 * (time % 0.25))
    return torch.stack([mix, 0.5 * mix]) + 0.01 * torch.randn(2, len(time), generator=generator)


@pytest.mark.parametrize(("rate", "size"), [(RATE, 1024), (44100, 2048)])
def test_spectrogram_equals_that_of_librosa(rate: int, size: int) -> None:
    audio = music(0.5, rate)
    found = MelLoss(audio, rate).spectrogram(audio).numpy()
    want = librosa.feature.melspectrogram(
        y=audio.numpy(), sr=rate, n_fft=size, hop_length=size // 4, n_mels=BANDS, pad_mode="reflect"
    )
    assert found.shape == want.shape
    np.testing.assert_allclose(found, want, rtol=1e-3, atol=1e-6 * want.max())


def test_distance_equals_that_of_librosas_spectrograms() -> None:
    target, audio = music(), 0.5 * music().flip(0)

    def levels(x: torch.Tensor, floor: float) -> np.ndarray:
        mel = librosa.feature.melspectrogram(
            y=x.numpy(), sr=RATE, n_fft=1024, hop_length=256, n_mels=BANDS, pad_mode="reflect"
        )
        return np.log(mel + floor) if floor else mel

    floor = FLOOR * levels(target, 0.0).max()
    want = np.abs(levels(audio, floor) - levels(target, floor)).mean()
    want /= (levels(target, floor) - np.log(floor)).mean()
    assert float(MelLoss(target, RATE)(audio)) == pytest.approx(want, rel=1e-3)


def test_it_is_0_for_equals_1_for_silence_and_grows() -> None:
    target = music()
    loss = MelLoss(target, RATE)
    assert float(loss(target)) == 0.0
    assert float(loss(torch.zeros_like(target))) == pytest.approx(1.0, abs=1e-5)
    near, far = (float(loss(gain * target)) for gain in (0.9, 0.3))
    assert 0.0 < near < far < 1.0
    assert float(MelLoss(10.0 * target, RATE)(3.0 * target)) == pytest.approx(far, rel=1e-3)


@pytest.mark.parametrize("gain", [0.0, 1e-20, 1.0, 1.1])
def test_gradients_are_finite(gain: float) -> None:
    target = music(0.3)
    audio = (gain * target).requires_grad_()
    MelLoss(target, RATE)(audio).backward()
    assert bool(torch.isfinite(audio.grad).all())
    silent = torch.zeros(2, 8000, requires_grad=True)
    MelLoss(torch.zeros(2, 8000), RATE)(silent).backward()
    assert bool(torch.isfinite(silent.grad).all())


def test_descending_it_recovers_a_gain() -> None:
    target = music()
    gain = torch.tensor(0.2, requires_grad=True)
    loss, optimizer = MelLoss(target, RATE), torch.optim.Adam([gain], 0.05)
    for _ in range(60):
        optimizer.zero_grad()
        loss(gain * target).backward()
        optimizer.step()
    assert gain.item() == pytest.approx(1.0, abs=0.06)


def test_without_torchaudio_there_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchaudio", None)
    with pytest.raises(DependencyError, match="The mel loss needs torchaudio"):
        MelLoss(music(), RATE)
