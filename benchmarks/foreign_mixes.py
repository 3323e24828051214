"""Inverse mixing of mixes that djtrans did not make: how near the recovered gains come.

    pip install pedalboard
    python benchmarks/foreign_mixes.py TRACKS... --output results.json [--mixes 40]

Each mix is 8 bars of two of the given files, by another chain: B stretched by Rubber Band, faders
and the equalizers and filters of pedalboard on each track, changed every 512 samples, a static
shelf on the sum, a limiter, and MP3. The fit gets the mix, and both tracks stretched by djtrans,
set to the levels that it finds, and separated by `spectral`. Compared are the gains of whole tracks
in three bands at every frame: those of the chain, from its impulse responses, those of the fit, and
those of the convex estimate of the literature (fit.py). Results are kept by mix, so that a run that
was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pedalboard
import torch
from fit import separated
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

import djtrans
from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.warping import warp
from djtrans.core.curves.params import frame_times
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.track import Track, load_track
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.statistics import mean_interval
from djtrans.core.util.tables import markdown_table
from djtrans.inverse.bands import BANDS
from djtrans.inverse.fitting import fit_curves
from djtrans.inverse.levels import level_trims
from djtrans.inverse.track_measurement import audible_bands, convex_gains, measured_gains
from djtrans.plot.save import save_figure
from djtrans.plot.theme import Theme, theme_named
from djtrans.synthesis.production import through_mp3

RATE, BARS, BEATS = 44100, 8, 32
#: Samples between changes of the settings.
BLOCK = 512
#: Largest tempo change of B, and tempo range within which octaves are matched.
MOST_STRETCH, LEAST_BPM = 0.06, 85.0
#: Bars this far below a track's median are not used, in dB.
QUIET_DB = 12.0
#: Gains of a killed band in dB; frequencies of shelves and peak in Hz.
KILL_DB, LOW_HZ, MID_HZ, HIGH_HZ = -32.0, 250.0, 1000.0, 4000.0
#: Size of an impulse response.
RESPONSE = 16384
#: Mixes in the picture.
PICTURED = 3


@attrs.frozen(eq=False)
class Settings:
    """Settings of the chain of a track by beat, each ``[times]``.

    Attributes
    ----------
    fader : ndarray
        Linear.
    low, mid, high : ndarray
        In dB.
    highpass : ndarray
        In Hz; 20 is off.
    """

    fader: NDArray[np.float64]
    low: NDArray[np.float64]
    mid: NDArray[np.float64]
    high: NDArray[np.float64]
    highpass: NDArray[np.float64]

    @classmethod
    def sample(
        cls, side: str, swap: float, rng: np.random.Generator, beats: NDArray[np.float64]
    ) -> Settings:
        """Sample the motions of a side with the exchange of the basses on a beat."""

        def line(*points: tuple[float, float]) -> NDArray[np.float64]:
            at, values = zip(*points, strict=True)
            return np.interp(beats, at, values)

        step = float(rng.choice([0.1, 1.0, 4.0]))
        depth = float(rng.uniform(-14.0, -4.0))
        opens = float(rng.uniform(4.0, swap))
        closes = float(rng.uniform(swap, 27.0))
        moves_highpass = side == "a" and rng.random() < 0.4
        highpass = np.full_like(beats, 20.0)
        if moves_highpass:
            highpass = 20.0 * 2.0 ** line((0, 0), (closes, 0), (31, float(rng.uniform(3, 5.5))))
        if side == "a":
            return cls(
                fader=line((0, 1), (closes, 1), (31, 0), (32, 0)),
                low=line((0, 0), (swap - step, 0), (swap, KILL_DB)),
                mid=line((0, 0), (swap, 0), (closes, depth)),
                high=line((0, 0), (opens, 0), (swap, depth)),
                highpass=highpass,
            )
        return cls(
            fader=line((0, 0), (1, 0), (opens, 1)),
            low=line((0, KILL_DB), (swap - step, KILL_DB), (swap, 0)),
            mid=line((0, depth), (opens, depth), (swap, 0)),
            high=line((0, depth), (swap, depth), (closes, 0)),
            highpass=highpass,
        )

    def board(self, at: int) -> pedalboard.Pedalboard:
        """Return a new chain with the settings of a time."""
        board = pedalboard.Pedalboard(
            [
                pedalboard.LowShelfFilter(cutoff_frequency_hz=LOW_HZ, q=0.7),
                pedalboard.PeakFilter(cutoff_frequency_hz=MID_HZ, q=0.5),
                pedalboard.HighShelfFilter(cutoff_frequency_hz=HIGH_HZ, q=0.7),
                pedalboard.HighpassFilter(),
                pedalboard.Gain(),
            ]
        )
        self.set(board, at)
        return board

    def set(self, board: pedalboard.Pedalboard, at: int) -> None:
        """Change a chain to the settings of a time."""
        board[0].gain_db, board[1].gain_db = float(self.low[at]), float(self.mid[at])
        board[2].gain_db = float(self.high[at])
        board[3].cutoff_frequency_hz = float(self.highpass[at])
        board[4].gain_db = float(20.0 * np.log10(max(self.fader[at], 1e-5)))

    def process(self, audio: Tensor) -> Tensor:
        """Process audio ``[channels, samples]``, whose blocks have one time each."""
        board, parts = self.board(0), []
        for at, start in enumerate(range(0, audio.shape[-1], BLOCK)):
            self.set(board, at)
            part = audio[:, start : start + BLOCK].numpy()
            parts.append(board(part, RATE, reset=False))
        return torch.from_numpy(np.concatenate(parts, axis=-1))

    def gains(self, audio: Tensor) -> Tensor:
        """Compute the gain of the track in each band, ``[times, bands]``."""
        power = torch.fft.rfft(audio.double().unfold(-1, RESPONSE, RESPONSE // 2)).abs().square()
        power = power.sum(dim=(0, 1))
        hz = torch.fft.rfftfreq(RESPONSE, 1.0 / RATE)
        impulse = np.zeros((1, RESPONSE), dtype=np.float32)
        impulse[0, 0] = 1.0
        found = []
        for at in range(len(self.fader)):
            response = torch.from_numpy(self.board(at)(impulse, RATE, reset=True))[0]
            weighted = power * torch.fft.rfft(response.double()).abs().square()
            inside = [(hz >= low) & (hz < high) for low, high in BANDS.values()]
            found.append([float((weighted[i].sum() / power[i].sum()).sqrt()) for i in inside])
        return torch.tensor(found)


@attrs.frozen(eq=False)
class Source:
    """A file with its analysis."""

    track: Track
    analysis: Analysis

    @property
    def bpm(self) -> float:
        """Tempo, doubled where it is slow."""
        bpm = self.analysis.grid.bpm
        return 2.0 * bpm if bpm < LEAST_BPM else bpm

    def window(self, rng: np.random.Generator) -> tuple[float, float] | None:
        """Sample the start and end of 8 bars of 4 beats that are not quiet, in seconds."""
        grid, level = self.analysis.grid, self.analysis.bar_level_db
        if grid.beats_per_bar != 4:
            return None
        bars = BARS if grid.bpm >= LEAST_BPM else BARS // 2
        least = float(np.median(level)) - QUIET_DB
        usable = [
            bar for bar in range(1, len(level) - bars - 1)
            if float(np.min(level[bar : bar + bars])) > least
        ]  # fmt: skip
        if not usable:
            return None
        bar = int(rng.choice(usable))
        return float(grid.time_of_bar(bar)), float(grid.time_of_bar(bar + bars))


@attrs.frozen(eq=False)
class Foreign:
    """A mix, its hidden gains ``[tracks, frames, bands]``, and both tracks, aligned by djtrans."""

    name: str
    mix: Tensor
    beats: Tensor
    gains: Tensor
    a: Tensor
    b: Tensor


def make(index: int, sources: Sequence[Source]) -> Foreign:
    """Make the mix of an index."""
    rng = np.random.default_rng([index, 31])
    while True:
        one, two = (sources[int(i)] for i in rng.choice(len(sources), 2, replace=False))
        windows = one.window(rng), two.window(rng)
        if windows[0] is None or windows[1] is None:
            continue
        (start_a, end_a), (start_b, end_b) = windows
        rate = (end_b - start_b) / (end_a - start_a)
        if abs(rate - 1.0) <= MOST_STRETCH:
            break
    seconds = end_a - start_a
    samples = round(seconds * RATE)
    first = round(start_a * RATE)
    a = padded_slice(one.track.audio, first, first + samples)
    # A second on either side, so that the stretch has settled.
    first, last = round((start_b - 1.0) * RATE), round((end_b + 1.0) * RATE)
    whole = padded_slice(two.track.audio, first, last)
    stretched = torch.from_numpy(pedalboard.time_stretch(whole.numpy(), RATE, stretch_factor=rate))
    first = round(RATE / rate)
    theirs = padded_slice(stretched, first, first + samples)
    points = ((0.0, start_b), (1.0, start_b + rate))
    b = warp(two.track.audio, points, RATE, 0.0, seconds)[..., :samples]
    # Equal levels, as a DJ sets them.
    level = float((a.square().mean() / theirs.square().mean().clamp(min=1e-9)).sqrt())
    theirs, b = level * theirs, level * b
    blocks = -(-samples // BLOCK)
    beat_of_block = (np.arange(blocks) + 0.5) * BLOCK / samples * BEATS
    swap = float(rng.choice([12.0, 16.0, 20.0]))
    state = rng.bit_generator.state
    chains = [Settings.sample(side, swap, rng, beat_of_block) for side in "ab"]
    parts = [chain.process(x) for chain, x in zip(chains, (a, theirs), strict=True)]
    total = (parts[0] + parts[1]).numpy()
    shelf = pedalboard.HighShelfFilter(3000.0, float(rng.uniform(-2.0, 2.0)), 0.7)
    peak = float(np.abs(total).max())
    drive = db_to_amplitude(2.0) * 0.7 / max(peak, 1e-6)
    master = pedalboard.Pedalboard([shelf, pedalboard.Limiter(threshold_db=-3.1, release_ms=80.0)])
    limited = torch.from_numpy(master((drive * total).astype(np.float32), RATE))
    mix = through_mp3(limited, RATE, 0.5)
    beats = torch.arange(BEATS + 1, dtype=torch.float64) * (seconds / BEATS)
    frames = frame_times(beats, 2 * BEATS, 2)
    rng.bit_generator.state = state  # the same motions, at the frames
    at_frames = [Settings.sample(s, swap, rng, (frames / seconds * BEATS).numpy()) for s in "ab"]
    gains = torch.stack([chain.gains(x) for chain, x in zip(at_frames, (a, theirs), strict=True)])
    name = f"{Path(one.track.name).stem} to {Path(two.track.name).stem}"
    return Foreign(name, mix, beats, gains.float(), drive * a, drive * b)


def exchange(gains: Tensor) -> float | None:
    """Find the beat from which B's lows are more open than A's to the end."""
    owns = gains[1, :, 0] > gains[0, :, 0]
    changes = (owns[1:] != owns[:-1]).nonzero().flatten()
    return (int(changes[-1]) + 1) / 2.0 if len(changes) and bool(owns[-1]) else None


def measure(index: int, sources: Sequence[Source]) -> dict[str, Any]:
    """Fit a mix, and compare it with what is hidden in it."""
    made = make(index, sources)
    mixer = djtrans.DifferentiableDJMixer()
    trims = level_trims(made.mix, made.a, made.b, RATE)
    a, b = (
        db_to_amplitude(trim) * track for trim, track in zip(trims, (made.a, made.b), strict=True)
    )
    stems = [separated(track) for track in (a, b)]
    begin = time.process_time()
    fit = fit_curves(mixer, made.mix, stems[0], stems[1], made.beats)
    seconds = time.process_time() - begin
    times = fit.params.frame_times
    with torch.no_grad():
        again = mixer(*stems, fit.params)
    found = {
        "fit": torch.stack(
            [measured_gains(x, y, times, RATE) for x, y in ((again.a, a), (again.b, b))]
        ),
        "convex": convex_gains(made.mix, a, b, times, RATE),
    }
    audible = audible_bands((a, b), times, RATE)
    true = exchange(made.gains)
    row: dict[str, Any] = {
        "name": made.name,
        "seconds": seconds,
        "steps": fit.steps,
        "trims_db": trims,
        "gains": {
            name: np.round(gains.numpy(), 3).tolist()
            for name, gains in {"true": made.gains, **found}.items()
        },
    }
    for name, gains in found.items():
        error = (gains - made.gains).abs()
        ours = exchange(gains)
        row[name] = {
            "error": float(error[audible].mean()),
            "bands": [float(error[..., k][audible[..., k]].mean()) for k in range(3)],
            "off": None if ours is None or true is None else abs(ours - true),
        }
    return row


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Tabulate the errors with intervals over mixes."""
    lines = []
    for name in ("fit", "convex"):
        errors = [row[name]["error"] for row in rows]
        mean = mean_interval(errors)
        near = sum(row[name]["off"] is not None and row[name]["off"] <= 1.0 for row in rows)
        bands = np.mean([row[name]["bands"] for row in rows], axis=0)
        lines.append(
            [name, f"{np.median(errors):.3f}", f"{mean.mean:.3f} [{mean.low:.3f}, {mean.high:.3f}]",
             *(f"{band:.3f}" for band in bands), f"{sum(e <= 0.03 for e in errors)}",
             f"{near} of {len(rows)}"]
        )  # fmt: skip
    paired = mean_interval(row["fit"]["error"] - row["convex"]["error"] for row in rows)
    header = ["", "gain error, median", "mean", *BANDS, "at most .03", "exchange within a beat"]
    seconds = np.median([row["seconds"] for row in rows])
    return (
        markdown_table(header, lines)
        + f"\nfit - convex: {paired.mean:+.3f} [{paired.low:+.3f}, {paired.high:+.3f}]; "
        f"CPU time of a fit, median: {seconds:.0f} s\n"
    )


