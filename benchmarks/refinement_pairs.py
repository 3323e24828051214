"""Refinement of transitions between tracks of a folder: rules and model, each refined, in pairs.

    python benchmarks/refinement_pairs.py FOLDER A:B [A:B ...] --output results.json [--table]

A and B are beginnings of file names. A folder beside a track with its name holds its ready stems;
other tracks are separated by `spectral`. The tables are those of `refinement.py`. Results are kept
pair by pair; a stopped run goes on.
"""

from __future__ import annotations

import argparse
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import torch
from _results import results
from refinement import gates, row, table

import djtrans

CONTEXT_BARS = 4


def paths_of(folder: Path, pair: str) -> list[Path]:
    """Find both tracks of a pair."""
    return [
        next(path for path in sorted(folder.glob(f"{name}*")) if path.is_file())
        for name in pair.split(":")
    ]


def evaluate(pair: str, folder: Path) -> dict:
    """Measure all sources of a pair."""
    paths = paths_of(folder, pair)
    stems = [path.with_suffix("") if path.with_suffix("").is_dir() else None for path in paths]
    found: dict = {}
    for source, model in (("rules", "none"), ("model", "auto")):
        made = djtrans.generate(
            *paths,
            model=model,
            separator="spectral",
            stems_a=stems[0],
            stems_b=stems[1],
            context=CONTEXT_BARS,
            device="cpu",
        )
        found.update(technique=made.plan.technique, bars=made.plan.bars)
        found[source] = row(made)
        found[f"{source}, refined"] = row(djtrans.refine(made))
    return found


def main() -> None:
    """Evaluate the pairs, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("pairs", nargs="*", metavar="A:B")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--table", action="store_true", help="print the tables of known results")
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    pairs = [] if args.table else args.pairs
    kept = results(pairs, partial(evaluate, folder=args.folder), args.output)
    print(table(kept, np.random.default_rng(0)))
    print(gates(kept))


if __name__ == "__main__":
    main()
