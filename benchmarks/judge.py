"""Judge a model against the rules: both as generated and refined, and without its conditioning.

    python benchmarks/held_out.py in-distribution SET
    python benchmarks/judge.py SET --output results.json [--model FILE] [--classifier FILE]
    python benchmarks/judge.py pairs.csv --output results.json    # files, as djtrans generates them
    python benchmarks/judge.py SET --output results.json --cases 0 --card    # tables of the card

The curves of each case are rendered from the same stems and measured by all metrics and gates:

- `rules`, `rules, refined`: the technique, and refined as by `djtrans.refine`;
- `model, sample only`: samples of the network, clamped to the range of the parameters;
- `model`, `model, refined`: as users get it, with post-processing, and refined;
- ablations of the conditioning, with the same noise and post-processing: no audio, the audio of
  both tracks shuffled in time, that of another case, no swap channels, no objective.

The tables hold paired differences with 95 % bootstrap intervals, resampled by pairs of tracks.
Results are kept by case, source and digest of the model: each is measured once, and a stopped run
goes on. A CSV has the columns of `djtrans evaluate --pairs`.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import itertools
import json
import time
import warnings
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch
from _cases import Case, LoadedCase, beat_times, read_cases
from _judgement_tables import card
from _sampling import ABLATIONS, Encoded, Sampler
from torch import Tensor

import djtrans
from djtrans import load_model, load_technique
from djtrans.core.contracts.effect import RenderContext
from djtrans.core.curves.params import conform
from djtrans.core.errors import DjtransError, InputError
from djtrans.core.transition.alignment import window_span
from djtrans.core.util.atomic_files import write_text
from djtrans.diffusion.model import DiffusionModel
from djtrans.diffusion.normalization import Scaling
from djtrans.evaluation import TechniqueClassifier
from djtrans.inverse.bands import stem_masks
from djtrans.objectives import load_objectives
from djtrans.pipeline.curve_generation import generate_params, unsupported_reason
from djtrans.pipeline.transition import Transition

FORMAT = "djtrans-judgement"
RULES, MODEL, SAMPLE, REFINED = "rules", "model", "model, sample only", ", refined"
SOURCES = (RULES, RULES + REFINED, SAMPLE, MODEL, MODEL + REFINED, *ABLATIONS)
#: Seeds whose distance is the diversity of a source.
SEEDS = 4
#: Frequencies of kick and bass in Hz.
LOWS_HZ = (45.0, 60.0, 80.0, 110.0, 150.0)
LOW_STEMS = ("drums", "bass")


@attrs.frozen(eq=False)
class Judge:
    """Evaluate the sources of a case that are not known yet."""

    model: str | None
    classifier: Path | None
    sources: tuple[str, ...]

    def __call__(self, case: Case, other: Case, known: dict[str, Any]) -> dict[str, Any]:
        """Return the results of a case, those that are known included."""
        torch.set_num_threads(1)
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
        result = measure(found)
        with torch.no_grad():
            mix = generated.case.powers(found.params.values)
            rated = load_objectives().evaluate(mix)
        result["objective"] = float(rated.total)
        result["objectives"] = {name: float(value) for name, value in rated.values.items()}
        if source in generated.ablated:
            result["change"] = generated.change(source)
            result["seeds_apart"] = generated.seeds_apart
        if classifier is not None:
            curves = Scaling(found.params.layout).to_model(found.params.values)
            swap = round(found.plan.swap_beat * found.plan.frames_per_beat)
            result["technique"] = attrs.asdict(classifier(curves, swap))
        return result | {"cpu_seconds": time.process_time() - start}


def key(source: str, model: DiffusionModel) -> str:
    """Name the results of a source: those of the rules do not depend on the model."""
    return source if source.startswith(RULES) else f"{source} @{model.sha256}"


class Generated:
    """Transitions of all sources of a case, each generated once."""

    def __init__(self, case: LoadedCase, model: DiffusionModel, other: Case) -> None:
        self.case, self.model, self.other = case, model, other
        self.sampler = Sampler(model, case.request(model.extractors))
        self.seeds = [self.sampler.request.seed + index for index in range(SEEDS)]
        self.known: dict[str, Transition] = {}
        self.ablated: dict[str, Tensor] = {}

    def transition(self, source: str) -> Transition | None:
        """Render a source; None if the model lacks what is to be removed."""
        if source not in self.known:
            found = self._generate(source)
            if found is None:
                return None
            self.known[source] = found
        return self.known[source]

    def _generate(self, source: str) -> Transition | None:
        if source == RULES:
            return self.case.rules
        if source.endswith(REFINED):
            start = self.transition(source.removesuffix(REFINED))
            return None if start is None else djtrans.refine(start)
        request = self.sampler.request
        if source == MODEL:
            params = generate_params(self.model, request, beat_times(self.case))
            return self.case.with_curves(params.values)
        encoded = self.sampler.encoded()
        if source == SAMPLE:
            return self.case.with_curves(self.sampler.unprocessed(self.samples[0]))
        other = self._other() if source == "model, audio of another case" else None
        changed = ABLATIONS[source](encoded, other)
        if changed is None:
            return None
        self.ablated[source] = self.sampler.sample(changed, [request.seed])[0]
        return self.case.with_curves(self.sampler.processed(self.ablated[source]))

    def _other(self) -> Encoded | None:
        """Encode another case; None if it has a track of this one."""
        loaded = self.other.load()
        if set(loaded.track_hashes) & set(self.case.track_hashes):
            return None
        return Sampler(self.model, loaded.request(self.model.extractors)).encoded()

    @functools.cached_property
    def samples(self) -> Tensor:
        """Samples with several seeds, the first that of the request, without post-processing."""
        return self.sampler.sample(self.sampler.encoded(), self.seeds)

    def change(self, source: str) -> float:
        """Measure how far an ablation moves the samples, as root mean square."""
        return rms(self.ablated[source] - self.samples[0])

    @functools.cached_property
    def seeds_apart(self) -> float:
        """Distance of the samples with different seeds."""
        return distance(self.samples)

    def diversity(self, source: str) -> float:
        """Measure the distance of the curves of a source with different seeds."""
        request = self.sampler.request
        if source == MODEL:
            curves = self.model.generate_many(request, self.seeds)
        else:
            technique = load_technique(self.case.content.plan.technique)
            each = [technique.generate(attrs.evolve(request, seed=seed)) for seed in self.seeds]
            curves = torch.stack(each)
        return distance(Scaling(request.layout).to_model(conform(curves, request.layout)))


def rms(difference: Tensor) -> float:
    """Compute a root mean square."""
    return float(difference.square().mean().sqrt())


def distance(curves: Tensor) -> float:
    """Compute the mean root mean square difference of curves ``[seeds, frames, parameters]``."""
    return float(np.mean([rms(a - b) for a, b in itertools.combinations(curves, 2)]))


def measure(transition: Transition) -> dict[str, Any]:
    """Measure a rendered transition by all metrics and gates."""
    metrics, plan = transition.metrics(), transition.plan
    use, exchange = transition.provenance.refinement, exchange_beat(transition)
    boundaries = [*plan.phrase_beats(plan.a), *plan.phrase_beats(plan.b), plan.swap_beat]
    off = None if exchange is None else min(abs(exchange - beat) for beat in boundaries)
    return {
        "metrics": metrics.values(),
        "gates": {gate.name: gate.verdict for gate in metrics.gates},
        "exchange": {
            "off_swap": None if exchange is None else exchange - plan.swap_beat,
            "off_phrase": off,
        },
        "refinement": None if use is None else {"accepted": use.accepted, "reason": use.reason},
    }


def exchange_beat(transition: Transition) -> float | None:
    """Find the beat from which B's kick and bass own the low end; None if they do not."""
    mixer, params = transition.mixer, transition.params
    span = window_span(transition.plan, transition.sample_rate)
    stems = [track.window(span) for track in (transition.a, transition.b)]
    ctx = RenderContext(transition.sample_rate, params.beat_times, params.frame_times)
    gains = stem_masks(mixer, params.values, torch.tensor(LOWS_HZ), ctx).square().mean(dim=-1)
    power = torch.cat([s.audio.square().mean(dim=(1, 2)) for s in stems])
    low = [i for i, name in enumerate(stems[0].names) if name in LOW_STEMS]
    count = len(stems[0].names)
    shares = gains * power[:, None]
    b_owns = shares[[i + count for i in low]].sum(dim=0) > shares[low].sum(dim=0)
    changes = (b_owns[1:] != b_owns[:-1]).nonzero().flatten()
    if len(changes) == 0 or not bool(b_owns[-1]):
        return None
    return (int(changes[-1]) + 1) / params.frames_per_beat


def judge_digest() -> str:
    """Compute the digest of the files that the judgement is made by."""
    digest = hashlib.sha256()
    for name in ("judge.py", "_cases.py", "_sampling.py", "_judgement_tables.py"):
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
    judge = Judge(arguments.model, arguments.classifier, sources)
    cases = found.cases
    chosen = spread(cases, arguments.cases)
    with ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn")) as pool:
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