def picture(rows: Sequence[dict[str, Any]], theme: Theme) -> Figure:
    """Plot the gains of several mixes: columns are mixes, rows the bands."""
    figure = Figure(figsize=(4.4 * len(rows), 6.4), facecolor=theme.background)
    panels = figure.subplots(len(BANDS), len(rows), squeeze=False, sharex=True, sharey=True)
    styles = {"true": ("-", 3.2, 0.35), "fit": ("-", 1.4, 1.0), "convex": (":", 1.1, 1.0)}
    for across, row in enumerate(rows):
        for down, band in enumerate(BANDS):
            panel = panels[down][across]
            for name, (style, width, alpha) in styles.items():
                for track, gains in zip("ab", row["gains"][name], strict=True):
                    curve = [frame[down] for frame in gains]
                    panel.plot(
                        np.arange(len(curve)) / 8.0, curve, style, color=theme.tracks[track],
                        lw=width, alpha=alpha, label=f"{track.upper()}, {name}",
                    )  # fmt: skip
            panel.set(facecolor=theme.panel, xlim=(0, BARS), ylim=(-0.05, 1.6))
            panel.tick_params(colors=theme.muted, labelsize=7, length=0)
            panel.set_ylabel(band if across == 0 else "", color=theme.muted)
            for spine in panel.spines.values():
                spine.set_color(theme.grid)
        title = f"{row['name']}: fit {row['fit']['error']:.3f}, convex {row['convex']['error']:.3f}"
        panels[0][across].set_title(title, color=theme.text, size=8, loc="left")
    panels[0][0].legend(fontsize=7, frameon=False, labelcolor=theme.text, ncols=2)
    figure.subplots_adjust(left=0.05, right=0.99, top=0.94, bottom=0.06, wspace=0.05, hspace=0.08)
    return figure


