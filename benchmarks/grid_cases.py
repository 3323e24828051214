"""The audio that beat grids are judged on, each piece with its true beats.

Real tracks whose beat k falls at k * 60 / BPM seconds, with bars from beat 0, as given and changed
in ways that move the beats by a known amount; and synthesized tracks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import attrs
import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from djtrans.core.audio.resampling import resample
from djtrans.synthesis import GENRES, sample_spec, synthesize

TRACKS = {
    "TameAnderson-MakeMe": 140.0,
    "EsoXLB-CPU": 128.0,
    "Oglsdl-Dr8v2": 120.0,
    "Impulslogik-Zen": 140.0,
    "StrictProduction-DearJonDoe": 174.0,
}
_CROPS = 5
#: A crop leaves out at most this share of the track.
_CROP_SHARE = 0.6
_BEFORE_SECONDS = 7.31
_NOISE_DB = -30.0
_SPEEDS = {"+1.3 %": 1.013, "-2.7 %": 0.973}

Audio = NDArray[np.float32]


@attrs.frozen(eq=False)
class Case:
    """One piece of audio.

    Attributes
    ----------
    name, group : str
        The group is a row of the summary.
    bpm : float
    one_seconds : float
        Time of a true downbeat.
    load : callable
        Gives the audio ``[samples, channels]`` and its sample rate.
    """

    name: str
    group: str
    bpm: float
    one_seconds: float
    load: Callable[[], tuple[Audio, int]]


def real_cases(folder: Path, seed: int = 0) -> Iterator[Case]:
    """Each of the tracks ten times."""
    for number, (name, bpm) in enumerate(TRACKS.items()):
        path = folder / f"{name}.ogg"
        rate = soundfile.info(path).samplerate
        length = soundfile.info(path).frames
        rng = np.random.default_rng([seed, number])
        yield Case(f"{name}, as given", "as given", bpm, 0.0, lambda p=path: _read(p))
        for start in rng.integers(0, int(_CROP_SHARE * length), _CROPS):
            yield Case(
                f"{name}, from {start / rate:.2f} s",
                "cropped",
                bpm,
                -start / rate,
                lambda p=path, s=start: (_read(p)[0][s:], _read(p)[1]),
            )
        for what, level in (("silence", 0.0), ("noise", 10.0 ** (_NOISE_DB / 20.0))):
            yield Case(
                f"{name}, {what} before",
                f"{what} before",
                bpm,
                round(_BEFORE_SECONDS * rate) / rate,
                lambda p=path, g=level: _preceded(p, g),
            )
        for label, speed in _SPEEDS.items():
            played = round(rate * speed)
            yield Case(
                f"{name}, {label}",
                label,
                bpm * played / rate,
                0.0,
                lambda p=path, r=played: _resampled(p, r),
            )


def synthesized_cases(count: int, seed: int = 0, sample_rate_hz: int = 44100) -> Iterator[Case]:
    """Tracks of all genres in turn."""
    names = tuple(GENRES)
    for index in range(count):
        genre = names[index % len(names)]
        spec = sample_spec(10_000 * seed + index, genre, sample_rate_hz=sample_rate_hz)

        def load(spec=spec) -> tuple[Audio, int]:
            return synthesize(spec).audio.numpy().T, spec.sample_rate_hz

        yield Case(
            f"synthesized {seed}/{index:03d}, {genre}", genre, spec.bpm, spec.start_seconds, load
        )


@lru_cache(maxsize=1)
def _read(path: Path) -> tuple[Audio, int]:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return samples, rate


def _preceded(path: Path, level: float) -> tuple[Audio, int]:
    samples, rate = _read(path)
    rng = np.random.default_rng(1)
    before = rng.standard_normal((round(_BEFORE_SECONDS * rate), samples.shape[1]))
    return np.concatenate([(level * before).astype(np.float32), samples]), rate


def _resampled(path: Path, played: int) -> tuple[Audio, int]:
    """The track as a turntable plays it whose pitch makes `played` of its sample rate."""
    samples, rate = _read(path)
    changed = resample(torch.from_numpy(samples.T.copy()), played, rate)
    return changed.numpy().T, rate
