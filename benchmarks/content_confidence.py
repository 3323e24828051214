"""How reliable the confidences of sections, phrases and keys are: a table and a reliability plot.

    python benchmarks/content_confidence.py --modules RENDERED --picture reliability.png

Synthesized tracks have exact sections, phrases and keys. A folder of rendered tracker modules (each
with ``mix.wav`` and ``grid.json``, which lists the rows as seconds, order, row ...) has patterns: a
section or phrase has to start with one, and the key has to follow a transposition by resampling.
Only tracks whose downbeats are right count (of modules, those that the analyzer is sure of).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import attrs
import matplotlib.pyplot as plt
import numpy as np
import torch
from content import a_spec
from numpy.typing import NDArray

from djtrans.core.audio.io import load_audio
from djtrans.core.audio.resampling import resample
from djtrans.core.errors import DjtransError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.key import Key
from djtrans.core.track.regridding import phrases_of
from djtrans.core.util.tables import markdown_table
from djtrans.plugins.analyzers.chroma import find_chroma
from djtrans.plugins.analyzers.constant_grid import ConstantGridAnalyzer
from djtrans.plugins.analyzers.key import find_key
from djtrans.plugins.analyzers.signals import mono_signal
from djtrans.synthesis import SynthTrack, synthesize
from djtrans.synthesis.random_spec import sample_spec

RATE = 22050
#: First numbers of the tracks: none of them was used to fit the confidences.
CONTENT_TRACKS, RANDOM_TRACKS = 500, 3000
#: Semitones by which modules are transposed.
TRANSPOSED = (-5, -2, -1, 1, 3, 6)
#: Confidence of grid and downbeat of a module from which on its bars count as right.
SURE_GRID, SURE_DOWNBEAT = 0.5, 0.9
#: Largest deviation of a bar of a right grid, in bars.
RIGHT_BARS = 0.05
BINS = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 1.0)

Pairs = list[tuple[float, bool]]


@attrs.frozen
class Found:
    """Confidences of one kind with their truth."""

    boundaries: Pairs = attrs.field(factory=list)
    phrases: Pairs = attrs.field(factory=list)
    keys: Pairs = attrs.field(factory=list)

    def add(self, other: Found) -> None:
        """Append the results of a track."""
        for field in attrs.fields(Found):
            getattr(self, field.name).extend(getattr(other, field.name))


def same_key(a: Key, b: Key, semitones: int = 0) -> bool:
    """Return True if b is a, transposed upwards."""
    return ((a.tonic + semitones) % 12, a.mode) == (b.tonic, b.mode)


def starts(
    analysis: Analysis, sections: NDArray[np.float64], phrases: NDArray[np.float64]
) -> tuple[Pairs, Pairs]:
    """Compare starts of sections and phrases with true ones in seconds, within a beat."""
    grid = analysis.grid
    beat = 60.0 / grid.bpm

    def right(bar: int, true: NDArray[np.float64]) -> bool:
        return bool(np.abs(true - grid.time_of_bar(bar)).min(initial=np.inf) < beat)

    return (
        [(s.confidence, right(s.start_bar, sections)) for s in analysis.sections[1:]],
        [(p.confidence, right(p.start_bar, phrases)) for p in analysis.phrases],
    )


def synthetic(track: SynthTrack) -> Found:
    """Analyze a synthesized track."""
    analysis = ConstantGridAnalyzer().analyze(track.audio, RATE)
    true = track.grid
    key = [(analysis.key.confidence, same_key(track.key, analysis.key))]
    bars = (true.beat_of(analysis.grid.downbeat_times) - true.first_downbeat) / 4
    if np.abs(bars - np.round(bars)).max() > RIGHT_BARS:
        return Found(keys=key)
    boundaries = np.array([true.time_of_bar(s.start_bar) for s in track.sections])
    phrases = np.array([true.time_of_bar(p.start_bar) for p in phrases_of(track.sections)])
    return Found(*starts(analysis, boundaries[1:], phrases), key)


def module(folder: Path) -> Found:
    """Analyze a rendered module, and the key of its transpositions."""
    audio, rate = load_audio(folder / "mix.wav")
    analysis = ConstantGridAnalyzer().analyze(audio, rate)
    keys = []
    for semitones in TRANSPOSED:
        higher = resample(audio, round(rate * 2.0 ** (semitones / 12)), RATE)
        key = find_key(find_chroma(mono_signal(higher.numpy()), RATE).strength)
        # Both have to be right for the two to agree.
        confidence = analysis.key.confidence * key.confidence
        keys.append((confidence, same_key(analysis.key, key, semitones)))
    grid = analysis.grid
    if grid.confidence < SURE_GRID or grid.downbeat_confidence < SURE_DOWNBEAT:
        return Found(keys=keys)
    rows = np.array([row[:2] for row in json.loads((folder / "grid.json").read_text())["rows"]])
    patterns = rows[np.flatnonzero(np.diff(rows[:, 1], prepend=-1)), 0]
    return Found(*starts(analysis, patterns, patterns), keys)


def collect(results: Iterator[Found]) -> Found:
    """Add up the results of tracks."""
    total = Found()
    for found in results:
        total.add(found)
    return total


def synthetic_tracks(count: int) -> Iterator[Found]:
    """Analyze as many tracks of each of both kinds."""
    for number in range(count):
        for spec in (
            a_spec(CONTENT_TRACKS + number),
            sample_spec(RANDOM_TRACKS + number, sample_rate_hz=RATE),
        ):
            try:
                yield synthetic(synthesize(spec))
            except DjtransError as error:
                print(f"{spec.seed}: {error}")


def binned(pairs: Pairs) -> list[tuple[float, float, int] | None]:
    """Return mean confidence, share that is right and number of each bin, None without any."""
    values = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    bins = np.searchsorted(BINS[1:-1], values[:, 0], side="right")
    rows = [values[bins == index] for index in range(len(BINS) - 1)]
    return [(*(float(x) for x in row.mean(axis=0)), len(row)) if len(row) else None for row in rows]


def plot(kinds: dict[str, Pairs], file: Path) -> None:
    """Plot the share that is right over the confidence; marks grow with the number of cases."""
    figure, axes = plt.subplots(1, 2, figsize=(8.0, 4.2), sharey=True, constrained_layout=True)
    panels = {"synthesized tracks": axes[0], "tracker modules": axes[1]}
    for place, axis in panels.items():
        axis.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        for name, pairs in kinds.items():
            if not name.endswith(place) or not pairs:
                continue
            mean, right, number = np.array([row for row in binned(pairs) if row]).T
            axis.plot(mean, right, linewidth=1, label=name.partition(",")[0], zorder=2)
            axis.scatter(mean, right, s=4 + 3 * np.sqrt(number), zorder=3)
        axis.set(title=place, xlabel="confidence", xlim=(0, 1.02), ylim=(0, 1.04))
        if axis.get_legend_handles_labels()[0]:
            axis.legend(loc="lower right", frameon=False)
    axes[0].set_ylabel("share that is right")
    figure.savefig(file, dpi=110)


def table(kinds: dict[str, Pairs]) -> str:
    """Return the table: mean confidence, share that is right and number of cases of each bin."""
    header = ("", *(f"{low:g} to {high:g}" for low, high in pairwise(BINS)))
    rows = [
        (name, *(f"{row[0]:.2f}: {row[1]:.2f} ({row[2]})" if row else "" for row in binned(pairs)))
        for name, pairs in kinds.items()
    ]
    return markdown_table(header, rows)


def main() -> None:
    """Print the table and write the plot."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=40, help="tracks of each synthetic kind")
    parser.add_argument("--modules", type=Path, help="folder of folders with mix.wav and grid.json")
    parser.add_argument("--picture", type=Path, help="file of the reliability plot")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    kinds: dict[str, Pairs] = {}
    found = collect(synthetic_tracks(arguments.count))
    kinds["section starts, synthesized tracks"] = found.boundaries
    kinds["phrase starts, synthesized tracks"] = found.phrases
    kinds["keys, synthesized tracks"] = found.keys
    if arguments.modules:
        folders = sorted(file.parent for file in arguments.modules.glob("*/mix.wav"))
        found = collect(map(module, folders))
        kinds["section starts, tracker modules"] = found.boundaries
        kinds["phrase starts, tracker modules"] = found.phrases
        kinds["keys that follow a transposition, tracker modules"] = found.keys
    print(table(kinds))
    if arguments.picture:
        plot(kinds, arguments.picture)


if __name__ == "__main__":
    main()
