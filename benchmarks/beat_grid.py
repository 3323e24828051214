"""How exact and how fast the beat grid is, beside librosa's beat tracker on the same audio.

Run ``python benchmarks/beat_grid.py FOLDER --results DIR``; the folder holds the tracks named in
``grid_cases.py``. Each case is written to the results as soon as it is done, and a second run goes
on where the first one stopped. Prints Markdown tables: the real tracks by what was done to them,
the synthesized ones by genre, and every case that is not right. A number in bold is less than all.

librosa gets the mix at 22050 Hz, its default, and its beats are regressed to a line, so that it is
judged by the whole track and not by its quantised tempo. It finds no downbeats. Seconds are CPU
time for four minutes of audio, without reading, synthesizing and one-time compilation.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from grid_cases import Audio, Case, real_cases, synthesized_cases
from numpy.typing import NDArray

from djtrans.core.audio.resampling import resample
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.plugins.analyzers.constant_grid import ConstantGridAnalyzer

TEMPO_PERCENT, PHASE_MS = 0.05, 20.0
_LIBROSA_RATE = 22050

Records = dict[str, dict[str, Any]]


def tempo_error_percent(bpm: float, true_bpm: float) -> float:
    """Relative error of the tempo after folding octaves."""
    ratio = bpm / true_bpm
    return 100.0 * (ratio / 2.0 ** round(np.log2(ratio)) - 1.0)


def phase_error_ms(beats: NDArray[np.float64], found_bpm: float, case: Case) -> float:
    """Median distance of beats from the nearest true beat, counted in the octave that was found."""
    bpm = case.bpm * 2.0 ** max(0, round(np.log2(found_bpm / case.bpm)))
    position = (beats - case.one_seconds) * bpm / 60.0
    return float(np.median(np.abs(position - np.round(position))) * 60_000.0 / bpm)


def beats_late(grid: BeatGrid, case: Case) -> float:
    """True beats from a true one to the one that was found, 0 where it is right.

    A bar of 87 BPM is two of 174, so either of two ones is right where the tempo is half, and the
    bar is half as long where it is double.
    """
    octave = 2.0 ** round(np.log2(grid.bpm / case.bpm))
    late = (grid.time_of_bar(0) - case.one_seconds) * case.bpm / 60.0
    return round(late, 1) % (4.0 / max(octave, 1.0))


def librosa_beats(audio: Audio, rate: int) -> tuple[float, NDArray[np.float64]]:
    """Tempo by regression over the beats of librosa's tracker, and the beats."""
    import librosa

    _, beats = librosa.beat.beat_track(y=audio, sr=rate, units="time")
    if len(beats) < 2:
        return float("nan"), np.asarray(beats)
    period = np.polyfit(np.arange(len(beats)), beats, 1)[0]
    return 60.0 / float(period), np.asarray(beats)


def measure(case: Case) -> dict[str, Any]:
    """One case as a JSON-ready record."""
    samples, rate = case.load()
    audio = torch.from_numpy(np.ascontiguousarray(samples.T))
    begin = time.process_time()
    grid = ConstantGridAnalyzer().analyze(audio, rate).grid
    return {
        "name": case.name,
        "seconds": audio.shape[1] / rate,
        "constant": grid.constant,
        "tempo_percent": tempo_error_percent(grid.bpm, case.bpm),
        "phase_ms": phase_error_ms(grid.beat_times, grid.bpm, case),
        "beats_late": beats_late(grid, case),
        "confidence": grid.confidence,
        "downbeat_confidence": grid.downbeat_confidence,
        "cpu_seconds": time.process_time() - begin,
    }


def measure_librosa(case: Case) -> dict[str, Any]:
    """The same of librosa, where it has it."""
    samples, rate = case.load()
    mono = resample(torch.from_numpy(samples.mean(axis=1)), rate, _LIBROSA_RATE).numpy()
    begin = time.process_time()
    bpm, beats = librosa_beats(mono, _LIBROSA_RATE)
    seconds = time.process_time() - begin
    found = bpm == bpm
    return {
        "name": case.name,
        "seconds": len(samples) / rate,
        "tempo_percent": tempo_error_percent(bpm, case.bpm) if found else None,
        "phase_ms": phase_error_ms(beats, bpm, case) if found else None,
        "cpu_seconds": seconds,
    }


def tempo_right(record: dict[str, Any]) -> bool:
    """Whether the tempo is within the goal."""
    error = record["tempo_percent"]
    return error is not None and abs(error) <= TEMPO_PERCENT


def phase_right(record: dict[str, Any]) -> bool:
    """Whether the beats are within the goal."""
    error = record["phase_ms"]
    return error is not None and error <= PHASE_MS


