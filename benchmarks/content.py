"""How well key, sections and vocals are found, on synthetic tracks and with a voice over real ones.

    python benchmarks/content.py

Prints the tables of docs/analysis.md and the weights of the vocal detector. Tracks are synthesized
with ever other tempo, key, drums, structure, bass, intro, ending, singing.
The voice over real music is the synthetic one, in the track's own tempo, and each real track is
measured with weights fitted to other synthetic tracks and to the other real ones.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import attrs
import numpy as np
import torch
from numpy.typing import NDArray

from djtrans.core.audio.io import load_audio
from djtrans.core.track.analysis import Section
from djtrans.core.track.key import Key
from djtrans.core.util.tables import markdown_table
from djtrans.plugins.analyzers.constant_grid import ConstantGridAnalyzer
from djtrans.plugins.analyzers.vocal import (
    WEIGHTS,
    Weights,
    likelihood,
    log_features,
    vocal_features,
)
from djtrans.synthesis import TrackSpec, synthesize
from djtrans.synthesis.track_spec import DRUM_STYLES

FOLDER = Path(os.environ.get("DJTRANS_TRACKS") or "../shared/tracks")
RATE = 22050
#: Tempo of the real tracks, whose bars start with the first sample.
BPM = {
    "TameAnderson-MakeMe": 140.0,
    "EsoXLB-CPU": 128.0,
    "Oglsdl-Dr8v2": 120.0,
    "Impulslogik-Zen": 140.0,
    "StrictProduction-DearJonDoe": 174.0,
}
#: The voice against the track's mean level, while it sings.
VOICE_DB = (-12.0, -6.0, 0.0)
STRUCTURES = (
    (("intro", 16), ("build", 8), ("drop", 16), ("break", 8), ("drop", 16), ("outro", 8)),
    (
        *(("intro", 8), ("break", 8), ("build", 4), ("drop", 16)),
        *(("break", 16), ("build", 8), ("drop", 16), ("outro", 8)),
    ),
    (("intro", 8), ("drop", 24), ("break", 12), ("drop", 16), ("outro", 16)),
    (("intro", 16), ("drop", 8), ("break", 8), ("build", 8), ("drop", 32), ("outro", 8)),
)
TEMPOS = {
    "drum-and-bass": (165.0, 178.0),
    "half-time": (135.0, 150.0),
    "trap": (130.0, 150.0),
    "breakbeat": (125.0, 140.0),
}
#: First numbers of the tracks that are measured, and of those that the weights are fitted to.
MEASURED, FITTED = 500, 0


@attrs.frozen(eq=False)
class Bars:
    """What is known of the bars of one piece of audio: 1 sung, 0 not, -1 undecided."""

    features: NDArray[np.float64]
    sung: NDArray[np.int64]
    weights: Weights = WEIGHTS

    @property
    def likelihood(self) -> NDArray[np.float64]:
        """What the detector says, with these weights."""
        return likelihood(self.features, self.weights)


def a_spec(number: int) -> TrackSpec:
    """One of many kinds of track."""
    rng = np.random.default_rng([77, number])
    style = DRUM_STYLES[number % len(DRUM_STYLES)]
    return TrackSpec(
        bpm=round(float(rng.uniform(*TEMPOS.get(style, (118.0, 136.0)))), 2),
        tonic=int(rng.integers(12)),
        mode="major" if rng.random() < 0.35 else "minor",
        seed=1000 + number,
        drums=style,
        swing=float(rng.choice([0.0, 0.0, 0.4])),
        has_vocals=bool(rng.random() < 0.8),
        singing=str(rng.choice(["spaced", "dense"])),
        bass=str(rng.choice(["full", "sub", "mid"])),
        intro=str(rng.choice(["drums", "sparse", "beatless", "vocal"])),
        ending=str(rng.choice(["cut", "fade-out", "cold"])),
        sample_rate_hz=RATE,
        structure=STRUCTURES[rng.integers(len(STRUCTURES))],
    )


def sung_bars(voice: NDArray[np.float32], times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Bars within 15 dB of a loud bar of the voice are sung; 35 dB below, it is silent."""
    edges = np.round(times * RATE).astype(int)
    power = np.array([np.mean(voice[:, a:b] ** 2) for a, b in pairwise(edges)])
    if not power.any():
        return np.zeros(len(power), dtype=np.int64)
    level = 10.0 * np.log10(power / np.percentile(power[power > 0], 90) + 1e-12)
    return np.where(level > -15.0, 1, np.where(level < -35.0, 0, -1))


