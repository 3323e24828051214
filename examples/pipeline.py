"""Prepare pairs of a library to train on, from the parts.

    python examples/pipeline.py --tracks ~/Music/DJ_Library --output processed --max 100

What ``djtrans prepare`` does, composed by hand and in one process: tracks are analyzed, pairs whose
tempos meet are planned, their windows separated, drawn and mixed, and each is written as a folder.
"""

from __future__ import annotations

import argparse
import random
import sys
from itertools import permutations
from pathlib import Path

import djtrans
from djtrans import Analysis, DjtransError, GenerateOptions, PreparationOptions
from djtrans.core import PlanError, window_span
from djtrans.datasets import PreparedPair, audio_files, mix_pair, write_pair
from djtrans.pipeline import generate_transition_params, prepare
from djtrans.planning import match_tempo_octaves

#: Largest tempo change, as a fraction.
STRETCH_LIMIT = 0.08
#: Techniques that need no separator which isolates well.
TECHNIQUES = ("bass-swap", "eq-blend", "filter-sweep", "echo-out", "wash-out", "cut")


def main() -> None:
    """Prepare as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tracks", required=True, help="folder of tracks, with all folders in it")
    parser.add_argument("--output", default="processed", help="folder to write")
    parser.add_argument("--max", type=int, default=100, help="pairs at most")
    parser.add_argument("--separator", default="auto", help="name of a separator")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    tracks = {}
    for file in audio_files(Path(asked.tracks)):
        try:
            tracks[file] = djtrans.analyze_track(file)  # kept: the next run reads it
        except DjtransError as error:
            print(f"pipeline.py: {file.name} is left out: {error}", file=sys.stderr)
    pairs = [(a, b) for a, b in permutations(tracks, 2) if go_together(tracks[a], tracks[b])]
    rng = random.Random(asked.seed)
    rng.shuffle(pairs)
    pairs.sort(key=lambda pair: max(1, tracks[pair[0]].key.distance(tracks[pair[1]].key)))
    for number, (a, b) in enumerate(pairs[: asked.max], 1):
        folder = Path(asked.output) / f"pair_{number:03d}"
        wanted = rng.sample(TECHNIQUES, len(TECHNIQUES))
        if folder.exists():  # whole: it is made beside and moved there
            continue
        try:
            pair = made(a, b, wanted, asked.separator, seed=number)
        except DjtransError as error:
            print(f"pipeline.py: {folder} could not be made: {error}", file=sys.stderr)
            continue
        write_pair(folder, pair)
        print(f"{folder}  {a.name} to {b.name}: {pair.plan.technique} over {pair.plan.bars} bars")


def go_together(a: Analysis, b: Analysis) -> bool:
    """Whether two tempos meet: 87 and 174 beats per minute are one."""
    a, b = match_tempo_octaves(a, b)
    return abs(a.grid.bpm / b.grid.bpm - 1.0) <= STRETCH_LIMIT


def made(a: Path, b: Path, techniques: list[str], separator: str, seed: int) -> PreparedPair:
    """One pair, by the first technique that fits."""
    prepared = prepare(a, b, PreparationOptions(separator=separator, device="cpu"))
    for technique in techniques:
        try:
            plan = prepared.plan(technique, stretch_limit=STRETCH_LIMIT)
        except PlanError:
            continue
        # Both tracks on one clock; only the window and four bars around it are separated.
        aligned = prepared.align(plan, prepared.span(plan, context=0))
        plan = prepared.refine(plan, aligned)
        window = window_span(plan, prepared.tracks.a.sample_rate)
        content = generate_transition_params(
            prepared, plan, window, aligned, GenerateOptions(seed=seed)
        )
        return mix_pair(prepared.mixer, content, aligned, prepared.analyses)
    raise PlanError(f"None of {', '.join(techniques)} fits.")


if __name__ == "__main__":
    main()