def one_right(record: dict[str, Any]) -> bool:
    """Whether the one is the one."""
    return phase_right(record) and record["beats_late"] == 0.0


def print_summary(
    title: str, groups: dict[str, list[str]], ours: Records, librosas: Records
) -> None:
    """One row for each group of names and one for all."""
    print(
        f"| {title} | tracks | tempo | beats | the one | confidence of the grid: right, wrong "
        "| of the one: right, wrong | CPU s | librosa: tempo | beats | CPU s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    everything = [name for names in groups.values() for name in names]
    for group, names in [*groups.items(), ("all", everything)]:
        rows = [ours[name] for name in names]
        grid_ok = [tempo_right(r) and phase_right(r) for r in rows]
        one_ok = [one_right(r) for r in rows]
        cells = [
            group,
            str(len(rows)),
            _count(map(tempo_right, rows)),
            _count(map(phase_right, rows)),
            _count(one_ok),
            _medians([r["confidence"] for r in rows], grid_ok),
            _medians([r["downbeat_confidence"] for r in rows], one_ok),
            _cpu(rows),
        ]
        others = [librosas[name] for name in names if name in librosas]
        if len(others) == len(rows):
            cells += [
                _count(map(tempo_right, others)),
                _count(map(phase_right, others)),
                _cpu(others),
            ]
        else:
            cells += ["", "", ""]
        print("| " + " | ".join(cells) + " |")
    print()


def print_misses(records: list[dict[str, Any]]) -> None:
    """Every case that is not right in every way."""
    print("| not right | tempo error % | beats off by ms | the one | confidence (grid, one) |")
    print("|---|---|---|---|---|")
    for r in records:
        if tempo_right(r) and one_right(r):
            continue
        late = "" if not phase_right(r) else f"{r['beats_late']:g} beats late"
        print(
            f"| {r['name']} | {r['tempo_percent']:+.3f} | {r['phase_ms']:.1f} | "
            f"{'right' if one_right(r) else late} | "
            f"{r['confidence']:.2f}, {r['downbeat_confidence']:.2f} |"
        )
    print()


def _count(right: Iterable[bool]) -> str:
    values = list(right)
    return f"{sum(values)}" if all(values) else f"**{sum(values)}**"


def _cpu(records: list[dict[str, Any]]) -> str:
    return f"{np.mean([240 * r['cpu_seconds'] / r['seconds'] for r in records]):.1f}"


def _medians(confidences: list[float], right: list[bool]) -> str:
    parts = []
    for wanted in (True, False):
        chosen = [c for c, ok in zip(confidences, right, strict=True) if ok == wanted]
        parts.append(f"{np.median(chosen):.2f}" if chosen else "-")
    return ", ".join(parts)


def completed(cases: list[Case], path: Path, measured: Callable[[Case], dict[str, Any]]) -> Records:
    """Records of all cases: read from the file, or measured and added to it."""
    lines = path.read_text().splitlines() if path.exists() else []
    done = {record["name"]: record for record in map(json.loads, lines)}
    for case in cases:
        if case.name not in done:
            done[case.name] = measured(case)
            with path.open("a") as results:
                results.write(json.dumps(done[case.name]) + "\n")
    return done


def main() -> None:
    """Measure what is not in the results yet, then print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "tracks"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--results", type=Path, default=Path("beat_grid_results"))
    parser.add_argument("--synthesized", type=int, default=100, metavar="N")
    parser.add_argument("--seed", type=int, default=0, help="of crops and synthesized tracks")
    parser.add_argument("--no-librosa", action="store_true", help="leave the comparison out")
    parser.add_argument("--only-librosa", action="store_true", help="measure it, print nothing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.results.mkdir(parents=True, exist_ok=True)
    tables = {
        "real tracks": list(real_cases(arguments.folder, arguments.seed)),
        "synthesized tracks": list(synthesized_cases(arguments.synthesized, arguments.seed)),
    }
    cases = [case for table in tables.values() for case in table]
    librosas: Records = {}
    if not arguments.no_librosa:
        # Compiled once, uncounted.
        noise = np.random.default_rng(0).standard_normal(10 * _LIBROSA_RATE)
        librosa_beats(noise.astype(np.float32), _LIBROSA_RATE)
        librosas = completed(cases, arguments.results / "librosa.jsonl", measure_librosa)
    if arguments.only_librosa:
        return
    ours = completed(cases, arguments.results / "djtrans.jsonl", measure)
    for title, table in tables.items():
        groups: dict[str, list[str]] = {}
        for case in table:
            groups.setdefault(case.group, []).append(case.name)
        if groups:
            print_summary(title, groups, ours, librosas)
    print_misses([ours[case.name] for case in cases])


if __name__ == "__main__":
    main()
