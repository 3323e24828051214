"""Tracks with known beats: tracker modules, songs with a tempo map, and tracks of known tempo.

A module holds its own score, so that its rows, and thus beats and bar lines, are exact. How many
rows make a beat is a convention: a grid may count the annotated beats, a listed alternative, or
twice or half as many. Modules are rendered once, into a cache folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import soundfile
import torch
from grid_cases import TRACKS
from numpy.typing import NDArray

from djtrans.core.audio.resampling import resample

Floats = NDArray[np.float64]
Audio = NDArray[np.float32]
BEATS_PER_BAR = 4
#: Seconds that are cropped, and speed of the resampled track.
CROP_SECONDS, SPEED = 7.3, 1.037
VARIANTS = ("as is", "cropped", "varispeed")


@attrs.frozen(eq=False)
class Level:
    """Beats of one metrical level.

    Attributes
    ----------
    name : str
        Kind of the level: ``annotated``, ``alternative`` or ``octave``.
    beats, downbeats : ndarray
        Times in seconds.
    """

    name: str
    beats: Floats
    downbeats: Floats

    def moved(self, seconds: float, speed: float) -> Level:
        """Return the level of the track cropped by some seconds and played at a speed."""
        return Level(self.name, (self.beats - seconds) / speed, (self.downbeats - seconds) / speed)


@attrs.frozen(eq=False)
class Case:
    """One piece of audio with its true beats.

    Attributes
    ----------
    name, source, variant : str
        The source is the composer or the collection.
    levels : tuple of Level
        Admissible metrical levels, the annotated one first.
    bars_known : bool
        False if only the beats are known.
    load : callable
        Gives the audio ``[samples, channels]`` and its sample rate.
    """

    name: str
    source: str
    variant: str
    levels: tuple[Level, ...]
    bars_known: bool
    load: Callable[[], tuple[Audio, int]]


def with_variants(case: Case, variants: tuple[str, ...] = VARIANTS) -> Iterator[Case]:
    """Yield a case as is, cropped at the start, and resampled to a higher speed."""
    for variant in variants:
        crop = CROP_SECONDS if variant == "cropped" else 0.0
        speed = SPEED if variant == "varispeed" else 1.0

        def load(crop: float = crop, speed: float = speed) -> tuple[Audio, int]:
            samples, rate = case.load()
            samples = samples[round(crop * rate) :]
            if speed != 1.0:
                audio = torch.from_numpy(samples.T.copy())
                samples = resample(audio, round(rate * speed), rate).numpy().T
            return samples, rate

        levels = tuple(level.moved(crop, speed) for level in case.levels)
        yield attrs.evolve(case, variant=variant, levels=levels, load=load)


def module_cases(folder: Path, cache: Path) -> Iterator[Case]:
    """Yield the modules of a folder with ``annotations.json`` and ``render.py``."""
    annotations: dict[str, dict[str, Any]] = json.loads((folder / "annotations.json").read_text())
    for key, entry in annotations.items():
        target = cache / Path(key).stem
        if not (target / "grid.json").exists():
            render = [str(folder / "render.py"), str(folder / key), str(target), "--no-stems"]
            subprocess.run([sys.executable, *render], check=True, stdout=subprocess.DEVNULL)
        rows = json.loads((target / "grid.json").read_text())["rows"]
        until = float(entry.get("music_seconds") or np.inf)
        yield Case(
            name=Path(key).stem,
            source=_composer(key),
            variant="as is",
            levels=tuple(_module_levels(rows, entry, until)),
            bars_known=True,
            load=lambda path=target / "mix.wav": _read(path),
        )


def _composer(key: str) -> str:
    """Return the group of a module: pieces of one game mostly have one composer."""
    return key.split("-data/")[0]


def _module_levels(rows: list[Any], entry: dict[str, Any], until: float) -> Iterator[Level]:
    annotated = entry["rows_per_beat"]
    by_speed = {int(k): v for k, v in (entry.get("rows_per_beat_by_speed") or {}).items()}
    named = [("annotated", annotated)]
    named += [
        ("alternative", rows_per_beat) for rows_per_beat in entry["rows_per_beat_alternatives"]
    ]
    octaves = [(2 * annotated), *([annotated // 2] if annotated % 2 == 0 else [])]
    named += [("octave", count) for count in octaves if count not in dict(map(reversed, named))]
    for name, rows_per_beat in named:
        ratio = rows_per_beat / annotated
        for phase in range(2 if rows_per_beat == 2 * annotated else 1):
            beats, downbeats = [], []
            for seconds, _, row, _, speed, _ in rows:
                usual = by_speed.get(speed, annotated)
                per_beat = max(1, round(usual * ratio))
                row -= entry["downbeat_row"]
                if seconds < until and row % per_beat == phase * usual % per_beat:
                    beats.append(seconds)
                    # A bar of a level is a whole bar, or a half, of the annotated one.
                    if row % (BEATS_PER_BAR * min(per_beat, usual)) == 0:
                        downbeats.append(seconds)
            if len(beats) > 1:
                yield Level(name, np.array(beats), np.array(downbeats))


def song_cases(folder: Path) -> Iterator[Case]:
    """Yield the songs of a folder, each with the constant tempo of its ``notes.mid``."""
    for midi in sorted(folder.glob("*/notes.mid")):
        yield _constant_case(midi.parent, "songs", 60.0 / tempo_of(midi), _song)


def track_cases(folder: Path) -> Iterator[Case]:
    """Yield the tracks of known tempo, each of another composer."""
    for name, bpm in TRACKS.items():
        yield _constant_case(folder / f"{name}.ogg", name, 60.0 / bpm, _read)


def _constant_case(
    path: Path, source: str, period: float, load: Callable[[Path], tuple[Audio, int]]
) -> Case:
    file = path / "song.ogg" if path.is_dir() else path
    seconds = soundfile.info(file).duration
    levels = []
    for name, step, phase in (("annotated", 1, 0), ("octave", 2, 0), ("octave", 2, 1)):
        beats = np.arange(phase * period, seconds, step * period)
        downbeats = np.arange(0.0, seconds, BEATS_PER_BAR * period)
        levels.append(Level(name, beats, downbeats))
    beats = np.arange(0.0, seconds, period / 2)
    levels.append(Level("octave", beats, beats[::BEATS_PER_BAR]))
    known = source != "songs"
    return Case(path.stem, source, "as is", tuple(levels), known, lambda: load(path))


def tempo_of(midi: Path) -> float:
    """Read the tempo of a MIDI file of constant tempo, in beats per minute."""
    data = midi.read_bytes()
    at = [i for i in range(len(data)) if data.startswith(b"\xff\x51\x03", i)]
    tempos = {int.from_bytes(data[i + 3 : i + 6], "big") for i in at}
    if len(tempos) != 1:
        raise ValueError(f"{midi} holds {len(tempos)} tempos; only constant tempos are supported.")
    return 60e6 / tempos.pop()


def _song(folder: Path) -> tuple[Audio, int]:
    """Mix a song with its guitar."""
    song, rate = _read(folder / "song.ogg")
    guitar, _ = _read(folder / "guitar.ogg")
    mix = np.zeros((max(len(song), len(guitar)), 2), dtype=np.float32)
    mix[: len(song)] += song
    mix[: len(guitar)] += guitar
    return mix / max(1.0, float(np.abs(mix).max())), rate


def _read(path: Path) -> tuple[Audio, int]:
    return soundfile.read(path, dtype="float32", always_2d=True)
