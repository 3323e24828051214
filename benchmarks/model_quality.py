"""How well a model draws: beside the techniques that taught it, a crossfade and a plain sum.

    python benchmarks/held_out.py held-out
    python benchmarks/model_quality.py held-out set.safetensors --output results [--model FILE]

Every case is drawn by the technique that fits it (the expert), by an equal-power crossfade, as a
plain sum, and by the model, told through the case's true stems and, where the case is there twice,
through those of `spectral`, as the expert is then too. All are mixed from the true stems and
measured by what is heard. Then, on the curves alone: does the model draw what was wished for, and
one technique where nothing was? The classifier is fitted to what the techniques draw for the
training set. Means with 95 % bootstrap intervals over the cases. Results are kept case by case; a
stopped run goes on.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch
from torch import Tensor

from djtrans import DifferentiableDJMixer, load_model
from djtrans.core.contracts.declaration import short_name
from djtrans.core.contracts.effect import RenderContext
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.curves.params import TransitionParams
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import DjtransError
from djtrans.core.track.stems import Stems
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.tables import markdown_table, number
from djtrans.datasets.pairs.pair import PreparedPair
from djtrans.datasets.pairs.pair_folder import read_pair
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.diffusion.normalization import Scaling
from djtrans.evaluation.technique_classifier import TechniqueClassifier, rule_based_examples
from djtrans.inverse.bands import stem_masks
from djtrans.metrics import MetricInputs, Voices
from djtrans.metrics.audible import both_audible
from djtrans.metrics.bass_overlap import bass_overlap_of_levels, beat_levels_db
from djtrans.metrics.curve_motion import curve_motion
from djtrans.metrics.level_profile import WINDOW_SECONDS, level_profile
from djtrans.metrics.low_end import low_end_excess_of_levels
from djtrans.metrics.masking import masking_fraction
from djtrans.metrics.peaks import peaks
from djtrans.metrics.vocals import vocals
from djtrans.mixer.mixer import Mixer
from djtrans.pipeline.curve_generation import generate_params
from djtrans.registry import default_registry

#: Where a kick and a bass are.
LOWS_HZ = (45.0, 60.0, 80.0, 110.0, 150.0)
SWAP = "swap off, beats"
#: The technique as it draws where it is told through stems of `spectral`.
TOLD = "expert, spectral"
CROSSFADE = "djtrans/fade"
BASELINES = {"crossfade": CROSSFADE, "sum": "djtrans/sum"}
#: As the issue of the model asks: 10 evaluations, guidance of 2.
STEPS, GUIDANCE = 10, 2.0
RESAMPLES = 2000


def sound_of(
    mixer: DifferentiableDJMixer, pair: PreparedPair, params: TransitionParams
) -> MetricInputs:
    """Render a case, and its vocals alone, from its true stems."""
    stems = (pair.stems_a, pair.stems_b)
    with torch.no_grad():
        out = mixer(*stems, params)
        alone = [attrs.evolve(s, audio=_only(s.audio, s.names.index("vocals"))) for s in stems]
        sung = mixer(*alone, params)
    return MetricInputs(
        mix=out.mix,
        a=out.a,
        b=out.b,
        solo_a=pair.stems_a.mix,
        solo_b=pair.stems_b.mix,
        sample_rate=pair.sample_rate,
        beat_times=params.beat_times.numpy(),
        beats_per_bar=pair.plan.beats_per_bar,
        voices=Voices(a=sung.a, b=sung.b, solo_a=alone[0].mix, solo_b=alone[1].mix),
    )


def measured(
    mixer: DifferentiableDJMixer, pair: PreparedPair, params: TransitionParams
) -> dict[str, float | None]:
    """The case mixed from its true stems under these curves, and measured."""
    plan, stems, rate = pair.plan, (pair.stems_a, pair.stems_b), pair.sample_rate
    beats = params.beat_times.numpy()
    sound = sound_of(mixer, pair, params)
    lows = {n: beat_levels_db(getattr(sound, n), rate, beats) for n in ("a", "b", "mix")}
    solo = [beat_levels_db(s, rate, beats) for s in (sound.solo_a, sound.solo_b)]
    bass = bass_overlap_of_levels(lows["a"], lows["b"], *solo)
    voices = vocals(sound)
    # Four fast bars last 5 s, which is less than two windows of 3 s.
    longest = min(WINDOW_SECONDS, float(beats[-1]) / 2.1)
    level = level_profile(sound.mix, rate, longest, solo_a=sound.solo_a, solo_b=sound.solo_b)
    low, high = (
        torch.tensor([getattr(row.parameter, end) for row in params.layout.rows])
        for end in ("minimum", "maximum")
    )
    curves = ((params.values - low) / (high - low)).numpy()
    motion = curve_motion(curves, params.frames_per_beat)
    length = plan.bars * plan.beats_per_bar
    return {
        "both audible, beats": int(both_audible(sound.a, sound.b, rate, beats).sum()),
        "two basses, % of beats": 100.0 * bass.beats / length,
        "no bass, % of beats": 100.0 * bass.beats_without_bass / length,
        "low end too loud, dB": low_end_excess_of_levels(lows["mix"], *solo),
        "two voices, % of beats": _share(voices.clash_beats, length),
        "sung lines cut": voices.line_cuts,
        "dip, LU": level.dip_lu,
        "bump, LU": level.bump_lu,
        "longest hole, ms": level.longest_hole_ms,
        "masking": masking_fraction(sound.a, sound.b, rate, beats),
        "true peak, dBTP": peaks(sound.mix, rate).true_peak_db,
        "parameters moving": motion.moving,
        "way of each, ranges": motion.total_variation,
        "steepest, ranges per beat": motion.steepest,
        "swap off, beats": swap_off(mixer, stems, plan, params),
    }


def _share(beats: int | None, length: int) -> float | None:
    return None if beats is None else 100.0 * beats / length


def swap_off(
    mixer: Mixer, stems: Sequence[Stems], plan: TransitionPlan, params: TransitionParams
) -> float | None:
    """Beats from the line to where B's kick and bass have the lows for good; None: never."""
    ctx = RenderContext(stems[0].sample_rate, params.beat_times, params.frame_times)
    gains = stem_masks(mixer, params.values, torch.tensor(LOWS_HZ), ctx).square().mean(dim=-1)
    power = torch.cat([s.audio.square().mean(dim=(1, 2)) for s in stems])
    low = [i for i, name in enumerate(stems[0].names) if name in ("drums", "bass")]
    half, level = len(gains) // 2, power[:, None] * gains
    b_owns = level[[half + i for i in low]].sum(dim=0) > level[low].sum(dim=0)
    changes = (b_owns[1:] != b_owns[:-1]).nonzero().flatten()
    if len(changes) == 0 or not bool(b_owns[-1]):
        return None
    return (int(changes[-1]) + 1) / params.frames_per_beat - plan.swap_beat


