"""Make transitions between pairs of tracks as a system makes them, and score them."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from djtrans.benchmarking.scores import Score
from djtrans.metrics.registered import metric_values, metric_versions
from djtrans.registry import Registry

if TYPE_CHECKING:
    from djtrans.diffusion.model import DiffusionModel
    from djtrans.evaluation.pairs import TrackPair
    from djtrans.pipeline.transition import Transition

#: The default of ``djtrans generate``, and the bundled model without its checks by the rules.
DEFAULT_MODEL, BUNDLED = "default", "bundled"
#: Names of the gates of a transition, in order.
GATES = ("aligned", "one bass", "one voice", "level", "placement")
# Not "auto": results must not depend on the weights that a machine has.
_SEPARATOR = "spectral"
_UNITS = {"1": "", "fraction": ""}


def transition_scores(registry: Registry | None = None) -> tuple[Score, ...]:
    """Return the scores of transitions: the gates, and the metrics of which a side is better."""
    gates = (Score("gate", name, f"share of transitions that pass it: {name}") for name in GATES)
    metrics = (
        Score(
            "metric",
            value.name,
            value.summary.rstrip("."),
            _UNITS.get(value.unit, value.unit),
            value.better,
        )
        for value in metric_values(registry)
        if value.better in ("lower", "higher")
    )
    every = Score("gate", "all", "share of transitions of which no gate warns or fails")
    return (every, *gates, *metrics)


def transition_dependencies(registry: Registry, model: str = "") -> str:
    """Serialize what scores depend on besides the pair and the technique."""
    separator = registry.separators.find(_SEPARATOR).declaration.version
    digest = _loaded(BUNDLED if model == DEFAULT_MODEL else model).sha256 if model else ""
    return json.dumps([metric_versions(registry), separator, digest])


def score_transition(
    pair: TrackPair, registry: Registry | None, *, technique: str = "", model: str = ""
) -> dict[str, float]:
    """Make a transition by a technique or a model, and score it.

    Parameters
    ----------
    pair : TrackPair
        Its technique and its cues are kept; a model chooses the technique if it has none.
    registry : Registry, optional
    technique : str
        Name of a technique, for its rules.
    model : str
        :data:`DEFAULT_MODEL`, :data:`BUNDLED` or a model as `djtrans.load_model` takes it.

    Returns
    -------
    dict of str to float
        Scores by key; what could not be measured is left out.
    """
    from djtrans.pipeline.generation import generate

    source: Any = "auto" if model == DEFAULT_MODEL else _loaded(model) if model else None
    with pair.files() as files:
        transition = generate(
            str(files.a),
            str(files.b),
            technique=technique or pair.technique or "auto",
            model=source,
            cue_a=pair.cue_a,
            cue_b=pair.cue_b,
            stems_a=files.stems_a,
            stems_b=files.stems_b,
            separator=_SEPARATOR,
            device="cpu",
            registry=registry,
        )
        return _scores(transition, registry)


def _scores(transition: Transition, registry: Registry | None) -> dict[str, float]:
    metrics = transition.metrics(registry=registry)
    verdicts = {gate.name: gate.verdict for gate in metrics.gates}
    found: dict[str, float | None] = {
        f"gate {name}": None if verdict == "not measurable" else float(verdict == "pass")
        for name, verdict in verdicts.items()
    }
    found["gate all"] = float(not {"warn", "fail"} & set(verdicts.values()))
    values = metrics.values()
    found |= {
        score.key: values.get(score.name)
        for score in transition_scores(registry)
        if score.task == "metric"
    }
    return {key: value for key, value in found.items() if value is not None}


@cache
def _loaded(model: str) -> DiffusionModel:
    from djtrans.diffusion.loading import load_model

    return load_model(None if model == BUNDLED else model, "cpu")
