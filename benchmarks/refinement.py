"""Rules and model, each as generated and refined, measured on rendered audio and compared in pairs.

    python benchmarks/held_out.py held-out --cases 200
    python benchmarks/refinement.py held-out --output results.json [--level track] [--table]

Each case of the folder is rendered from its true stems under the curves of its technique and those
of the bundled model, each refined as `djtrans.refine` does: accepted only if no gate and no metric
of the rendered audio gets worse. Printed: the mean of every metric by source, and the paired
difference to the rules with its 95 % bootstrap interval; then the gates that got worse, and the
cases in which the low end changes hands within a beat of a phrase boundary. Results are kept case
by case; a stopped run goes on.
"""

from __future__ import annotations

import argparse
import time
import warnings
from functools import partial
from pathlib import Path

import attrs
import numpy as np
import torch
from _results import cases, results
from model_quality import swap_off

import djtrans
from djtrans import DifferentiableDJMixer, Pair
from djtrans.core.transition.alignment import AlignedTrack, window_span
from djtrans.core.util.tables import markdown_table
from djtrans.datasets.pairs.pair import PreparedPair
from djtrans.datasets.pairs.pair_folder import read_pair
from djtrans.metrics.gates import VERDICTS
from djtrans.pipeline.completion import finish
from djtrans.pipeline.curve_generation import generate_params
from djtrans.pipeline.progress import Steps
from djtrans.pipeline.transition import Transition
from djtrans.refinement import RefinementConfig

SOURCES = ("rules", "rules, refined", "model", "model, refined")
SWAP = "swap off the line, beats"
RESAMPLES = 2000


def aligned(pair: PreparedPair) -> Pair[AlignedTrack]:
    """Return both tracks of a prepared pair, without context."""
    span = window_span(pair.plan, pair.sample_rate)
    return Pair(pair.stems_a, pair.stems_b).map(
        lambda stems: AlignedTrack(mix=stems.mix, span=span, stems=stems, stems_span=span)
    )


def transition_of(mixer: DifferentiableDJMixer, pair: PreparedPair) -> Transition:
    """Render a prepared pair without context."""
    return finish(mixer, pair.content, aligned(pair), "cpu", Steps())


def row(transition: Transition) -> dict:
    """Measure a rendered transition."""
    metrics, plan = transition.metrics(), transition.plan
    use, window = transition.provenance.refinement, window_span(plan, transition.sample_rate)
    stems = [track.window(window) for track in (transition.a, transition.b)]
    return {
        "metrics": {m.declared.name: m.number for m in metrics.measured},
        "better": {m.declared.name: m.declared.better for m in metrics.measured},
        "gates": {gate.name: gate.verdict for gate in metrics.gates},
        SWAP: swap_off(transition.mixer, stems, plan, transition.params),
        "reason": "" if use is None else use.reason,
        "accepted": None if use is None else use.accepted,
    }


def evaluate(folder: Path, config: RefinementConfig, model: object) -> dict:
    """Measure all sources of a case."""
    pair, mixer = read_pair(folder), DifferentiableDJMixer()
    rules = transition_of(mixer, pair)
    request = pair.request(extractors=model.extractors)
    params = generate_params(model, request, pair.params.beat_times)
    sampled = transition_of(
        mixer, attrs.evolve(pair, content=attrs.evolve(pair.content, params=params))
    )
    found: dict = {"bars": pair.plan.bars, "technique": pair.technique}
    start = time.process_time()
    for name, source in (("rules", rules), ("model", sampled)):
        found[name] = row(source)
        found[f"{name}, refined"] = row(djtrans.refine(source, config))
    found["seconds"] = time.process_time() - start
    return found


def table(rows: list[dict], rng: np.random.Generator) -> str:
    """Means by source, and paired differences to the rules."""
    lines = []
    names = [n for n, b in rows[0]["rules"]["better"].items() if b != "description"]
    for name in names:
        cells = [[r[s]["metrics"][name] for s in SOURCES] for r in rows]
        known = np.array([c for c in cells if None not in c], dtype=float)
        if not len(known):
            lines.append((name, "0", *("-" for _ in range(2 * len(SOURCES) - 1))))
            continue
        better = rows[0]["rules"]["better"][name]
        differences = [interval(known[:, i] - known[:, 0], rng) for i in (1, 2, 3)]
        means = [f"{mean:.3f}" for mean in known.mean(axis=0)]
        lines.append((f"{name} ({better})", str(len(known)), *means, *differences))
    head = ("metric", "n", *SOURCES, *(f"{s} - rules" for s in SOURCES[1:]))
    return markdown_table(head, lines)


def interval(differences: np.ndarray, rng: np.random.Generator) -> str:
    """Format the mean of paired differences with its 95 % bootstrap interval."""
    drawn = rng.choice(differences, (RESAMPLES, len(differences))).mean(axis=1)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return f"{differences.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


def gates(rows: list[dict]) -> str:
    """Count the gates that got worse or better, and the exchanges on a line."""
    lines = []
    for source in SOURCES:
        change = [
            VERDICTS.index(r[source]["gates"][g]) - VERDICTS.index(verdict)
            for r in rows
            for g, verdict in r["rules"]["gates"].items()
        ]
        off = [r[source][SWAP] for r in rows]
        lines.append(
            (
                source,
                str(sum(c > 0 for c in change)),
                str(sum(c < 0 for c in change)),
                str(sum(bool(r[source]["accepted"]) for r in rows)),
                f"{sum(o is not None and abs(o) <= 1 for o in off)} of {len(off)}",
            )
        )
    head = ("source", "gates worse", "gates better", "refinements accepted", "exchange on the line")
    return markdown_table(head, lines)


def main() -> None:
    """Evaluate the cases, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("held_out", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--level", default="auto", help="auto, track or stem")
    parser.add_argument("--table", action="store_true", help="print the tables of known results")
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    model = djtrans.load_model(device="cpu")
    config = RefinementConfig(level=args.level)
    folders = [] if args.table else cases(args.held_out)[: args.cases]
    kept = results(folders, partial(evaluate, config=config, model=model), args.output)
    print(table(kept, np.random.default_rng(0)))
    print(gates(kept))


if __name__ == "__main__":
    main()