def _only(audio: Tensor, stem: int) -> Tensor:
    alone = torch.zeros_like(audio)
    alone[stem] = audio[stem]
    return alone


def evaluate_case(
    folder: Path, output: Path, model_path: str | None, classifier: TechniqueClassifier | None
) -> dict[str, Any]:
    """Measure every curve source of a case, or read its results; no model without a classifier."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    pair, registry, mixer = read_pair(folder), default_registry(), DifferentiableDJMixer()
    request = pair.request()
    asked = {name: (registry.techniques.build(t), request) for name, t in BASELINES.items()}
    row: dict[str, Any] = {
        "technique": pair.plan.technique,
        "bars": pair.plan.bars,
        "values": {
            "expert": _kept(output, folder.name, "expert", mixer, pair, lambda: pair.params)
        },
    }
    if classifier is not None:
        model = load_model(model_path, "cpu")
        inference = attrs.evolve(model.inference, steps=STEPS, guidance_scale=GUIDANCE)
        model = attrs.evolve(model, inference=inference)
        asked["model"] = model, request
        spectral = folder.with_name(f"{folder.name}_spectral")
        if spectral.is_dir() and not _needs_isolation(pair.plan.technique):
            told = read_pair(spectral)
            asked["model, spectral"] = model, told.request()
            # The technique knows no more of the voices than the model then.
            row["values"][TOLD] = _kept(output, folder.name, TOLD, mixer, pair, lambda: told.params)
        row["judged"] = {
            "expert": _judged(classifier, pair, pair.params),
            "wish": _judged(classifier, pair, _drawn(pair, model, request)),
            "no wish": _judged(
                classifier, pair, _drawn(pair, model, attrs.evolve(request, technique=""))
            ),
        }
    for name, (drawer, request) in asked.items():
        version = f"{name}-{drawer.sha256[:12]}" if name.startswith("model") else name
        row["values"][name] = _kept(
            output,
            folder.name,
            version,
            mixer,
            pair,
            lambda d=drawer, r=request: _drawn(pair, d, r),
        )
    return row


def _drawn(pair: PreparedPair, drawer: Any, request: CurveRequest) -> TransitionParams:
    return generate_params(drawer, request, pair.params.beat_times)


def _kept(
    output: Path,
    case: str,
    version: str,
    mixer: DifferentiableDJMixer,
    pair: PreparedPair,
    draw: Callable[[], TransitionParams],
) -> dict[str, float | None]:
    file = output / "cases" / f"{case}-{version.replace(', ', '-')}.json"
    if not file.exists():
        write_text(file, json.dumps(measured(mixer, pair, draw())) + "\n")
    found: dict[str, float | None] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _judged(
    classifier: TechniqueClassifier, pair: PreparedPair, params: TransitionParams
) -> dict[str, Any]:
    plan = pair.plan
    curves = Scaling(params.layout).to_model(params.values)
    verdict = classifier(curves, plan.swap_beat * plan.frames_per_beat)
    return attrs.asdict(verdict)


def _needs_isolation(technique: str) -> bool:
    declaration = default_registry().techniques.find(technique).declaration
    return isinstance(declaration, TechniqueDeclaration) and declaration.needs_isolation


@attrs.frozen
class Mean:
    """A mean with its interval."""

    value: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Mean | None:
        """Of what was measured; percentile bootstrap over the cases."""
        known = np.array([v for v in values if v is not None], dtype=float)
        if len(known) < 2:
            return None
        rng = np.random.default_rng(0)
        means = known[rng.integers(len(known), size=(RESAMPLES, len(known)))].mean(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        return cls(float(known.mean()), float(low), float(high), len(known))

    def __str__(self) -> str:
        return f"{number(self.value)} [{number(self.low)}, {number(self.high)}]"


def quality(rows: Sequence[dict[str, Any]], drawers: Sequence[str]) -> str:
    """A line for each measurement: every drawer, and how near the model is to the expert."""
    header = ["", *drawers, "distance"]
    lines = []
    for name in (n for n in rows[0]["values"]["expert"] if n != SWAP):
        per = {d: [r["values"][d].get(name) for r in rows if d in r["values"]] for d in drawers}
        means = {drawer: Mean.of(values) for drawer, values in per.items()}
        cells = [str(means[d]) if means[d] else "–" for d in drawers]
        lines.append([name, *cells, _distance(means, drawers)])
    return markdown_table(header, lines)


def _distance(means: dict[str, Mean | None], drawers: Sequence[str]) -> str:
    """|model - expert| as a part of |crossfade - expert|, where those two differ."""
    model = next((d for d in drawers if d.startswith("model")), None)
    expert = next((means[d] for d in drawers if d.startswith("expert")), None)
    fade = means.get("crossfade")
    mine = means.get(model) if model else None
    if not (mine and expert and fade):
        return "–"
    if fade.low <= expert.high and expert.low <= fade.high:
        return "alike"
    return number(abs(mine.value - expert.value) / abs(fade.value - expert.value), 2)


def swaps(rows: Sequence[dict[str, Any]], drawers: Sequence[str]) -> str:
    """How often the basses change hands within a beat of the line."""
    lines = []
    for drawer in drawers:
        off = [r["values"][drawer][SWAP] for r in rows if drawer in r["values"]]
        known = [value for value in off if value is not None]
        near = sum(abs(value) <= 1.0 for value in known)
        lines.append([drawer, str(len(off)), str(len(known)), f"{near} ({_percent(near, known)})"])
    return markdown_table(["", "cases", "with an exchange", "within a beat"], lines)


def steering(rows: Sequence[dict[str, Any]]) -> str:
    """Tabulate how often the classifier agrees, and its confusions of the model's curves."""
    judged = [r for r in rows if "judged" in r]
    lines = []
    for kind in ("expert", "wish", "no wish"):
        verdicts = [(r["technique"], r["judged"][kind]) for r in judged]
        agrees = [v["technique"] == technique for technique, v in verdicts]
        lines.append(
            [
                {"expert": "expert", "wish": "model", "no wish": "model, no wish"}[kind],
                str(len(verdicts)),
                _percent(sum(agrees), agrees),
                _percent(sum(v["clear"] for _, v in verdicts), agrees),
                _percent(sum(v["belongs"] for _, v in verdicts), agrees),
            ]
        )
    table = markdown_table(["", "n", "as wished", "clearly one", "within reach"], lines)
    counts = Counter((r["technique"], r["judged"]["wish"]["technique"]) for r in judged)
    names = sorted({name for pair in counts for name in pair})
    confusion = markdown_table(
        ["wished \\ judged", *map(short_name, names)],
        [[short_name(w), *(str(counts[w, j] or "") for j in names)] for w in names],
    )
    return f"{table}\n{confusion}"


