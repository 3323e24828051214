"""How exact and how fast the beat grid is, beside librosa's beat tracker on the same audio.

Run ``python benchmarks/beat_grid.py [folder]``; the folder holds the tracks named below, whose
beat k falls at k * 60 / BPM seconds. Prints a Markdown table. librosa's beats are regressed to a
line, so that it is judged by its whole track and not by its quantised tempo. Seconds are CPU time
of one thread; librosa's one-time compilation is not counted.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from djtrans.plugins.analyzers.constant_grid import ConstantGridAnalyzer

TRACKS = {
    "TameAnderson-MakeMe": 140.0,
    "EsoXLB-CPU": 128.0,
    "Oglsdl-Dr8v2": 120.0,
    "Impulslogik-Zen": 140.0,
    "StrictProduction-DearJonDoe": 174.0,
}
#: Start and length in seconds (0: to the end), speed, and silence put before it.
CASES = {
    "whole": (0.0, 0.0, 1.0, 0.0),
    "from 17.3 s": (17.3, 0.0, 1.0, 0.0),
    "61.7 s from 67.9 s": (67.9, 61.7, 1.0, 0.0),
    "5.21 s of silence first": (0.0, 0.0, 1.0, 5.21),
    "+1.3 %": (0.0, 0.0, 1.013, 0.0),
    "-2.7 %": (0.0, 0.0, 0.973, 0.0),
}


def tempo_error_percent(bpm: float, true_bpm: float) -> float:
    """Relative error of the tempo after folding octaves."""
    ratio = bpm / true_bpm
    return 100.0 * (ratio / 2.0 ** round(np.log2(ratio)) - 1.0)


def phase_error_ms(beats: NDArray[np.float64], true_bpm: float, start: float) -> float:
    """Median distance of beats from the nearest true beat."""
    position = (beats - start) * true_bpm / 60.0
    return float(np.median(np.abs(position - np.round(position))) * 60_000.0 / true_bpm)


def librosa_beats(audio: NDArray[np.float32], rate: int) -> tuple[float, NDArray[np.float64]]:
    """Tempo by regression over the beats of librosa's tracker, and the beats."""
    import librosa

    _, beats = librosa.beat.beat_track(y=audio, sr=rate, units="time")
    period = np.polyfit(np.arange(len(beats)), beats, 1)[0]
    return 60.0 / float(period), np.asarray(beats)


def main() -> None:
    """Measure every case of every track."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "tracks"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--no-librosa", action="store_true", help="leave the comparison out")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warm = False
    print(
        "| track | case | tempo error % | phase ms | the one | confidence (grid, one) | CPU s "
        "| librosa tempo error % | phase ms | CPU s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, bpm in TRACKS.items():
        samples, rate = soundfile.read(
            arguments.folder / f"{name}.ogg", dtype="float32", always_2d=True
        )
        for case, (cut, length, speed, silence) in CASES.items():
            first = round(cut * rate)
            last = round((cut + length) * rate) if length else len(samples)
            played_at = round(rate * speed)
            part = np.pad(samples[first:last], ((round(silence * rate), 0), (0, 0)))
            true_bpm = bpm * played_at / rate
            zero = (round(silence * rate) - first) / played_at
            begin = time.process_time()
            grid = ConstantGridAnalyzer().analyze(torch.from_numpy(part.T.copy()), played_at).grid
            seconds = time.process_time() - begin
            octave = 2.0 ** round(np.log2(grid.bpm / true_bpm))
            one = round((grid.time_of_bar(0) - zero) * true_bpm / 60.0, 1) % (4 / min(octave, 1.0))
            phase = phase_error_ms(grid.beat_times, true_bpm * octave, zero)
            row = [
                name,
                case,
                f"{tempo_error_percent(grid.bpm, true_bpm):+.4f}",
                f"{phase:.1f}",
                "right" if one % 4 == 0 else f"{one:g} beats late",
                f"{grid.confidence:.2f}, {grid.downbeat_confidence:.2f}",
                f"{seconds:.1f}",
            ]
            if not arguments.no_librosa and case in ("whole", "from 17.3 s"):
                mono = part.mean(axis=1)
                if not warm:
                    librosa_beats(mono[: 20 * rate], rate)
                    warm = True
                begin = time.process_time()
                other_bpm, beats = librosa_beats(mono, played_at)
                row += [
                    f"{tempo_error_percent(other_bpm, true_bpm):+.3f}",
                    f"{phase_error_ms(beats, true_bpm, zero):.1f}",
                    f"{time.process_time() - begin:.1f}",
                ]
            else:
                row += ["", "", ""]
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
