"""Inverse mixing on composed excerpts: how near the recovered curves come to the hidden ones.

    python benchmarks/fit.py --excerpts 20                  # true stems: the table in the docs
    python benchmarks/fit.py --excerpts 20 --stems spectral # separated stems, B stretched by 3 %

Each excerpt is 8 bars of two synthesized tracks in one tempo under the curves of a technique that
exchanges the basses, drawn with a seed of its own. A finished excerpt leaves a file in the output
folder, so that a run that was stopped goes on from there.

Beside it stands the track-level estimate of the literature [1]_: one fader and three bands for each
whole track, by non-negative least squares of magnitudes, frame by frame. To compare both, the
recovered curves are measured as what happens to a whole track's bands, too.

References
----------
.. [1] T. Kim, Y.-H. Yang, J. Nam, "Joint estimation of fader and equalizer gains of DJ mixers
   using convex optimization", DAFx 2022.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch
from torch import Tensor

import djtrans
from djtrans.core.audio.warping import warp
from djtrans.core.curves.params import TransitionParams
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import DjtransError
from djtrans.core.track.separation import separate
from djtrans.core.track.stems import Stems
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.tables import markdown_table
from djtrans.inverse.fitting import Fit, fit_curves
from djtrans.inverse.gain_measurement import effective_gains
from djtrans.inverse.track_measurement import audible_bands, convex_gains, measured_gains
from djtrans.mixer.mixer import Mixer
from djtrans.pipeline.curve_generation import generate_params
from djtrans.pipeline.separators import build_separator, find_separator
from djtrans.registry import default_registry
from djtrans.synthesis import sample_spec, synthesize

BARS, LEAD_BARS, BEATS_PER_BAR, RATE = 8, 4, 4, 44100
TECHNIQUES = ("bass-swap", "eq-blend")
#: Tempo change of B where its stems are separated.
STRETCH = 1.03


@attrs.frozen(eq=False)
class Excerpt:
    """A composed mix, what is hidden in it, and what the fit is given."""

    mixer: Mixer
    mix: Tensor
    truth: TransitionParams
    true_stems: tuple[Stems, Stems]
    stems: tuple[Stems, Stems]


def excerpt(index: int, kind: str) -> Excerpt:
    """Compose an excerpt; with stems `kind` for the fit: true or spectral."""
    rng = np.random.default_rng([index, 7])
    bpm = float(rng.uniform(118.0, 134.0))
    samples = round(BARS * BEATS_PER_BAR * 60.0 / bpm * RATE)
    sections = {"a": rng.choice(["drop", "outro"]), "b": rng.choice(["drop", "intro"])}
    true, whole = [], []
    for side, label in sections.items():
        rate = STRETCH if kind == "spectral" and side == "b" else 1.0
        structure = (("drop", LEAD_BARS), (str(label), BARS), ("drop", LEAD_BARS))
        spec = sample_spec(
            int(rng.integers(2**31)), bpm=bpm / rate, structure=structure, sample_rate_hz=RATE
        )
        track = synthesize(attrs.evolve(spec, start_seconds=0.0, ending="cut"))
        start = float(track.grid.time_of_bar(LEAD_BARS))
        points = ((0.0, start), (1.0, start + rate))
        seconds = samples / RATE
        parts = [warp(stem, points, RATE, 0.0, seconds) for stem in track.stems.audio]
        true.append(attrs.evolve(track.stems, audio=torch.stack(parts)[..., :samples]))
        whole.append(warp(track.audio, points, RATE, 0.0, seconds)[..., :samples])
    mixer = djtrans.DifferentiableDJMixer()
    beats = torch.arange(BARS * BEATS_PER_BAR + 1, dtype=torch.float64) * (60.0 / bpm)
    request = CurveRequest(
        layout=mixer.layout,
        n_frames=2 * BARS * BEATS_PER_BAR,
        swap_beat=BARS * BEATS_PER_BAR // 2,
        seed=index + 1,
    )
    technique = default_registry().techniques.build(TECHNIQUES[index % len(TECHNIQUES)])
    truth = generate_params(technique, request, beats)
    with torch.no_grad():
        mix = mixer(*true, truth).mix
    # As in inference, a track is stretched in one pass and then separated. The mix has its stems
    # stretched one by one, whose phases are others: as if another program had stretched it.
    stems = tuple(true if kind == "true" else [separated(track) for track in whole])
    return Excerpt(mixer, mix, truth, (true[0], true[1]), (stems[0], stems[1]))


def separated(track: Tensor) -> Stems:
    """Separate a track by `spectral`."""
    registry = default_registry()
    declaration = find_separator(registry, "spectral")[1]
    separator = build_separator(registry, "spectral", {}, "cpu")
    return separate(separator, declaration, track, RATE)


def measure(index: int, kind: str) -> dict[str, Any]:
    """Fit an excerpt and compare it with what is hidden in it."""
    made = excerpt(index, kind)
    begin = time.process_time()
    fit: Fit = fit_curves(made.mixer, made.mix, *made.stems, made.truth.beat_times)
    seconds = time.process_time() - begin
    truth = effective_gains(made.mixer, made.truth, *made.true_stems)
    found = effective_gains(made.mixer, fit.params, *made.true_stems)
    start = effective_gains(made.mixer, fit.start, *made.true_stems)
    with torch.no_grad():
        hidden = made.mixer(*made.true_stems, made.truth)
        again = made.mixer(*made.stems, fit.params)
    times, whole = made.truth.frame_times, [stems.mix for stems in made.true_stems]
    wanted, ours = (
        torch.stack(
            [measured_gains(x, y, times, RATE) for x, y in zip((o.a, o.b), whole, strict=True)]
        )
        for o in (hidden, again)
    )
    convex = convex_gains(made.mix, whole[0], whole[1], times, RATE)
    audible = audible_bands(whole, times, RATE)
    fpb = made.truth.frames_per_beat
    try:
        swap = abs(found.swap_frame() - truth.swap_frame()) / fpb
    except DjtransError:
        swap = float("nan")
    return {
        "technique": TECHNIQUES[index % len(TECHNIQUES)],
        "gain_error": found.error(truth),
        "start_error": start.error(truth),
        "swap_beats": swap,
        "error_db": fit.error_db,
        "track_error": float((ours - wanted).abs()[audible].mean()),
        "convex_error": float((convex - wanted).abs()[audible].mean()),
        "domain": fit.domain,
        "steps": fit.steps,
        "cpu_seconds": seconds,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """One line for each excerpt, and the medians."""
    head = ["excerpt", "technique", "gain error", "of the start", "swap, beats off"]
    head += ["reconstruction, dB", "track level, fit", "track level, convex", "CPU s"]

    def line(name: str, technique: str, row: dict[str, float]) -> list[str]:
        three = [f"{row[key]:.3f}" for key in ("gain_error", "start_error")]
        tracks = [f"{row[key]:.3f}" for key in ("track_error", "convex_error")]
        swap, level = f"{row['swap_beats']:g}", f"{row['all_db']:.1f}"
        return [name, technique, *three, swap, level, *tracks, f"{row['cpu_seconds']:.0f}"]

    flat = [{**row, "all_db": row["error_db"]["all"]} for row in rows]
    lines = [line(str(i), row["technique"], row) for i, row in enumerate(flat)]
    numbers = [key for key, value in flat[0].items() if isinstance(value, (int, float))]
    lines.append(
        line("median", "", {k: float(np.nanmedian([r[k] for r in flat])) for k in numbers})
    )
    return markdown_table(head, lines)


def main(arguments: argparse.Namespace) -> None:
    """Fit what is not yet there, then print the table."""
    torch.set_num_threads(arguments.threads)
    arguments.output.mkdir(parents=True, exist_ok=True)
    rows = []
    for index in range(arguments.excerpts):
        path = arguments.output / f"{arguments.stems}-{index:03d}.json"
        if not path.exists():
            write_text(path, json.dumps(measure(index, arguments.stems), indent=1) + "\n")
        rows.append(json.loads(path.read_text(encoding="utf-8")))
        print(f"{index}: {rows[-1]['gain_error']:.3f}", flush=True)
    print(table(rows), end="")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("demo-output/fit"))
    parser.add_argument("--excerpts", type=int, default=20, help="how many")
    parser.add_argument("--stems", choices=("true", "spectral"), default="true")
    parser.add_argument("--threads", type=int, default=1)
    try:
        main(parser.parse_args())
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