def _percent(part: int, whole: Sequence[Any]) -> str:
    return f"{100.0 * part / len(whole):.1f} %" if whole else "–"


def fitted_classifier(path: Path) -> TechniqueClassifier:
    """Fit a classifier to the curves that the techniques generate for a training set."""
    composed, registry = SyntheticDataset.load(path), default_registry()
    names = {c.technique for c in composed.training}
    techniques = {name: registry.techniques.build(name) for name in names}
    layout = DifferentiableDJMixer().layout
    chosen = composed.training[:: max(1, len(composed.training) // 4000)]
    return TechniqueClassifier.fit(
        rule_based_examples(chosen, composed.tracks, techniques, layout, seed=1)
    )


def main(arguments: argparse.Namespace) -> None:
    """Draw, measure and print."""
    cases = sorted(p for p in arguments.held_out.glob("case_???") if p.is_dir())
    cases = cases[: arguments.cases]
    (arguments.output / "cases").mkdir(parents=True, exist_ok=True)
    classifier = None if arguments.baselines else fitted_classifier(arguments.set)
    with ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn")) as pool:
        jobs = [
            pool.submit(evaluate_case, case, arguments.output, arguments.model, classifier)
            for case in cases
        ]
        rows = []
        for job in jobs:
            rows.append(job.result())
            print(f"{len(rows)} of {len(cases)} cases", flush=True)
    write_text(arguments.output / "rows.json", json.dumps(rows) + "\n")
    drawers = ["expert", "crossfade", "sum", *([] if arguments.baselines else ["model"])]
    spectral = [r for r in rows if "model, spectral" in r["values"]]
    parts = [f"{len(rows)} cases\n\n{quality(rows, drawers)}\n{swaps(rows, drawers)}"]
    if spectral:
        told = [TOLD, "crossfade", "model, spectral"]
        table = quality(spectral, told)
        parts.append(f"{len(spectral)} cases heard through spectral\n\n{table}")
        parts.append(swaps(spectral, [*told, "model"]))
    for bars in sorted({r["bars"] for r in rows}):
        part = [r for r in rows if r["bars"] == bars]
        parts.append(
            f"{bars} bars, {len(part)} cases\n\n{quality(part, drawers)}\n{swaps(part, drawers)}"
        )
    if classifier is not None:
        parts.append(steering(rows))
    text = "\n".join(parts)
    write_text(arguments.output / "quality.md", text)
    print(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("held_out", type=Path, help="what benchmarks/held_out.py made")
    parser.add_argument("set", type=Path, help="the composed set that the model was trained on")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--model", help="a model's file; default: the one that is shipped")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--baselines", action="store_true", help="no model: experts and baselines")
    parser.add_argument("--workers", type=int, default=1)
    try:
        main(parser.parse_args())
    except DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
