"""Judge a model against the rules: both as generated and refined, and without its conditioning.

    python benchmarks/held_out.py in-distribution SET
    python benchmarks/judge.py SET --output results.json [--model FILE] [--classifier FILE]
    python benchmarks/judge.py pairs.csv --output results.json    # files, as djtrans generates them
    python benchmarks/judge.py SET --output results.json --cases 0 --card    # tables of the card

The curves of each case are rendered from the same stems and measured by all metrics and gates:

- `rules`, `rules, refined`: the technique, and refined as by `djtrans.refine`;
- `model, sample only`: the first sample of the network, clamped to the range of the parameters;
- `model, first sample`: with post-processing;
- `model`, `model, refined`: the best of several samples, as `djtrans generate` chooses it, and
  refined;
- `model, checked`, in the tables alone: the rules where a gate is worse with `model`, as
  `djtrans generate` chooses;
- ablations of the conditioning, with the same noise and post-processing: no audio, the audio of
  both tracks shuffled in time, that of another case, no swap channels, no objective; against the
  first sample;
- `model, tracks shuffled`: the best of several samples, where conditioning and predicted mix are
  those of both tracks shuffled in time; against `model`.

The tables hold paired differences with 95 % bootstrap intervals, resampled by pairs of tracks.
Results are kept by case, source and digest of the model: each is measured once, and a stopped run
goes on. A CSV has the columns of `djtrans evaluate --pairs`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
import warnings
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch
from _cases import Case, read_cases
from _generated import MODEL, RULES, SOURCES, Generated, measure
from _judgement_tables import card, kind_of

from djtrans import load_model
from djtrans.core.errors import DjtransError, InputError
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.checksums import file_hash
from djtrans.diffusion.model import DiffusionModel
from djtrans.diffusion.normalization import Scaling
from djtrans.evaluation import TechniqueClassifier
from djtrans.objectives import load_objectives
from djtrans.pipeline.curve_generation import unsupported_reason
from djtrans.pipeline.executors import processes

FORMAT = "djtrans-judgement"
#: The files that the results are measured by; tables can be made of them again.
FILES = ("judge.py", "_cases.py", "_generated.py", "_sampling.py")


@attrs.frozen(eq=False)
class Judge:
    """Evaluate the sources of a case that are not known yet."""

    model: str | None
    classifier: Path | None
    sources: tuple[str, ...]

    def __call__(self, case: Case, other: Case, known: dict[str, Any]) -> dict[str, Any]:
        """Return the results of a case, those that are known included."""
        warnings.simplefilter("ignore")
        model = load_model(self.model, "cpu")
        if model is None:
            raise InputError("There is no model to judge; give one with --model.")
        row = {"case": case.name, "sources": {}, "unsupported": {}, "diversity": {}, **known}
        missing = self.missing(row, model)
        if not missing:
            return row
        loaded = case.load()
        plan = loaded.content.plan
        row |= {"tracks": loaded.track_hashes, "technique": plan.technique, "bars": plan.bars}
        if (why := unsupported_reason(model, plan)) and any(s.startswith(MODEL) for s in missing):
            row["unsupported"] = row["unsupported"] | {model.sha256: why}
            missing = [source for source in missing if source.startswith(RULES)]
        classifier = None if self.classifier is None else TechniqueClassifier.load(self.classifier)
        generated = Generated(loaded, model, other)
        measured = {
            key(source, model): self._result(source, generated, classifier) for source in missing
        }
        row["sources"] = row["sources"] | {k: found for k, found in measured.items() if found}
        for source in (RULES, MODEL):
            if source in missing:
                row["diversity"][key(source, model)] = generated.diversity(source)
        return row

    def missing(self, row: dict[str, Any], model: DiffusionModel) -> list[str]:
        """List the sources that a case has no results of."""
        lost = model.sha256 in row["unsupported"]
        return [
            source
            for source in self.sources
            if key(source, model) not in row["sources"] and not (lost and source.startswith(MODEL))
        ]

    def _result(
        self, source: str, generated: Generated, classifier: TechniqueClassifier | None
    ) -> dict[str, Any]:
        start = time.process_time()
        found = generated.transition(source)
        if found is None:
            return {}
        result = measure(generated.case.mixer, found)
        with torch.no_grad():
            mix = generated.case.powers.predict(found.params.values)
            rated = load_objectives().evaluate(mix)
        result["objective"] = float(rated.total)
        result["objectives"] = {name: float(value) for name, value in rated.values.items()}
        if source in generated.changed:
            result["change"], result["seeds_apart"] = generated.changed[source]
        if classifier is not None and knows(classifier, found.plan.technique):
            curves = Scaling(found.params.layout).to_model(found.params.values)
            swap = round(found.plan.swap_beat * found.plan.frames_per_beat)
            result["technique"] = attrs.asdict(classifier(curves, swap))
        return result | {"cpu_seconds": time.process_time() - start}


def knows(classifier: TechniqueClassifier, technique: str) -> bool:
    """Return True if the classifier has a class of the rules of a technique."""
    return kind_of(technique) in {kind_of(name) for name in classifier.techniques}


def key(source: str, model: DiffusionModel) -> str:
    """Name the results of a source: those of the rules do not depend on the model."""
    return source if source.startswith(RULES) else f"{source} @{model.sha256}"


def judge_digest() -> str:
    """Compute the digest of the files that the judgement is made by."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()