def hear(
    audio: NDArray[np.float32], voice: NDArray[np.float32], times: NDArray[np.float64]
) -> Bars:
    """Features, likelihood and truth of each bar."""
    return Bars(
        vocal_features(audio, RATE, times),
        sung_bars(voice, times),
    )


def synthetic_bars(first: int, count: int) -> list[Bars]:
    """Synthetic tracks of consecutive numbers."""
    heard = []
    for number in range(first, first + count):
        track = synthesize(a_spec(number))
        audio, voice = track.audio.numpy(), track.stems["vocals"].numpy()
        heard.append(hear(audio, voice, track.grid.downbeat_times))
    return heard


def real_bars(folder: Path) -> Iterator[tuple[str, dict[str, Bars]]]:
    """Each real track, alone and with a voice over it."""
    for number, (name, bpm) in enumerate(BPM.items()):
        path = folder / f"{name}.ogg"
        if not path.exists():
            continue
        audio = load_audio(path, RATE)[0].numpy()
        cycle = (("intro", 8), ("drop", 16), ("intro", 8), ("break", 8))
        repeats = int(audio.shape[1] / RATE / (240.0 / bpm)) // 40
        track = synthesize(
            TrackSpec(
                bpm=bpm,
                seed=50 + number,
                structure=cycle * repeats,
                singing=("spaced", "dense")[number % 2],
                sample_rate_hz=RATE,
            )
        )
        voice = track.stems["vocals"].numpy()
        audio = audio[:, : voice.shape[1]]
        times, sings = track.grid.downbeat_times, np.abs(voice).max(axis=0) > 1e-3
        level = float(np.sqrt(np.mean(audio**2) / np.mean(voice[:, sings] ** 2)))
        heard = {"none": hear(audio, np.zeros_like(voice), times)}
        for gain_db in VOICE_DB:
            mix = audio + level * 10.0 ** (gain_db / 20.0) * voice
            heard[f"{gain_db:+.0f} dB"] = hear(mix, voice, times)
        yield name, heard


def area(bars: list[Bars]) -> float:
    """Probability that a sung bar scores higher than one that is not (area under the ROC curve)."""
    score = np.concatenate([b.likelihood for b in bars])
    sung = np.concatenate([b.sung for b in bars])
    above, below = score[sung == 1], np.sort(score[sung == 0])
    left, right = (np.searchsorted(below, above, side) for side in ("left", "right"))
    return float(np.mean(left + right) / 2 / len(below))


def share(bars: list[Bars], sung: int) -> float:
    """Share of the bars, sung or not, that are taken for sung."""
    return float(np.mean(np.concatenate([b.likelihood[b.sung == sung] >= 0.5 for b in bars])))


def fit(groups: list[list[Bars]]) -> Weights:
    """Logistic regression by Newton's method; each group counts alike, and so do yes and no."""
    rows, answers, weights = [], [], []
    for group in groups:
        features = log_features(np.concatenate([b.features for b in group]))
        sung = np.concatenate([b.sung for b in group])
        for answer in (0, 1):
            rows.append(features[sung == answer])
            answers.append(np.full(len(rows[-1]), float(answer)))
            weights.append(np.full(len(rows[-1]), 1.0 / len(rows[-1])))
    x, y, w = np.concatenate(rows), np.concatenate(answers), np.concatenate(weights)
    mean, spread = x.mean(axis=0), x.std(axis=0)
    design = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    beta = np.zeros(design.shape[1])
    for _ in range(20):
        p = 1.0 / (1.0 + np.exp(-design @ beta))
        hessian = design.T @ (design * (w * p * (1.0 - p))[:, None])
        beta += np.linalg.solve(hessian + 1e-6 * np.eye(len(beta)), design.T @ (w * (y - p)))
    three = (tuple(float(v) for v in row.round(3)) for row in (mean, spread, beta[:-1]))
    return Weights(*three, bias=round(float(beta[-1]), 3))


