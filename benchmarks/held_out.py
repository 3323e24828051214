"""Transitions that no model was trained on, as folders of prepared pairs with true stems.

    python benchmarks/held_out.py in-distribution FOLDER
    python benchmarks/held_out.py other-structures FOLDER
    python benchmarks/held_out.py modules FOLDER --modules MODULES

Up to four cases share two tracks, two in each direction. Tracks are synthesized with other seeds
than those of training sets: sampled and produced as in training, or with structures and genres
that training sets do not have; or tracker modules of composers that are held out. Windows of 4, 8,
16 and 32 bars take turns, and so do the techniques that allow them; the planner has the last word.
Each case holds the curves of its technique. `manifest.json` lists the cases, the digest of each
and that of the set. A stopped run goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import warnings
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import numpy as np
from _held_out_tracks import (
    IN_DISTRIBUTION,
    MODULES,
    NEAR_EACH,
    OTHER_STRUCTURES,
    SEED,
    TrackFiles,
    module_pairs,
    rendered_module,
    synthesized_pair,
)

import djtrans
from djtrans.core.errors import DjtransError, InputError, PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import ParamsFile
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.checksums import SUMS, file_hash
from djtrans.datasets.pairs.pair import mix_pair
from djtrans.datasets.pairs.pair_folder import read_facts, write_pair
from djtrans.diffusion.model import SHORTEST_BARS
from djtrans.pipeline.completion import generate_transition_params
from djtrans.pipeline.executors import processes
from djtrans.pipeline.options import GenerateOptions, PreparationOptions
from djtrans.pipeline.preparation import Prepared, prepare
from djtrans.registry import default_registry

MANIFEST, FORMAT = "manifest.json", "djtrans-held-out"
CASES_PER_PAIR = 4
LENGTHS = (4, 8, 16, 32)
#: Part of the cases whose swap is on a random phrase boundary of each track, as in training.
ANYWHERE = 0.5
#: Part of the cases in one tempo and key that begin with a technique that needs this.
HARMONIC = 0.4


def name_of(index: int) -> str:
    """Return the folder of a case."""
    return f"case_{index:03d}"


def techniques(bars: int) -> list[str]:
    """List the techniques that allow a window of these bars, without baselines."""
    return [
        component.name
        for component in default_registry().techniques
        if component.declaration.bars[0] <= bars <= component.declaration.bars[2]
        and not component.declaration.baseline
    ]


def unrepresented() -> list[str]:
    """List the techniques whose windows are shorter than those of a model."""
    return [
        component.name
        for component in default_registry().techniques
        if component.declaration.bars[2] < SHORTEST_BARS and not component.declaration.baseline
    ]


def ordered_techniques(bars: int, group: int, rng: np.random.Generator) -> list[str]:
    """Order the techniques of a length: each is first in turn, the others follow at random.

    Between tracks in one key, those that need it are first at times.
    """
    names = techniques(bars)
    first = names[group % len(names)]
    order = [first, *(str(name) for name in rng.permutation(names) if name != first)]
    if group % NEAR_EACH == 0 and rng.random() < HARMONIC:
        find = default_registry().techniques.find
        order.sort(key=lambda name: find(name).declaration.key_limit > 1)
    return order


def plans(
    prepared: Prepared, bars: int, group: int, index: int, loops: bool
) -> Iterator[TransitionPlan]:
    """Yield plans of a length, each of another technique."""
    rng = np.random.default_rng([SEED, index])
    anywhere = rng.random() < ANYWHERE
    for name in ordered_techniques(bars, group, rng):
        fields: dict[str, Any] = {}
        if anywhere:
            for side, analysis in prepared.analyses.items():
                boundary = int(rng.choice(sorted(analysis.phrase_bars)))
                seconds = max(analysis.grid.time_of_bar(boundary), 0.0)
                fields[f"swap_{side}_seconds"] = seconds
        for constraints in (fields, {}) if fields else ({},):
            try:
                plan = prepared.plan(name, bars=bars, **constraints)
            except (InputError, PlanError):
                continue
            if plan.bars == bars and (loops or not (plan.a.loop or plan.b.loop)):
                yield prepared.nudge(plan)
                break


def write_case(prepared: Prepared, plan: TransitionPlan, folder: Path, index: int) -> None:
    """Generate the curves of a plan by its technique, and write the mixed window."""
    span = prepared.span(plan, 0)
    aligned = prepared.align(plan, span)
    options = GenerateOptions(seed=index + 1)
    content = generate_transition_params(prepared, plan, span, aligned, options)
    content = without_paths(content)
    write_pair(folder, mix_pair(prepared.mixer, content, aligned, prepared.analyses))


def without_paths(content: ParamsFile) -> ParamsFile:
    """Leave out where the stems were, so that the same case has the same digest."""
    tracks = {
        side: attrs.evolve(track, separator=attrs.evolve(track.separator, config={}))
        for side, track in content.provenance.tracks.items()
    }
    return attrs.evolve(content, provenance=attrs.evolve(content.provenance, tracks=tracks))


def make(group: int, kind: str, folder: Path, cases: int, modules: Path | None) -> list[str]:
    """Write the cases of a pair of tracks; return what could not be planned."""
    warnings.simplefilter("ignore")
    indices = range(group * CASES_PER_PAIR, min(cases, (group + 1) * CASES_PER_PAIR))
    missing = [index for index in indices if not (folder / name_of(index)).is_dir()]
    if not missing:
        return []
    with TemporaryDirectory(prefix="djtrans-") as temporary:
        if modules is None:
            tracks = synthesized_pair(kind, group, Path(temporary))
        else:
            keys = list(module_pairs(modules))[group]
            cache = folder.with_name(f"{folder.name}.tracks")
            tracks = keys.map(lambda key: rendered_module(modules, key, cache))
        known: dict[str, Analysis] = {}
        return [
            refused
            for index in missing
            for refused in make_case(tracks, group, index, kind, folder, known)
        ]


def make_case(
    tracks: Pair[TrackFiles],
    group: int,
    index: int,
    kind: str,
    folder: Path,
    known: dict[str, Analysis],
) -> list[str]:
    """Write a case; return its name if no technique fits."""
    forth = index % CASES_PER_PAIR < CASES_PER_PAIR // 2
    a, b = tracks if forth else reversed(tuple(tracks))
    options = PreparationOptions(separator="spectral", device="cpu", stems=Pair(a.stems, b.stems))
    prepared = prepare(a.audio, b.audio, options, known=known)
    bars = LENGTHS[(index + group) % len(LENGTHS)]
    for plan in plans(prepared, bars, group, index, loops=kind == MODULES):
        try:
            write_case(prepared, plan, folder / name_of(index), index)
        except (InputError, PlanError):  # a technique may refuse the features
            continue
        return []
    return [f"{name_of(index)}: no technique fits"]


def write_manifest(folder: Path, kind: str) -> dict[str, Any]:
    """List all finished cases with their digests, and write the list."""
    cases = []
    for case in sorted(path for path in folder.glob("case_*") if (path / SUMS).exists()):
        facts = read_facts(case)
        cases.append(
            {
                "name": case.name,
                "technique": facts.technique,
                "bars": facts.bars,
                "tracks": [facts.track_a.name, facts.track_b.name],
                "sha256": file_hash(case / SUMS),
            }
        )
    document = {
        "format": FORMAT,
        "set": kind,
        "seed": SEED,
        "djtrans": djtrans.__version__,
        "sha256": set_digest(cases),
        "cases": cases,
    }
    write_text(folder / MANIFEST, json.dumps(document, indent=1) + "\n")
    return document


def set_digest(cases: Sequence[dict[str, Any]]) -> str:
    """Compute the digest of a set from the digests of its cases."""
    lines = "".join(f"{case['sha256']}  {case['name']}\n" for case in cases)
    return hashlib.sha256(lines.encode()).hexdigest()


def main(arguments: argparse.Namespace) -> None:
    """Make what is missing."""
    kind, folder, modules = arguments.set, arguments.folder, arguments.modules
    if (kind == MODULES) != (modules is not None):
        raise InputError(
            "--modules is the folder of tracker modules for the set 'modules', and for no other."
        )
    folder.mkdir(parents=True, exist_ok=True)
    count = -(-arguments.cases // CASES_PER_PAIR)
    if modules is not None:
        count = min(count, len(list(module_pairs(modules))))
    job = partial(make, kind=kind, folder=folder, cases=arguments.cases, modules=modules)
    with processes(arguments.workers) as pool:
        for group, refused in enumerate(pool.map(job, range(count)), 1):
            document = write_manifest(folder, kind)
            made = len(document["cases"])
            print("; ".join([f"{group} of {count} pairs, {made} cases", *refused]), flush=True)
    if names := unrepresented():
        print(f"shorter than {SHORTEST_BARS} bars, so not in the set: {', '.join(names)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", choices=(IN_DISTRIBUTION, OTHER_STRUCTURES, MODULES))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--modules", type=Path, help="folder of modules, with annotations.json")
    parser.add_argument("--workers", type=int, default=1)
    try:
        main(parser.parse_args())
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