def spread(cases: Sequence[Case], count: int) -> list[int]:
    """Choose indices evenly, so that few cases are of many pairs of tracks."""
    return [
        int(i) for i in np.unique(np.linspace(0, len(cases) - 1, min(count, len(cases))).round())
    ]


def main(arguments: argparse.Namespace) -> None:
    """Evaluate what is missing, and print the tables."""
    sources = SOURCES if arguments.only is None else tuple(arguments.only.split(";"))
    if unknown := [source for source in sources if source not in SOURCES]:
        raise InputError(f"There is no source {unknown[0]!r}; choose of: {'; '.join(SOURCES)}.")
    output: Path = arguments.output
    document = json.loads(output.read_text()) if output.exists() else {"rows": {}}
    found = read_cases(arguments.set)
    if document.get("set", found.sha256) != found.sha256:
        raise InputError(f"{output} holds results of another set; choose another file.")
    document |= {"format": FORMAT, "set": found.sha256, "judge": judge_digest()}
    if arguments.classifier is not None:
        document["classifier"] = file_hash(arguments.classifier)
    judge = Judge(arguments.model, arguments.classifier, sources)
    cases = found.cases
    chosen = spread(cases, arguments.cases)
    with processes(arguments.workers) as pool:
        jobs = [
            pool.submit(
                judge,
                cases[i],
                cases[(i + len(cases) // 2) % len(cases)],
                document["rows"].get(cases[i].name, {}),
            )
            for i in chosen
        ]
        for done, row in enumerate(finished(jobs, [cases[i].name for i in chosen]), 1):
            document["rows"][row["case"]] = row
            write_text(output, json.dumps(document) + "\n")
            print(f"{done} of {len(chosen)}: {row['case']}", flush=True)
    model = load_model(arguments.model, "cpu")
    if model is None:
        raise InputError("There is no model to judge; give one with --model.")
    print(card(document, model.sha256, complete=not arguments.card))


def finished(jobs: Iterable[Future[dict[str, Any]]], names: Sequence[str]) -> Iterable[Any]:
    """Yield the results in order; print the cases that cannot be judged."""
    for name, job in zip(names, jobs, strict=True):
        try:
            yield job.result()
        except DjtransError as error:
            print(f"{name}: {error}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", type=Path, help="folder of held_out.py, or CSV of pairs of files")
    parser.add_argument("--output", type=Path, required=True, help="JSON file of all results")
    parser.add_argument("--model", help="file of a model; default: the bundled one")
    parser.add_argument("--classifier", type=Path, help="file of fit_classifier.py, for steering")
    parser.add_argument("--cases", type=int, default=1000, help="number of cases; 0: tables only")
    parser.add_argument("--only", metavar="SOURCES", help="names of sources, separated by ;")
    parser.add_argument("--card", action="store_true", help="print the tables of the card only")
    parser.add_argument("--workers", type=int, default=1)
    try:
        main(parser.parse_args())
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
