"""Tracks for tests of sets, and the position of a track's sound in a mix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import torch

from djtrans.synthesis import TrackSpec, synthesize

RATE = 22050
_HOP = 44  # 2 ms


def write_track(path: Path, bpm: float, seed: int, bars: tuple[int, int, int] = (8, 16, 8)) -> Path:
    """Write a synthesized track with bursts of noise at times that no other track has.

    Loops repeat: by the bursts, a moment of the track differs from every other one.
    """
    names = ("intro", "drop", "outro")
    structure = tuple(zip(names, bars, strict=True))
    song = synthesize(
        TrackSpec(bpm=bpm, seed=seed, tonic=9, structure=structure, sample_rate_hz=RATE)
    )
    rng = np.random.default_rng(seed)
    audio = song.audio.numpy().copy()
    length = round(0.02 * RATE)
    burst = np.exp(-np.arange(length) / (0.004 * RATE)) * rng.standard_normal(length)
    for at in rng.integers(0, audio.shape[-1] - length, size=audio.shape[-1] // (RATE // 6)):
        audio[:, at : at + length] += 0.12 * burst
    soundfile.write(path, audio.T, RATE, subtype="FLOAT")
    return path


def onsets(audio: np.ndarray) -> np.ndarray:
    """Rises of the level in the treble, each 2 ms, around their mean."""
    treble = np.diff(audio, 2)
    whole = len(treble) // _HOP * _HOP
    level = np.sqrt((treble[:whole].reshape(-1, _HOP) ** 2).mean(axis=1) + 1e-9)
    rises = np.maximum(np.diff(np.log(level), prepend=0.0), 0.0)
    return np.asarray(rises - rises.mean())


def offset_ms(mix: np.ndarray, source: np.ndarray, at: float, source_at: float) -> float:
    """Time by which a moment of the source sounds earlier in the mix than at `at` seconds.

    The tempo may differ by up to 4 %: the pair of tempo and time of the highest correlation counts.
    """
    seconds, reach = 4.0, 0.6
    begin = round(at * RATE)
    excerpt = onsets(mix[begin : begin + round(seconds * RATE)])
    ones = np.ones(len(excerpt))
    best = (-np.inf, 0.0)
    for rate in np.arange(0.96, 1.0401, 0.002):
        count = round((seconds + 2 * reach) * RATE)
        places = (source_at - reach * rate + np.arange(count) / RATE * rate) * RATE
        stretched = np.interp(places, np.arange(len(source)), source, left=0.0, right=0.0)
        rises = onsets(stretched)
        found = np.correlate(rises, excerpt, "valid")
        found /= np.sqrt(np.convolve(rises**2, ones, "valid") + 1e-9)
        lag = int(np.argmax(found))
        best = max(best, (float(found[lag]), lag * _HOP / RATE - reach))
    return 1000.0 * best[1]


def mono(path: Path) -> np.ndarray:
    """Return the mean of the channels."""
    audio, rate = soundfile.read(path, always_2d=True)
    assert rate == RATE
    return audio.mean(axis=1)


def quietest_db(audio: np.ndarray, seconds: float = 0.25) -> np.ndarray:
    """Level of each block in dBFS."""
    size = round(seconds * RATE)
    whole = audio[: len(audio) // size * size].reshape(-1, size)
    return np.asarray(10 * np.log10((whole**2).mean(axis=1) + 1e-12))


def tensor(path: Path) -> torch.Tensor:
    """Read a file as ``[channels, samples]``."""
    audio, _ = soundfile.read(path, always_2d=True, dtype="float32")
    return torch.from_numpy(audio.T.copy())
