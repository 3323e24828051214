"""Transitions that no model was trained on, as a folder of prepared pairs with true stems.

    python benchmarks/held_out.py FOLDER

Four cases share two synthesized tracks, two in each direction; their seeds, and so their tempos,
keys and sounds, are other ones than those of any training set. Windows of 4, 8, 16 and 32 bars take
turns, and in each of them the techniques that may have that length; the planner has the last word.
Each case is drawn by its technique. Every fourth one is there a second time, heard through the
stems of `spectral`. A stopped run goes on.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import attrs
import numpy as np
import torch

from djtrans.core.errors import DjtransError, InputError, PlanError
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TransitionPlan
from djtrans.datasets.pairs.pair import mix_pair
from djtrans.datasets.pairs.pair_folder import write_pair
from djtrans.evaluation import TrackPair
from djtrans.pipeline.completion import generate_transition_params
from djtrans.pipeline.options import GenerateOptions, PreparationOptions
from djtrans.pipeline.preparation import Prepared, prepare
from djtrans.synthesis.random_spec import sample_spec

#: The first of the seeds; a training set draws its own at random below 2**31.
SEED = 900_000_011
RATE = 22050
CASES_PER_PAIR = 4
LENGTHS = (4, 8, 16, 32)
TECHNIQUES = {
    4: ("filter-sweep", "echo-out", "wash-out", "drop-swap"),
    8: ("bass-swap", "eq-blend", "filter-sweep", "drop-swap", "echo-out", "wash-out"),
    16: ("bass-swap", "long-blend", "eq-blend", "stem-swap", "acapella", "double-drop"),
    32: ("bass-swap", "long-blend", "eq-blend", "stem-swap", "acapella"),
}
#: Every track can be left and entered in all of these ways.
STRUCTURE = (
    *(("intro", 16), ("drop", 16), ("break", 8), ("build", 8)),
    *(("drop", 16), ("break", 8), ("outro", 24)),
)
INTRO_END, SUNG, SECOND_DROP, OUTRO = 16, 32, 48, 72
#: Bars of A and of B that lie at the swap, where it is not A's outro on the end of B's intro.
PLACES = {
    "drop-swap": (SECOND_DROP, INTRO_END),
    "double-drop": (SECOND_DROP, INTRO_END),
    "acapella": (SUNG, INTRO_END),
}
BEATS_PER_BAR = 4
SPECTRAL = PreparationOptions(separator="spectral", device="cpu")


def name_of(index: int, stems: str = "true") -> str:
    """Folder of a case."""
    return f"case_{index:03d}" if stems == "true" else f"case_{index:03d}_{stems}"


def make(group: int, folder: Path, cases: int) -> list[str]:
    """Write the cases of a pair of tracks that are not there yet; say what could not be planned."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    indices = range(group * CASES_PER_PAIR, min(cases, (group + 1) * CASES_PER_PAIR))
    if all((folder / name_of(i)).is_dir() for i in indices):
        return []
    rng = np.random.default_rng([SEED, group])
    bpm = float(rng.uniform(90.0, 174.0))
    specs = [
        sample_spec(
            SEED + 2 * group + side,
            structure=STRUCTURE,
            bpm=round(bpm * (1.0 + side * float(rng.uniform(-0.06, 0.06))), 2),
            intro="drums",
            has_vocals=bool(rng.random() < 0.8),
            sample_rate_hz=RATE,
        )
        for side in (0, 1)
    ]
    refused = []
    with TrackPair(a=specs[0], b=specs[1]).files() as there:
        known: dict = {}
        for index in indices:
            forth = index % CASES_PER_PAIR < CASES_PER_PAIR // 2
            files = [(there.a, there.stems_a), (there.b, there.stems_b)]
            (a, stems_a), (b, stems_b) = files if forth else files[::-1]
            bpms = [spec.bpm for spec in (specs if forth else specs[::-1])]
            twice = index % CASES_PER_PAIR == group % CASES_PER_PAIR
            stems = Pair(stems_a, stems_b)
            prepared = prepare(a, b, attrs.evolve(SPECTRAL, stems=stems), known=known)
            bars = LENGTHS[(index + group) % len(LENGTHS)]
            for plan in plans(prepared, bpms, bars, index):
                try:
                    write_case(prepared, plan, folder / name_of(index), index)
                except (InputError, PlanError):  # a technique may refuse what it hears
                    continue
                break
            else:
                refused.append(f"{name_of(index)}: no technique fits")
                continue
            if twice:
                heard = prepare(a, b, SPECTRAL, known=known)
                write_case(heard, plan, folder / name_of(index, "spectral"), index)
    return refused


def write_case(prepared: Prepared, plan: TransitionPlan, folder: Path, index: int) -> None:
    """A plan drawn by its technique, mixed and written."""
    span = prepared.span(plan, 0)
    aligned = prepared.align(plan, span)
    content = generate_transition_params(
        prepared, plan, span, aligned, GenerateOptions(seed=index + 1)
    )
    write_pair(folder, mix_pair(prepared.mixer, content, aligned, prepared.analyses))


def plans(prepared: Prepared, bpms: list[float], bars: int, index: int) -> Iterator[TransitionPlan]:
    """Plans of that length, beginning with the technique whose turn it is."""
    names = TECHNIQUES[bars]
    for step in range(len(names)):
        name = names[(index // len(LENGTHS) + step) % len(names)]
        at = PLACES.get(name, (OUTRO, INTRO_END))
        seconds = [BEATS_PER_BAR * bar * 60.0 / bpm for bar, bpm in zip(at, bpms, strict=True)]
        try:
            plan = prepared.plan(
                name, bars=bars, swap_a_seconds=seconds[0], swap_b_seconds=seconds[1]
            )
        except PlanError:
            continue
        if plan.bars == bars and not (plan.a.loop or plan.b.loop):
            yield plan


def main(arguments: argparse.Namespace) -> None:
    """Make what is missing."""
    arguments.folder.mkdir(parents=True, exist_ok=True)
    groups = range(-(-arguments.cases // CASES_PER_PAIR))
    with ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(make, g, arguments.folder, arguments.cases) for g in groups]
        for group, job in zip(groups, jobs, strict=True):
            for line in job.result():
                print(line, flush=True)
            print(f"{group + 1} of {len(groups)} pairs of tracks", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", type=int, default=228)
    parser.add_argument("--workers", type=int, default=1)
    try:
        main(parser.parse_args())
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
