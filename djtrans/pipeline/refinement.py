"""Refine a finished transition, and keep what its rendered audio proves better."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import torch

from djtrans.core.contracts.config import config_to_dict
from djtrans.core.errors import InputError
from djtrans.core.transition.alignment import window_span
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import ParamsFile, Provenance, RefinementUse
from djtrans.core.util.progress import ProgressCallback
from djtrans.metrics import TransitionMetrics
from djtrans.metrics.gates import worse_gates
from djtrans.mixer.build import DifferentiableDJMixer
from djtrans.objectives import PowerModel, RenderedPowerModel, load_objectives
from djtrans.pipeline.completion import finish
from djtrans.pipeline.executors import one_thread
from djtrans.pipeline.power_measurement import power_model
from djtrans.pipeline.progress import Steps
from djtrans.pipeline.transition import Transition
from djtrans.refinement import RefinementConfig, refine_curves
from djtrans.registry import Registry

#: Settings of the refinement by prediction alone.
QUICK = RefinementConfig(steps=30)
#: Candidates that are rendered at most.
_RENDERED = 6
#: Change of a metric that is none, by the unit of the metric: less is not heard, or is rounding.
_UNNOTICED = {"LU": 0.1, "dB": 0.1, "dBTP": 0.5, "ms": 10.0, "beats": 0.5, "fraction": 0.01}
#: Onsets of two tracks are told apart to about a millisecond.
_UNNOTICED_OFFSET_MS = 1.0
#: Errors and leaks at the ends of the window are not heard below this.
_INAUDIBLE_DB = -60.0
#: Metrics that refinement changes by less than the measurement does.
_OTHERS = ("beat_offset_spread_ms", "true_peak_dbtp", "chroma_consonance")


def refine(
    transition: Transition,
    config: RefinementConfig | None = None,
    *,
    weights: Mapping[str, float] | None = None,
    progress: ProgressCallback | None = None,
    registry: Registry | None = None,
) -> Transition:
    """Refine the curves of a transition by what they are predicted to sound like.

    The owner of the low end is searched phrase by phrase, then faders, EQ, filters and sends are
    moved by gradient descent on the objectives, close to the curves. The result is rendered and
    measured: if a gate or a metric gets worse, the original is returned.

    Parameters
    ----------
    transition : Transition
        From rules or a model, or rendered from a params file.
    config : RefinementConfig, optional
    weights : mapping of str to float, optional
        Weights of objectives that differ from the declared ones, by name; 0 leaves one out.
    progress : callable, optional
    registry : Registry, optional

    Returns
    -------
    Transition
        Its provenance records the refinement, and the reason if the original was kept.

    Raises
    ------
    InputError
        If the transition holds no mixer, or a weight is not allowed.

    See Also
    --------
    djtrans.generate : Generate a transition; ``refine="powers"`` refines it.

    Examples
    --------
    >>> import djtrans
    >>> transition = djtrans.generate("a.mp3", "b.mp3")  # doctest: +SKIP
    >>> djtrans.refine(transition).save("out.wav")  # doctest: +SKIP
    """
    mixer = transition.mixer
    if not isinstance(mixer, DifferentiableDJMixer):
        raise InputError(
            "The transition holds no mixer to render with; generate it, or render its params file."
        )
    config = config if config is not None else RefinementConfig()
    objectives = load_objectives(weights, registry)
    steps = Steps(progress)
    tracks = Pair(transition.a, transition.b)
    isolated = Pair("a", "b").map(
        lambda side: transition.provenance.tracks[side].isolation == "good"
    )
    with steps.step("refine") as fraction, one_thread():
        model = power_model(mixer, transition.plan, tracks, isolated, transition.rendered.span)
        audio_model = None
        if config.prediction == "audio":
            span = window_span(transition.plan, transition.sample_rate)
            stems = tracks.map(lambda track: track.window(span))
            audio_model = RenderedPowerModel.of(model, stems, transition.provenance.render.seed)
        found = refine_curves(
            model,
            transition.params.values,
            objectives,
            config,
            rendered=audio_model,
            progress=fraction,
        )
    original = RefinementUse(
        accepted=False,
        reason="no curves were predicted to be better",
        level=found.level,
        config=config_to_dict(config),
        weights=dict(objectives.weights),
        before=found.before,
        after=found.before,
    )
    before = transition.metrics(registry=registry)
    for values, predicted in zip(found.candidates[:_RENDERED], found.after, strict=False):
        use = attrs.evolve(original, accepted=True, after=predicted)
        use = attrs.evolve(use, reason=_summary(use))
        provenance = attrs.evolve(transition.provenance, refinement=use)
        changed = rendered(transition, mixer, values, provenance, steps)
        worse = worsened(before, changed.metrics(registry=registry))
        if not worse:
            return changed
        why = f"the refined transition was worse: {', '.join(worse)}"
        original = attrs.evolve(original, reason=why)
    provenance = attrs.evolve(transition.provenance, refinement=original)
    return attrs.evolve(transition, provenance=provenance)


def refine_predicted(
    content: ParamsFile,
    measure: Callable[[], PowerModel],
    steps: Steps,
    registry: Registry | None = None,
) -> ParamsFile:
    """Refine curves before they are rendered, accepted by the prediction alone.

    The refined curves are kept if the weighted sum of the objectives falls and no objective that
    can be descended on is noticeably worse. Nothing is rendered, which makes this much faster than
    :func:`refine`.

    Parameters
    ----------
    content : ParamsFile
        Curves, plan and provenance.
    measure : callable
        Measures the power of the stems of both tracks over what is rendered.
    steps : Steps
        Receives progress and wall time.
    registry : Registry, optional

    Returns
    -------
    ParamsFile
        Its provenance records the refinement, also where the curves are as before.
    """
    objectives, params = load_objectives(registry=registry), content.params
    with steps.step("refine") as fraction, one_thread():
        found = refine_curves(measure(), params.values, objectives, QUICK, progress=fraction)
    chosen = found.without_worse_terms(objectives)
    use = RefinementUse(
        accepted=chosen is not None,
        reason="no curves were predicted to be better",
        level=found.level,
        config=config_to_dict(QUICK),
        weights=dict(objectives.weights),
        before=found.before,
        after=found.before if chosen is None else found.after[chosen],
    )
    if chosen is not None:
        use = attrs.evolve(use, reason=_summary(use))
        params = attrs.evolve(params, values=found.candidates[chosen])
    provenance = attrs.evolve(content.provenance, refinement=use)
    return attrs.evolve(content, params=params, provenance=provenance)


def rendered(
    transition: Transition,
    mixer: DifferentiableDJMixer,
    values: torch.Tensor,
    provenance: Provenance,
    steps: Steps | None = None,
) -> Transition:
    """Render a transition with other curves ``[frames, parameters]``."""
    content = ParamsFile(
        params=attrs.evolve(transition.params, values=values),
        plan=transition.plan,
        provenance=provenance,
    )
    tracks = Pair(transition.a, transition.b)
    return finish(mixer, content, tracks, "cpu", steps or Steps())


def worsened(before: TransitionMetrics, after: TransitionMetrics) -> list[str]:
    """Name the gates and metrics that got worse."""
    worse = worse_gates(before.gates, after.gates)
    for old, new in zip(before.measured, after.measured, strict=True):
        declared = old.declared
        if old.number is None or new.number is None or declared.name in _OTHERS:
            continue
        was, now = old.number, new.number
        if declared.name.startswith(("start_", "stop_")):
            was, now = max(was, _INAUDIBLE_DB), max(now, _INAUDIBLE_DB)
        change = now - was
        change = -change if declared.better == "higher" else change
        least = _UNNOTICED.get(declared.unit, 1e-9)
        if declared.name == "beat_offset_p95_ms":
            least = _UNNOTICED_OFFSET_MS
        noticed = change > least
        if declared.better != "description" and noticed:
            worse.append(f"{declared.name} {old.number:.2f} to {new.number:.2f}")
    return worse


def _summary(use: RefinementUse) -> str:
    """Name the objectives that fell by more than a tenth, and the sum of all."""
    before, after = (
        sum(weight * values[name] for name, weight in use.weights.items())
        for values in (use.before, use.after)
    )
    fell = [
        f", {name} {old:.1f} to {use.after[name]:.1f}"
        for name, old in use.before.items()
        if old - use.after[name] > 0.1 * max(old, 0.5)
    ]
    return f"predicted cost {before:.1f} to {after:.1f}{''.join(fell)}"
