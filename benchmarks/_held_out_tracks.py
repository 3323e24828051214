"""Pairs of tracks with true stems for held-out sets: synthesized, and rendered tracker modules."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch

from djtrans import load_audio, save_stems, write_audio
from djtrans.core.audio.resampling import resample
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stems import Stems
from djtrans.core.transition.pair import Pair
from djtrans.datasets.synthetic.options import SyntheticOptions
from djtrans.datasets.synthetic.track_rendering import produce
from djtrans.synthesis import TrackSpec, synthesize
from djtrans.synthesis.random_spec import sample_spec

#: First of the seeds; a training set draws its own at random below 2**31.
SEED = 900_000_011
RATE = 22050
#: Of 24-bit files the same audio gives the same bytes.
SUBTYPE = "PCM_24"
#: Largest tempo difference, as a fraction: usual, and of pairs in one tempo and key.
TEMPO_APART, TEMPO_NEAR = 0.06, 0.004
#: Each third pair of tracks is in one tempo and key, which some techniques need.
NEAR_EACH = 3
_TRIES = 10_000

IN_DISTRIBUTION, OTHER_STRUCTURES, MODULES = "in-distribution", "other-structures", "modules"
#: Every track can be left and entered in all of these ways.
FIXED = (
    *(("intro", 16), ("drop", 16), ("break", 8), ("build", 8)),
    *(("drop", 16), ("break", 8), ("outro", 24)),
)
#: Structures that :func:`sample_spec` does not draw: other orders, lengths, and grooves.
STRUCTURES = (
    FIXED,
    (("intro", 12), ("groove", 20), ("break", 12), ("drop", 20), ("outro", 12)),
    (("groove", 32), ("break", 4), ("groove", 32), ("break", 4), ("groove", 24)),
    (("break", 16), ("build", 16), ("drop", 32), ("break", 16), ("drop", 16)),
    (("intro", 24), ("build", 12), ("drop", 12), ("groove", 24), ("outro", 24)),
    (("drop", 16), ("intro", 8), ("groove", 16), ("build", 4), ("drop", 24), ("outro", 32)),
)
#: Drums, tempos in BPM and swing that the genres of :func:`sample_spec` do not combine.
GENRES = (
    ("four-on-the-floor", (140.0, 160.0), (0.0, 0.3)),
    ("techno", (100.0, 118.0), (0.3, 0.8)),
    ("half-time", (84.0, 98.0), (0.0, 0.5)),
    ("breakbeat", (145.0, 165.0), (0.0, 0.2)),
    ("broken", (96.0, 112.0), (0.5, 1.0)),
    ("drum-and-bass", (145.0, 160.0), (0.2, 0.5)),
    ("trap", (92.0, 110.0), (0.4, 0.9)),
)
#: Modules of these folders are held out; those of other composers are for training.
HELD_OUT_COMPOSERS = ("pingus-data", "circuslinux-data")
SHORTEST_SECONDS, LONGEST_SECONDS = 45.0, 240.0


@attrs.frozen
class TrackFiles:
    """A track with its true stems, as files.

    Attributes
    ----------
    audio : Path
    stems : Path
        Folder of the stems.
    """

    audio: Path
    stems: Path


def write_track(folder: Path, name: str, stems: Stems) -> TrackFiles:
    """Write a track as the sum of its stems."""
    found = TrackFiles(folder / f"{name}.wav", folder / name)
    save_stems(stems, found.stems, SUBTYPE)
    write_audio(found.audio, stems.mix, stems.sample_rate, SUBTYPE)
    return found


def synthesized_pair(kind: str, group: int, folder: Path) -> Pair[TrackFiles]:
    """Synthesize and write both tracks of a pair.

    Parameters
    ----------
    kind : str
        :data:`IN_DISTRIBUTION`: sampled and produced as the tracks of a training set, or
        :data:`OTHER_STRUCTURES`.
    group : int
        Index of the pair, which determines it.
    folder : Path
    """
    rng = np.random.default_rng([SEED, kind == IN_DISTRIBUTION, group])
    specs = _specs(kind, group, rng)
    return Pair("a", "b").map(
        lambda side: write_track(
            folder,
            f"{kind}-{group:03d}{side}",
            produce(synthesize(specs[side]).stems, SyntheticOptions(), rng),
        )
    )


def _specs(kind: str, group: int, rng: np.random.Generator) -> Pair[TrackSpec]:
    first = _spec(kind, rng)
    near = group % NEAR_EACH == 0
    limit = TEMPO_NEAR if near else TEMPO_APART
    for _ in range(_TRIES):
        other = _spec(kind, rng)
        if near:
            bpm = round(first.bpm * (1.0 + float(rng.uniform(-limit, limit))), 2)
            other = attrs.evolve(other, bpm=bpm, tonic=first.tonic, mode=first.mode)
        if abs(np.log(other.bpm / first.bpm)) <= limit + 1e-3:
            return Pair(first, other)
    raise ValueError(f"no track was drawn within {limit:.0%} of {first.bpm} BPM")


def _spec(kind: str, rng: np.random.Generator) -> TrackSpec:
    seed = SEED + int(rng.integers(2**30))
    if kind == IN_DISTRIBUTION:
        return sample_spec(seed, sample_rate_hz=RATE)
    drums, bpm, swing = GENRES[rng.integers(len(GENRES))]
    return sample_spec(
        seed,
        structure=STRUCTURES[rng.integers(len(STRUCTURES))],
        drums=drums,
        bpm=round(float(rng.uniform(*bpm)), 2),
        swing=round(float(rng.uniform(*swing)), 2),
        sample_rate_hz=RATE,
    )


def held_out_modules(folder: Path) -> dict[str, dict[str, Any]]:
    """Read the annotations of the modules that are held out, and have drums, bass and one tempo."""
    annotations: dict[str, dict[str, Any]] = json.loads((folder / "annotations.json").read_text())
    return {
        key: entry
        for key, entry in sorted(annotations.items())
        if key.startswith(HELD_OUT_COMPOSERS)
        and entry["constant"]
        and not entry["shuffle"]
        and entry["confidence"] != "low"
        and float(entry["seconds"]) >= SHORTEST_SECONDS
        and all(entry["groups"].get(stem) for stem in ("drums", "bass"))
    }


def module_pairs(folder: Path) -> Iterator[Pair[str]]:
    """Yield the pairs of held-out modules whose tempos fit, in an order without neighbours."""
    known = held_out_modules(folder)
    pairs = [
        Pair(*keys)
        for keys in combinations(known, 2)
        if abs(np.log(known[keys[0]]["bpm"] / known[keys[1]]["bpm"])) <= TEMPO_APART + 0.01
    ]
    yield from (pairs[i] for i in np.random.default_rng(SEED).permutation(len(pairs)))


def rendered_module(folder: Path, key: str, cache: Path) -> TrackFiles:
    """Render a module with its true stems into a cache, once."""
    name = Path(key).stem.replace(" ", "_")
    found = TrackFiles(cache / f"{name}.wav", cache / name)
    if found.audio.exists():
        return found
    cache.mkdir(parents=True, exist_ok=True)
    part = cache / f"{name}.part"
    render = [str(folder / "render.py"), str(folder / key), str(part), "--no-stems"]
    render += ["--groups", str(folder / "annotations.json")]
    render += ["--max-seconds", str(LONGEST_SECONDS)]
    subprocess.run([sys.executable, *render], check=True, stdout=subprocess.DEVNULL)
    loaded = [load_audio(part / f"{stem}.wav") for stem in STEMS]
    rate = loaded[0][1]
    audio = torch.stack([resample(stem, rate, RATE) for stem, _ in loaded])
    write_track(cache, name, Stems(audio, STEMS, RATE))
    shutil.rmtree(part)
    return found
