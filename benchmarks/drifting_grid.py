"""How well beats of a tempo that is not constant are followed, beside librosa's beat tracker.

Run ``python benchmarks/drifting_grid.py``. Synthesized tracks are played with another tempo at each
beat, so that the true beats are known. Prints a Markdown table: a row for each kind of drift, over
one track of each genre.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from grid_cases import Audio
from numpy.typing import NDArray

from djtrans.plugins.analyzers.constant_grid import ConstantGridAnalyzer
from djtrans.synthesis import sample_spec, synthesize

_RATE = 22050
_GENRES = ("house", "techno", "breakbeat", "drum-and-bass", "half-time", "swing")
_STRUCTURE = (("intro", 8), ("drop", 16), ("break", 8), ("drop", 16), ("outro", 8))
Floats = NDArray[np.float64]


def tempo_curves(beats: int, rng: np.random.Generator) -> dict[str, Floats]:
    """Tempo of each beat relative to the track's, by kind of drift."""
    beat = np.arange(beats)
    walk = np.cumsum(rng.standard_normal(beats)) * 0.0025
    return {
        "constant": np.ones(beats),
        "a random walk of 0.25 % a beat": 1.0 + walk - walk.mean(),
        "a ramp of 6 %": np.linspace(0.97, 1.03, beats),
        "a wave of 1.2 % in 90 beats": 1.0 + 0.012 * np.sin(2 * np.pi * beat / 90),
        "a wave of 0.4 % in 40 beats": 1.0 + 0.004 * np.sin(2 * np.pi * beat / 40),
        "5 % faster from the middle of the first drop": np.where(beat < 64, 1.0, 1.05),
    }


def played(seed: int, genre: str, curve: str) -> tuple[Audio, Floats, float]:
    """A track with that drift, its true beats, and its tempo."""
    spec = sample_spec(
        seed,
        genre,
        sample_rate_hz=_RATE,
        structure=_STRUCTURE,
        intro="drums",
        ending="cut",
        start_seconds=0.0,
    )
    track = synthesize(spec)
    grid = track.grid.beat_times
    tempo = spec.bpm * tempo_curves(len(grid), np.random.default_rng([seed, 1]))[curve]
    beats = np.concatenate([[0.0], np.cumsum(60.0 / tempo[:-1])])
    at = np.interp(np.arange(int(beats[-1] * _RATE)) / _RATE, beats, grid) * _RATE
    mono = track.audio.mean(dim=0).numpy()
    return np.interp(at, np.arange(len(mono)), mono).astype(np.float32), beats, spec.bpm


def miss_ms(found: Floats, beats: Floats, bpm: float) -> Floats:
    """Distance of each beat from the nearest true one (or the middle of two, an octave up)."""
    position = np.interp(found, beats, np.arange(len(beats)))
    twice = len(found) > 1.5 * len(beats)
    step = 0.5 if twice else 1.0
    return np.abs(position / step - np.round(position / step)) * step * 60_000.0 / bpm


def main() -> None:
    """Print the table."""
    import librosa

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(
        "| drift | tracks | grid constant | beats off by ms: median, 95 % | the one | confidence, "
        "least | librosa: beats off by ms: median, 95 % |"
    )
    print("|---|---|---|---|---|---|---|")
    for kind in tempo_curves(8, np.random.default_rng(0)):
        ours: list[Floats] = []
        others: list[Floats] = []
        constant = ones = 0
        confidences = []
        for number, genre in enumerate(_GENRES):
            mono, beats, bpm = played(1000 * (arguments.seed + 1) + number, genre, kind)
            grid = ConstantGridAnalyzer().analyze(torch.from_numpy(mono)[None], _RATE).grid
            ours.append(miss_ms(grid.beat_times, beats, bpm))
            first = float(np.interp(grid.time_of_bar(0), beats, np.arange(len(beats))))
            ones += round(first, 1) % 4 == 0
            constant += grid.constant
            confidences.append(grid.confidence)
            _, found = librosa.beat.beat_track(y=mono, sr=_RATE, units="time")
            others.append(miss_ms(np.asarray(found), beats, bpm))
        cells = [kind, str(len(_GENRES)), str(constant), _spread(ours), str(ones)]
        cells += [f"{min(confidences):.2f}", _spread(others)]
        print("| " + " | ".join(cells) + " |", flush=True)


def _spread(misses: list[Floats]) -> str:
    """Median over tracks of each track's median and 95th percentile."""
    middle, most = (np.median([np.percentile(m, share) for m in misses]) for share in (50, 95))
    return f"{middle:.1f}, {most:.1f}"


if __name__ == "__main__":
    main()
