"""Beat grids of real music against its truth: tempo, beats, downbeats, and calibration.

    python benchmarks/module_grids.py --modules FOLDER --cache DIR --songs FOLDER --tracks FOLDER \
        --results grids.json --plot grids.png

Each track is analyzed as it is, without its first 7.3 s, and 3.7 % faster. Of the admissible
metrical levels (annotated, listed alternative, octave) the one that matches best is taken. A grid
is right if 95 % of its beats, and of the true beats, match one of the other within 15 ms over the
whole length; its downbeats are right if 95 % of those that are compared are bar lines of the score.
Prints Markdown tables; the plot shows how often grids of each confidence are right. A stopped run
goes on.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _results import results
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from module_cases import (
    VARIANTS,
    Case,
    Floats,
    Level,
    module_cases,
    song_cases,
    track_cases,
    with_variants,
)

from djtrans.core.errors import DjtransError
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.plot.save import save_figure
from djtrans.plugins.analyzers.constant_grid import ConstantGridAnalyzer

TOLERANCE_SECONDS = 0.015
#: Fraction of the beats, or of the downbeats, that must match.
RIGHT = 0.95
#: Beats over which a tempo is measured.
_TEMPO_BEATS = 16
_EDGES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)
Row = dict[str, Any]
#: Name, count, mean confidence and fraction that is right.
Bin = tuple[str, int, float, float]


def measure(case: Case) -> Row:
    """Analyze a case, and compare its grid with the truth."""
    samples, rate = case.load()
    audio = torch.from_numpy(np.ascontiguousarray(samples.T))
    about = {"name": case.name, "source": case.source, "variant": case.variant}
    about["seconds"] = audio.shape[1] / rate
    begin = time.process_time()
    try:
        grid = ConstantGridAnalyzer().analyze(audio, rate).grid
    except DjtransError as error:
        return {**about, "error": str(error)}
    seconds = time.process_time() - begin
    return {**about, "cpu_seconds": seconds, **compare(grid, case)}


def compare(grid: BeatGrid, case: Case) -> Row:
    """Compare a grid with the admissible levels of a case."""
    level = max(case.levels, key=lambda level: matched(grid.beat_times, level.beats))
    true_bpm = min(
        (_bpm(known.beats) for known in case.levels), key=lambda bpm: abs(grid.bpm - bpm)
    )
    return {
        "bpm": grid.bpm,
        "constant": grid.constant,
        "confidence": grid.confidence,
        "downbeat_confidence": grid.downbeat_confidence,
        "level": level.name,
        "true_bpm": _bpm(case.levels[0].beats),
        "tempo": _tempo_class(grid.bpm, case),
        "tempo_percent": 100.0 * (grid.bpm / true_bpm - 1.0),
        "beats": matched(grid.beat_times, level.beats),
        "downbeats": downbeats_right(grid, level) if case.bars_known else None,
    }


def matched(found: Floats, beats: Floats) -> float:
    """Return the lesser fraction of beats, found or true, within 15 ms of one of the other."""
    margin = 0.5 * float(np.median(np.diff(beats)))
    found = found[(found > beats[0] - margin) & (found < beats[-1] + margin)]
    beats = beats[beats >= -TOLERANCE_SECONDS]
    if len(found) == 0 or len(beats) == 0:
        return 0.0
    near = (_distance(found, beats), _distance(beats, found))
    return min(float(np.mean(apart <= TOLERANCE_SECONDS)) for apart in near)


def downbeats_right(grid: BeatGrid, level: Level) -> float:
    """Return the fraction of the found downbeats that are bar lines, to an eighth of a beat."""
    beat = float(np.median(np.diff(level.beats)))
    found = grid.downbeat_times
    found = found[(found > level.beats[0] - beat / 2) & (found < level.beats[-1] + beat / 2)]
    if len(found) == 0 or len(level.downbeats) == 0:
        return 0.0
    return float(np.mean(_distance(found, level.downbeats) <= beat / 8))


def _distance(times: Floats, others: Floats) -> Floats:
    """Compute the distance of each time from the nearest of the others."""
    after = np.clip(np.searchsorted(others, times), 1, max(1, len(others) - 1))
    nearest = np.minimum(
        np.abs(times - others[after - 1]), np.abs(times - others[min(1, len(others) - 1) * after])
    )
    return np.asarray(nearest)


def _bpm(beats: Floats) -> float:
    """Measure the median tempo over some beats: rows are only known to 1.5 ms."""
    apart = min(_TEMPO_BEATS, len(beats) - 1)
    return 60.0 * apart / float(np.median(beats[apart:] - beats[:-apart]))


def _tempo_class(bpm: float, case: Case) -> str:
    """Name the relation of a tempo to the annotated one."""
    tempos = {level.name: _bpm(level.beats) for level in reversed(case.levels)}
    for name in ("annotated", "alternative", "octave"):
        if name in tempos and abs(bpm / tempos[name] - 1.0) < 0.005:
            return name
    octaves = np.log2(bpm / _bpm(case.levels[0].beats))
    for name, ratio in (("octave", 1.0), ("3:2", 1.5), ("4:3", 4.0 / 3.0)):
        apart = octaves - np.log2(ratio)
        if abs(apart - round(apart)) < 0.01:
            return name
    return "other"


def grid_right(row: Row) -> bool:
    """Return True if the beats are right over the whole length."""
    return "error" not in row and bool(row["beats"] >= RIGHT)


def downbeats_are_right(row: Row) -> bool:
    """Return True if beats and bars are right over the whole length."""
    return grid_right(row) and bool(row["downbeats"] >= RIGHT)


def print_summary(rows: list[Row]) -> None:
    """Print a row for each variant and source."""
    print(
        "| | tracks | tempo | beats | share of beats | downbeats | confidence of grids: right, "
        "wrong | of downbeats: right, wrong | right grids below 0.25 | wrong above 0.8 | CPU s for "
        "4 min |\n|---|---|---|---|---|---|---|---|---|---|---|"
    )
    groups = {variant: [r for r in rows if r["variant"] == variant] for variant in VARIANTS}
    sources = dict.fromkeys(r["source"] for r in rows)
    groups |= {source: [r for r in rows if r["source"] == source] for source in sources}
    for name, chosen in {**groups, "all": rows}.items():
        chosen = [r for r in chosen if "error" not in r]
        barred = [r for r in chosen if r["downbeats"] is not None]
        right = [grid_right(r) for r in chosen]
        length = sum(r["seconds"] for r in chosen)
        cells = [
            name,
            str(len(chosen)),
            str(sum(r["tempo"] in ("annotated", "alternative", "octave") for r in chosen)),
            str(sum(right)),
            f"{np.mean([r['beats'] for r in chosen]):.2f}",
            f"{sum(downbeats_are_right(r) for r in barred)} of {len(barred)}",
            _medians([r["confidence"] for r in chosen], right),
            _medians(
                [r["downbeat_confidence"] for r in barred], list(map(downbeats_are_right, barred))
            ),
            str(sum(ok and r["confidence"] < 0.25 for r, ok in zip(chosen, right, strict=True))),
            str(sum(not ok and r["confidence"] > 0.8 for r, ok in zip(chosen, right, strict=True))),
            f"{240 * sum(r['cpu_seconds'] for r in chosen) / length:.1f}",
        ]
        print("| " + " | ".join(cells) + " |")
    print()


def _medians(confidences: list[float], right: list[bool]) -> str:
    parts = []
    for wanted in (True, False):
        chosen = [c for c, ok in zip(confidences, right, strict=True) if ok == wanted]
        parts.append(f"{np.median(chosen):.2f}" if chosen else "-")
    return ", ".join(parts)


def print_cases(rows: list[Row]) -> None:
    """Print every case whose beats or downbeats are wrong, or whose right beats are distrusted."""
    print(
        "| case | seconds | true BPM | found | tempo | constant | beats | downbeats | confidence "
        "(grid, downbeats) |\n|---|---|---|---|---|---|---|---|---|"
    )
    for r in sorted(rows, key=lambda r: (r["name"], VARIANTS.index(r["variant"]))):
        name = f"{r['name']}, {r['variant']} | {r['seconds']:.0f}"
        if "error" in r:
            print(f"| {name} | {r['error'][:40]} | | | | | | |")
            continue
        barred = r["downbeats"] is not None
        sure = r["confidence"] >= 0.25
        if (downbeats_are_right(r) if barred else grid_right(r)) and sure:
            continue
        downbeats = f"{r['downbeats']:.2f}" if barred else ""
        print(
            f"| {name} | {r['true_bpm']:.2f} | {r['bpm']:.2f} | {r['tempo']} | "
            f"{'yes' if r['constant'] else 'no'} | {r['beats']:.2f} | {downbeats} | "
            f"{r['confidence']:.2f}, {r['downbeat_confidence']:.2f} |"
        )
    print()


def reliability(
    confidences: Iterable[float], right: Iterable[bool]
) -> Iterator[tuple[str, int, float, float]]:
    """Yield name, count, mean confidence and fraction that is right of each bin."""
    values, ok = np.array(list(confidences)), np.array(list(right))
    for low, high in pairwise(_EDGES):
        inside = (values >= low) & ((values < high) | (high == _EDGES[-1]))
        if inside.any():
            yield (
                f"{low:g} to {high:g}",
                int(inside.sum()),
                float(values[inside].mean()),
                float(ok[inside].mean()),
            )


def print_reliability(rows: list[Row]) -> None:
    """Print the fraction that is right for each range of the confidence."""
    for title, key, chosen, right in _confidences(rows):
        print(f"| confidence of {title} | tracks | mean | right |\n|---|---|---|---|")
        for name, count, mean, share in reliability([r[key] for r in chosen], map(right, chosen)):
            print(f"| {name} | {count} | {mean:.2f} | {share:.2f} |")
        print()


def _confidences(rows: list[Row]) -> list[tuple[str, str, list[Row], Any]]:
    valid = [r for r in rows if "error" not in r]
    barred = [r for r in valid if r["downbeats"] is not None and grid_right(r)]
    return [
        ("grids", "confidence", valid, grid_right),
        ("downbeats", "downbeat_confidence", barred, downbeats_are_right),
    ]


def plot_reliability(rows: list[Row], path: Path) -> None:
    """Plot the fraction that is right over the confidence, with counts."""
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    for axes, (title, key, chosen, right) in zip(
        figure.subplots(1, 2, squeeze=True), _confidences(rows), strict=True
    ):
        bins = list(reliability([r[key] for r in chosen], map(right, chosen)))
        _plot_bins(axes, title, bins)
    save_figure(figure, path)


def _plot_bins(axes: Axes, title: str, bins: list[Bin]) -> None:
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--", label="calibrated")
    means, shares = [b[2] for b in bins], [b[3] for b in bins]
    axes.plot(means, shares, marker="o", label="measured")
    for (_, count, _, _), x, y in zip(bins, means, shares, strict=True):
        axes.annotate(str(count), (x, y), textcoords="offset points", xytext=(6, -12))
    axes.set(xlim=(0, 1.03), ylim=(-0.03, 1.05))
    axes.set(title=f"Confidence of {title}", xlabel="mean confidence", ylabel="fraction right")
    axes.legend(loc="upper left")


def main() -> None:
    """Measure what is not in the results yet, print the tables, and plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modules", type=Path, help="folder with annotations.json and render.py")
    parser.add_argument("--cache", type=Path, default=Path("modules"), help="of rendered modules")
    parser.add_argument("--songs", type=Path, help="folder of songs with notes.mid")
    parser.add_argument("--tracks", type=Path, help="folder of the tracks of grid_cases.py")
    parser.add_argument("--results", type=Path, default=Path("module_grids.json"))
    parser.add_argument("--plot", type=Path, help="reliability plot to write")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cases: dict[str, Case] = {}
    for folder, found in (
        (arguments.modules, lambda path: module_cases(path, arguments.cache)),
        (arguments.songs, song_cases),
        (arguments.tracks, track_cases),
    ):
        for case in found(folder) if folder else ():
            cases |= {f"{c.name}, {c.variant}": c for c in with_variants(case)}
    rows = results(list(cases), lambda name: measure(cases[name]), arguments.results)
    rows = [r for r in rows if r["case"] in cases]
    print()
    print_summary(rows)
    print_reliability(rows)
    print_cases(rows)
    if arguments.plot:
        plot_reliability(rows, arguments.plot)


if __name__ == "__main__":
    main()
