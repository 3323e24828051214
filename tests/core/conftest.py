"""Hits at known times: the ground truth of the time axis."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
import torch

RATE = 44100
SECONDS = 0.2


def kick(pitch: float = 1.0) -> np.ndarray:
    """A drum whose pitch falls to 50 Hz, times a factor."""
    t = np.arange(0, SECONDS, 1 / RATE)
    return np.exp(-t * 12) * np.sin(2 * np.pi * pitch * (50 * t + 2.5 * (1 - np.exp(-t * 60))))


class Kicks:
    """A track of kicks, and where they are found."""

    rate = RATE

    def track(self, times: Iterable[float], seconds: float) -> torch.Tensor:
        """Kicks at times in seconds, ``[2, samples]``."""
        audio = np.zeros(int(seconds * RATE), dtype=np.float32)
        sound = kick()
        for time in times:
            at = round(time * RATE)
            part = audio[at : at + len(sound)]
            part += sound[: len(part)]
        return torch.from_numpy(audio).expand(2, -1).clone()

    def found(self, audio: torch.Tensor, expected: float, pitch: float = 1.0) -> float:
        """Time in seconds of the kick that correlates best within 9 ms of an expected time."""
        low, sound = round(expected * RATE) - 400, kick(pitch)
        segment = audio[0, low : low + 800 + len(sound)].numpy()
        return (low + int(np.argmax(np.correlate(segment, sound, "valid")))) / RATE


@pytest.fixture(scope="session")
def kicks() -> Kicks:
    return Kicks()