def main(arguments: argparse.Namespace) -> None:
    """Measure what is missing, and print the table."""
    output: Path = arguments.output
    rows = json.loads(output.read_text()) if output.exists() else {}
    sources = []
    for file in arguments.tracks:
        track = load_track(file).without_dc().at_rate(RATE, 2)
        name = f"{Path(file).parent.name}.wav" if track.name == "mix.wav" else track.name
        track = attrs.evolve(track, name=name)
        sources.append(Source(track, djtrans.analyze_track(track)))
    for index in range(arguments.first, arguments.first + arguments.mixes):
        if str(index) not in rows:
            rows[str(index)] = measure(index, sources)
            write_text(output, json.dumps(rows, indent=1) + "\n")
        row = rows[str(index)]
        texts = [f"{n} {row[n]['error']:.3f}, off {row[n]['off']}" for n in ("fit", "convex")]
        print(f"{index}: {row['name']}: {'; '.join(texts)}; {row['seconds']:.0f} s", flush=True)
    chosen = [str(i) for i in range(arguments.first, arguments.first + arguments.mixes)]
    print(table([rows[i] for i in chosen]))
    if arguments.picture:
        shown = [rows[i] for i in chosen if "gains" in rows[i]][:PICTURED]
        save_figure(picture(shown, theme_named("light")), arguments.picture)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tracks", nargs="+", metavar="FILE")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--mixes", type=int, default=40)
    parser.add_argument("--picture", help="picture of the gains of the first three mixes")
    parser.add_argument("--first", type=int, default=0, help="index of the first mix")
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    main(parser.parse_args())