def relation(found: Key, true: Key) -> str:
    """How two keys are related."""
    if (found.tonic, found.mode) == (true.tonic, true.mode):
        return "exact"
    if found.mode != true.mode and found.camelot[:-1] == true.camelot[:-1]:
        return "relative"
    if found.mode == true.mode and found.distance(true) == 1:
        return "a fifth off"
    return "other"


def true_labels(sections: Sequence[Section]) -> list[str]:
    """Label the sections of a synthesized track; a drop that nothing leads to is a groove."""
    before = ["", *(section.label for section in sections)]
    return [
        "groove"
        if section.label == "drop" and previous not in ("build", "break")
        else section.label
        for section, previous in zip(sections, before, strict=False)
    ]


def structure_table(count: int) -> str:
    """Key, boundaries and labels of synthetic tracks, as Markdown."""
    keys: Counter[str] = Counter()
    sure: dict[str, list[float]] = {}
    hits = found_edges = true_edges = 0
    agree, seconds = 0.0, 0.0
    analyzer = ConstantGridAnalyzer()
    for number in range(MEASURED, MEASURED + count):
        track = synthesize(a_spec(number))
        found = analyzer.analyze(track.audio, RATE)
        kind = relation(found.key, track.key)
        keys[kind] += 1
        sure.setdefault(kind, []).append(found.key.confidence)
        here, there = found.grid, track.grid
        edges = np.array([here.time_of_bar(s.start_bar) for s in found.sections[1:]])
        true = np.array([there.time_of_bar(s.start_bar) for s in track.sections[1:]])
        beat = 60.0 / track.spec.bpm
        hits += int(sum(np.abs(edges - t).min(initial=np.inf) < beat for t in true))
        found_edges, true_edges = found_edges + len(edges), true_edges + len(true)
        clock = np.arange(0.5, there.beat_times[-1], 1.0)
        for time in clock:
            label = found.section_at(int((here.beat_of(time) - here.first_downbeat) // 4)).label
            index = sum(there.time_of_bar(s.start_bar) <= time for s in track.sections) - 1
            agree += label == true_labels(track.sections)[index]
        seconds += len(clock)
    order = ("exact", "relative", "a fifth off", "other")
    rows = [
        (f"key {k}", f"{keys[k]} of {count}", f"{np.mean(sure.get(k, [0.0])):.2f}") for k in order
    ]
    rows += [
        ("boundaries found", f"{hits} of {true_edges}", ""),
        ("boundaries given that are right", f"{hits} of {found_edges}", ""),
        ("time with the right label", f"{100 * agree / seconds:.0f} %", ""),
    ]
    return markdown_table(("", "tracks", "mean confidence"), rows)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=40, help="synthetic tracks to measure")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the real tracks")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(structure_table(arguments.count))
    sets = {"synthetic tracks": synthetic_bars(MEASURED, arguments.count)}
    fitted = synthetic_bars(FITTED, arguments.count)
    heard = dict(real_bars(arguments.folder))
    real = {}
    for name, track in heard.items():
        rest = [bars for other, t in heard.items() if other != name for bars in t.values()]
        weights = fit([fitted, rest])
        real[name] = {k: attrs.evolve(bars, weights=weights) for k, bars in track.items()}
    for name in (f"{db:+.0f} dB" for db in VOICE_DB):
        sets[f"voice over real tracks, {name}"] = [
            bars for track in real.values() for bars in (track["none"], track[name])
        ]
    rows = [
        (name, f"{area(bars):.2f}", f"{share(bars, 1):.2f}", f"{share(bars, 0):.2f}")
        for name, bars in sets.items()
    ]
    print(markdown_table(("bars of", "AUC", "sung found", "others taken for sung"), rows))
    alone = [(name, f"{share([track['none']], 0):.2f}") for name, track in real.items()]
    print(markdown_table(("real track, no voice added", "bars taken for sung"), alone))
    print(fit([fitted, [bars for track in heard.values() for bars in track.values()]]))


if __name__ == "__main__":
    main()
