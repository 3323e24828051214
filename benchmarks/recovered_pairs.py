"""Pairs of `djtrans prepare --transitions`: how near their curves come to those of the mixes.

    python benchmarks/recovered_pairs.py OUTPUT [--mixes 20]

Mixes are composed (composed_mixes.py), extracted with their tracks by `djtrans extract`, and made
into pairs by `djtrans prepare --transitions`, with `spectral`. The curves of a pair and the hidden
ones are compared on the true stems, over the window of the pair, in three bands at every frame at
which a stem, or for *tracks* a whole track, is audible. Before and after the transition the hidden
curves are those of its ends. A step that is done is not done again. recovered_training.py trains
on the pairs.
"""

from __future__ import annotations

import argparse
import functools
import json
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch
from composed_mixes import Composed, compose

import djtrans
from djtrans.core.audio.io import write_audio
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import DjtransError
from djtrans.core.track.tracklist import Tracklist, TracklistEntry
from djtrans.core.track.tracklist_files import save_tracklist
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.statistics import mean_interval
from djtrans.core.util.tables import markdown_table
from djtrans.datasets.mixes.alignment.excerpt import read_alignment
from djtrans.datasets.mixes.extraction import extract
from djtrans.datasets.pairs.pair_folder import read_pair
from djtrans.datasets.preparation import RecoveryOptions, prepare_transitions
from djtrans.datasets.preparation.resume import MANIFEST
from djtrans.inverse.gain_measurement import effective_gains
from djtrans.inverse.track_measurement import audible_bands, measured_gains

composed = functools.cache(compose)


def write_mix(made: Composed, name: str, folder: Path) -> None:
    """Write a mix, its tracks, and its tracklist; the last one marks the mix as done."""
    files = {"mixes": (name,), "tracks": (f"{name} one", f"{name} two")}
    audio = {"mixes": (made.mix,), "tracks": (made.a, made.b)}
    peak = max(1.0, *(float(x.abs().max()) for x in (made.mix, made.a, made.b)))
    for where, titles in files.items():
        (folder / where).mkdir(parents=True, exist_ok=True)
        for title, each in zip(titles, audio[where], strict=True):
            write_audio(folder / where / f"Ada - {title}.wav", each / peak, made.sample_rate)
    starts = {"one": 0.0, "two": made.window[0]}
    entries = [
        TracklistEntry(start_seconds=start, artist="Ada", title=f"{name} {which}")
        for which, start in starts.items()
    ]
    lists = folder / "tracklists"
    lists.mkdir(exist_ok=True)
    save_tracklist(Tracklist(title=name, entries=entries, audio=f"Ada - {name}.wav"), lists)


def measure(made: Composed, excerpt: Path, pair: Path) -> dict[str, Any]:
    """Compare the curves of a pair with those of its mix."""
    found = read_pair(pair)
    start = read_alignment(excerpt).start_seconds + found.plan.a.cue_seconds
    rate, mixer = made.sample_rate, djtrans.DifferentiableDJMixer()
    first = round(start * rate)
    samples = round(float(found.params.beat_times[-1]) * rate)
    stems = [track.window(first, first + samples) for track in made.stems]
    times = found.params.frame_times
    hidden = _at(made.truth, times + (start - made.window[0]), found.params)
    truth, ours = (effective_gains(mixer, curves, *stems) for curves in (hidden, found.params))
    with torch.no_grad():
        mixes = [mixer(*stems, curves) for curves in (hidden, found.params)]
    whole = [track.mix for track in stems]
    true_tracks, our_tracks = (
        torch.stack(
            [measured_gains(x, y, times, rate) for x, y in zip((m.a, m.b), whole, strict=True)]
        )
        for m in mixes
    )
    audible = audible_bands(whole, times, rate)
    fit = found.content.provenance.fit
    return {
        "bars": found.plan.bars,
        "error": ours.error(truth),
        "tracks": float((our_tracks - true_tracks).abs()[audible].mean()),
        "levels_db": None if fit is None else fit.error_db.get("levels"),
    }


def _at(truth: TransitionParams, times: torch.Tensor, like: TransitionParams) -> TransitionParams:
    """Return the hidden curves at the frames of a pair, whose times are on their clock."""
    known = truth.frame_times
    index = torch.searchsorted((known[1:] + known[:-1]) / 2, times)
    return attrs.evolve(like, values=truth.values[index])


def table(rows: list[dict[str, Any]]) -> str:
    """Tabulate the pairs and their means."""

    def line(name: str, row: dict[str, Any]) -> list[str]:
        return [name, f"{row['bars']:g}", *(f"{row[key]:.3f}" for key in ("error", "tracks"))]

    lines = [line(row["name"], row) for row in rows]
    means = {key: mean_interval(row[key] for row in rows) for key in ("error", "tracks")}
    texts = [f"{mean.mean:.3f} [{mean.low:.3f}, {mean.high:.3f}]" for mean in means.values()]
    lines.append(["mean", f"{np.mean([row['bars'] for row in rows]):.1f}", *texts])
    return markdown_table(["mix", "bars", "stems", "tracks"], lines)


def main(arguments: argparse.Namespace) -> None:
    """Make what is not there yet, then print the table."""
    torch.set_num_threads(1)
    folder: Path = arguments.output
    names = [f"Tape {seed:03d}" for seed in range(arguments.mixes)]
    excerpts, pairs = folder / "transitions", folder / "pairs"
    for seed, name in enumerate(names):
        if not any((folder / "tracklists").glob(f"*{seed:03d}*.json")):
            write_mix(composed(seed), name, folder)
            print(f"{name} composed", flush=True)
    extract(
        folder / "mixes", folder / "tracklists", excerpts,
        tracks=folder / "tracks", most=len(names),
    )  # fmt: skip
    print("extracted", flush=True)
    options = RecoveryOptions(most=len(names), separator="spectral")
    made = prepare_transitions(
        excerpts, pairs, options, progress=lambda p: print(p.stage, p.done, p.total, flush=True)
    )
    print("failed:", dict(made.failed), "skipped:", made.skipped)
    rows = []
    for entry in json.loads((pairs / MANIFEST).read_text(encoding="utf-8"))["pairs"]:
        where = folder / f"measured-{entry['folder']}.json"
        if not where.exists():
            seed = int("".join(filter(str.isdigit, entry["mix"])))
            row = measure(composed(seed), excerpts / entry["transition"], pairs / entry["folder"])
            row["name"] = composed(seed).name
            write_text(where, json.dumps(row) + "\n")
        rows.append(json.loads(where.read_text(encoding="utf-8")))
    print(table(rows), end="")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--mixes", type=int, default=20, help="how many")
    try:
        main(parser.parse_args())
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
