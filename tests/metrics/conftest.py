"""Drum loops whose every onset lies where the test says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

RATE = 44100
BEAT = 60 / 126
LEAD = 0.5
BEATS = 16

#: pitch at the start and the end (Hz), pitch and level decay (s), click level, attack (ms)
KICKS = {
    "long": (180, 45, 0.03, 0.25, 0.05, 2.0),
    "hard": (300, 50, 0.02, 0.15, 0.4, 0.2),
    "short": (500, 48, 0.01, 0.2, 0.1, 1.0),
}


def _put(out: np.ndarray, seconds: float, sound: np.ndarray) -> None:
    start = round(seconds * RATE)
    length = min(len(sound), len(out) - start)
    out[start : start + length] += sound[:length]


def _kick(rng: np.random.Generator, kind: str) -> np.ndarray:
    start, end, fall, decay, click, attack_ms = KICKS[kind]
    t = np.arange(int(0.35 * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(end + (start - end) * np.exp(-t / fall)) / RATE
    noise = click * rng.standard_normal(len(t)) * np.exp(-t / 0.003)
    return 0.7 * (np.sin(phase) * np.exp(-t / decay) + noise) * np.minimum(1, t * 1000 / attack_ms)


def _hat(rng: np.random.Generator, decay: float) -> np.ndarray:
    t = np.arange(int(0.1 * RATE)) / RATE
    return np.diff(rng.standard_normal(len(t)) * np.exp(-t / decay), prepend=0.0)


@pytest.fixture(scope="session")
def beat_times() -> np.ndarray:
    """The clock of every loop: 16 beats of 126 BPM from half a second on, and their end."""
    return LEAD + BEAT * np.arange(BEATS + 1)


@pytest.fixture(scope="session")
def loop() -> Callable[..., np.ndarray]:
    """Build a loop: ``loop(kick, hats, late_ms, seed)`` gives ``[1, samples]`` at 44.1 kHz."""

    def build(
        kick: str | None = "hard", hats: str = "off", late_ms: float = 0.0, seed: int = 0
    ) -> np.ndarray:
        rng = np.random.default_rng(seed)
        out = np.zeros(int((BEATS * BEAT + 2 * LEAD) * RATE))
        out += 1e-5 * rng.standard_normal(len(out))
        phases = {"off": (0.5,), "sixteenths": (0.0, 0.25, 0.5, 0.75), "none": ()}[hats]
        for beat in range(BEATS):
            at = LEAD + beat * BEAT + late_ms / 1000
            if kick is not None:
                _put(out, at, _kick(rng, kick))
            for phase in phases:
                _put(out, at + phase * BEAT, 0.2 * _hat(rng, 0.02))
        return out[None]

    return build


@pytest.fixture(scope="session")
def without_lows() -> Callable[[np.ndarray], np.ndarray]:
    """A zero-phase low cut at 300 Hz, 24 dB per octave: what an EQ's full kill leaves."""

    def cut(audio: np.ndarray) -> np.ndarray:
        hz = np.fft.rfftfreq(audio.shape[-1], 1 / RATE)
        gain = 1 / (1 + (300 / np.maximum(hz, 1e-3)) ** 4)
        return np.fft.irfft(np.fft.rfft(audio) * gain, audio.shape[-1])

    return cut
