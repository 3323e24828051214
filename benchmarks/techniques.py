"""Every technique where it belongs, on synthesized pairs with true stems, as one table.

    python benchmarks/techniques.py                        # 6 pairs: the table in the docs
    python benchmarks/techniques.py --pairs 12 --seed 3    # others, varied

`benchmarks/compare.py` puts all techniques on one swap, so that they meet the same music. Here each
has the place that it is for: a blend from A's outro on, a drop swap at the end of A's build, an
acapella where A sings.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from djtrans.core.contracts.declaration import short_name
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.errors import DjtransError, InputError
from djtrans.core.util.tables import MISSING, markdown_table
from djtrans.evaluation import EvaluationOptions, TrackPair, compare, write_report
from djtrans.evaluation.comparison import Comparison
from djtrans.registry import default_registry
from djtrans.synthesis import TrackSpec

STRUCTURES = {
    "a": (
        *(("intro", 8), ("build", 8), ("drop", 16), ("break", 8)),
        *(("build", 8), ("drop", 16), ("outro", 16)),
    ),
    "b": (("intro", 16), ("drop", 16), ("break", 8), ("drop", 8), ("outro", 8)),
}
RATE = 22050
BEATS_PER_BAR = 4
#: Bars of A (its outro, its second drop, its break) and of B (the end of its intro, a drop) that
#: lie at the swap.
OUTRO, DROP, SUNG, INTRO_END = 64, 48, 32, 16
PLACES = {
    "drop-swap": (DROP, INTRO_END),
    "double-drop": (DROP, INTRO_END),
    "acapella": (SUNG, INTRO_END),
}
TECHNIQUES = (
    *("fade", "bass-swap", "long-blend", "eq-blend", "filter-sweep", "echo-out", "wash-out", "cut"),
    *("drop-swap", "double-drop", "stem-swap", "acapella"),
    *("drum-bridge", "tempo-ride", "loop-out", "half-time", "brake", "backspin"),
)
#: Column of the table: metric and its heading.
COLUMNS = {
    "both_audible_beats": "both heard, beats",
    "bass_overlap_beats": "two basses, beats",
    "vocal_clash_beats": "two singers, beats",
    "vocal_line_cuts": "lines cut",
    "loudness_dip_lu": "dip, LU",
    "loudness_bump_lu": "bump, LU",
    "longest_hole_ms": "hole, ms",
}


def pairs(count: int, seed: int) -> tuple[TrackPair, ...]:
    """A row for each pair and technique, with the cues that put its swap where it belongs."""
    rows = []
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        tonic = int(rng.integers(12))
        tempo = float(rng.uniform(118.0, 134.0))
        singing = ("spaced", "dense")[index % 2]
        sides = {}
        for side, structure in STRUCTURES.items():
            change = rng.uniform(-0.008, 0.008) if side == "b" else 0.0
            step = rng.choice([0, 5, 7]) if side == "b" else 0
            sides[side] = TrackSpec(
                bpm=round(tempo * (1.0 + float(change)), 2),
                tonic=(tonic + int(step)) % 12,
                seed=int(rng.integers(2**31)),
                drums="broken" if rng.random() < 0.25 else "four-on-the-floor",
                singing=singing,
                structure=structure,
                sample_rate_hz=RATE,
            )
        for name in TECHNIQUES:
            cues = {f"cue_{side}": cue(sides[side], side, name) for side in sides}
            rows.append(TrackPair(**sides, name=f"{index} {name}", technique=name, **cues))
    return tuple(rows)


def cue(track: TrackSpec, side: str, technique: str) -> float:
    """Seconds of a track at which the window of a technique starts."""
    bar = PLACES.get(technique, (OUTRO, INTRO_END))["ab".index(side)]
    facts = declaration(technique)
    return max(0, bar - facts.swap_bars(facts.bars[1])) * BEATS_PER_BAR * 60.0 / track.bpm


def declaration(technique: str) -> TechniqueDeclaration:
    """What a technique declares."""
    found = default_registry().techniques.find(technique).declaration
    if not isinstance(found, TechniqueDeclaration):
        raise InputError(f"{technique} is no technique; give one of {', '.join(TECHNIQUES)}.")
    return found


def table(comparison: Comparison) -> str:
    """Medians, and the worst in brackets where it differs."""
    rows = []
    for technique in comparison.techniques:
        measured = comparison.measured(technique)
        cells = []
        for metric in COLUMNS:
            values = [o.values[metric] for o in measured if o.values[metric] is not None]
            middle, worst = (f"{f(values):.4g}" if values else MISSING for f in (np.median, np.max))
            if metric.endswith("_lu"):
                middle, worst = (f"{f(values):.1f}" for f in (np.median, np.max))
            cells.append(middle if middle == worst else f"{middle} ({worst})")
        rows.append([short_name(technique), str(len(measured)), *cells])
    return markdown_table(["technique", "n", *COLUMNS.values()], rows)


def main(arguments: argparse.Namespace) -> None:
    """Compare and print the table."""
    comparison = compare(
        pairs(arguments.pairs, arguments.seed),
        TECHNIQUES,
        output=arguments.output,
        options=EvaluationOptions(own_place=True, seed=arguments.draw_seed),
        workers=arguments.workers,
    )
    write_report(comparison, arguments.output)
    for outcome in comparison.failed:
        print(f"{outcome.pair}: {outcome.reason}")
    print(table(comparison), end="")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("demo-output/techniques"))
    parser.add_argument("--pairs", type=int, default=6, help="how many pairs")
    parser.add_argument("--seed", type=int, default=0, help="of the pairs")
    parser.add_argument("--draw-seed", type=int, default=0, help="of the drawings; 0: plain")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    try:
        main(parser.parse_args())
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
