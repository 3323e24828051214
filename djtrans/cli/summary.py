"""Format the summary of a transition that ``djtrans generate`` prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from djtrans.core.audio.loudness import integrated_lufs
from djtrans.core.contracts.config import config_to_dict
from djtrans.core.contracts.declaration import short_name
from djtrans.core.transition.output_level import MATCH_A
from djtrans.core.util.profiling import timed
from djtrans.mixer.rendering import CEILING_DBTP
from djtrans.registry import default_registry

if TYPE_CHECKING:
    from djtrans.core.transition.params_file import (
        ModelUse,
        RefinementUse,
        SamplingUse,
        TrackRecord,
    )
    from djtrans.core.transition.plan import TrackPlan, TransitionPlan
    from djtrans.pipeline.transition import Transition


_LABEL_WIDTH = 13


def describe(
    transition: Transition, written: Sequence[str], seconds: float, duration: float | None = None
) -> list[str]:
    """Describe a transition and the reasons of its plan as lines for a terminal.

    Parameters
    ----------
    transition : Transition
        Rendered transition.
    written : sequence of str
        Paths of the files that were written.
    seconds : float
        Total wall time.
    duration : float, optional
        Requested length of the window in seconds.

    Returns
    -------
    list of str
    """
    plan, provenance = transition.plan, transition.provenance
    begin, end = transition.window_seconds
    swap = clock(begin + plan.swap_seconds)
    separators = sorted({short_name(t.separator.name) for t in provenance.tracks.values()})
    spent = ", ".join(f"{name} {value:.1f}" for name, value in transition.seconds.items())
    technique = (
        f"{short_name(plan.technique)}, {plan.bars} bars ({plan.window_seconds:.1f} s), "
        f"{clock(begin)} to {clock(end)} of the output"
    )
    if duration is not None:
        technique += f"; nearest to the requested {duration:g} s"
    rows = [
        *(("A", line) for line in _track(plan.a, provenance.tracks["a"])),
        *(("B", line) for line in _track(plan.b, provenance.tracks["b"])),
        ("technique", technique),
        *(("curves from", _model(model)) for model in [provenance.model] if model is not None),
        *(("curves from", _others(*item)) for item in _other_sources(provenance.model)),
        *(("sampled", _sampling(use)) for use in [provenance.sampling] if use is not None),
        *(("refined", _refinement(use)) for use in [provenance.refinement] if use is not None),
        ("swap", f"at {swap}: {_swap_bars(plan)}"),
        *(("why", reason) for reason in plan.reasons),
        *(("rejected", reason) for reason in plan.rejected),
        ("confidence", f"{plan.confidence:.2f}, the probability that it passes the gates"),
        (
            "tempo",
            f"A {_signed(plan.a.stretch_percent, 2)} %, B {_signed(plan.b.stretch_percent, 2)} %",
        ),
        ("keys", f"{plan.a.key} to {plan.b.key}, Camelot distance {plan.key_distance}"),
        *(("gain", line) for line in _gains(plan, transition)),
        *(("output", line) for line in output_level(transition)),
        *_gates(transition),
        ("separator", ", ".join(separators)),
        ("seconds", f"{seconds:.1f} ({spent})"),
        *(("wrote", path) for path in written),
    ]
    return [f"{label:<{_LABEL_WIDTH}}{text}" for label, text in rows]


def as_document(transition: Transition, written: Sequence[str]) -> dict[str, object]:
    """Return the result of a transition for ``--json``: what was decided, and the files.

    Times are in seconds; bars count from 1, as in the text.
    """
    plan, record = transition.plan, transition.provenance
    begin, end = transition.window_seconds
    tracks = {
        name: {
            "file": record.tracks[name].name,
            "bpm": side.bpm,
            "key": side.key,
            "cue_seconds": side.cue_seconds,
            "cue_bar": side.cue_bar + 1,
            "swap_bar": side.swap_bar + 1,
            "gain_db": side.gain_db,
            "stretch_percent": side.stretch_percent,
        }
        for name, side in plan.sides.items()
    }
    return {
        "technique": plan.technique,
        "bars": plan.bars,
        "window_seconds": [begin, end],
        "swap_seconds": begin + plan.swap_seconds,
        "tracks": tracks,
        "confidence": plan.confidence,
        "reasons": list(plan.reasons),
        "rejected": list(plan.rejected),
        "model": None if record.model is None else record.model.name,
        "level": record.render.level,
        "gain_db": transition.rendered.trim_db,
        "seconds": dict(transition.seconds),
        "written": list(written),
    }


def output_level(transition: Transition) -> Iterator[str]:
    """Describe how far the output was raised or lowered, in no lines or more."""
    rendered = transition.rendered
    record = transition.provenance.render
    chain = transition.provenance.mixer.spec.master_chain
    if (reduction := rendered.reduction) is not None:
        nodes = ", ".join(short_name(node.effect) for node in chain)
        yield (
            f"through {nodes}: reduced in {100 * reduction.share:.1f} % of the time, by "
            f"{reduction.largest_db:.1f} dB at most"
        )
    if record.level != MATCH_A:
        lufs = integrated_lufs(rendered.mix, record.sample_rate)
        yield f"{lufs:.1f} LUFS (level {record.level}): gain {_signed(rendered.trim_db, 1)} dB"
    elif rendered.trim_db < -0.05:
        advice = "" if chain else "; --master limiter avoids this"
        yield (
            f"lowered by {-rendered.trim_db:.1f} dB to keep true peaks below "
            f"{CEILING_DBTP:g} dBTP{advice}"
        )


def _gates(transition: Transition) -> Iterator[tuple[str, str]]:
    """Describe the verdicts of the gates in a line, and the worst of them in another."""
    with timed("gates"):
        gates = transition.gates()
    yield "gates", ", ".join(f"{gate.name} {gate.verdict}" for gate in gates)
    for verdict, label in (("fail", "fails"), ("warn", "warns")):
        bad = [f"{gate.name}: {gate.why}" for gate in gates if gate.verdict == verdict]
        if bad:
            yield label, "; ".join(bad)
            return


def _gains(plan: TransitionPlan, transition: Transition) -> Iterator[str]:
    a = f"A {_signed(plan.a.gain_db, 1)} dB, " if plan.a.gain_db else ""
    yield f"{a}B {_signed(plan.b.gain_db, 1)} dB (matched at the swap)"
    for name, side in plan.sides.items():
        ease = side.gain_ease
        if ease is None:
            continue
        end = transition.rendered.span.stop / transition.sample_rate
        held = round(ease.bars * max(0.0, (end - ease.start) / (ease.stop - ease.start)))
        own = _signed(ease.gain_db, 1) if ease.gain_db else "0"
        yield (
            f"{name.upper()} eased from {_signed(side.gain_db, 1)} dB to {own} dB over the "
            f"{ease.bars} bars after the window"
            + (f"; the file ends after {held} of them" if held < ease.bars else "")
        )


def render_lines(transition: Transition) -> list[str]:
    """Describe what a render changes: the refinement and the level, in no lines or more."""
    use, level = transition.provenance.refinement, transition.provenance.render.level
    rows = [] if use is None else [("refined", _refinement(use))]
    rows += [("output", line) for line in output_level(transition) if level != MATCH_A]
    return [f"{label:<{_LABEL_WIDTH}}{text}" for label, text in rows]


def _sampling(use: SamplingUse) -> str:
    parts = []
    if use.strength is not None:
        parts.append(f"varied with strength {use.strength:g}")
    if use.objective_guidance:
        parts.append(f"guided by objectives with strength {use.objective_guidance:g}")
    if use.guides:
        parts.append(f"guided by {', '.join(use.guides)}")
    if use.best_of > 1:
        parts.append(f"best of {use.best_of} by the objectives")
    return f"{', '.join(parts)} (seed {use.seed})"


def _refinement(use: RefinementUse) -> str:
    return f"by {use.level}s: {use.reason}" if use.accepted else f"no, {use.reason}"


def _model(model: ModelUse) -> str:
    replaced = [
        "with other weights" if part == "weights" else f"{part} {name}"
        for part, name in model.replaced.items()
    ]
    return ", ".join(
        (
            model.name or "a model without a file",
            *replaced,
            f"{model.steps} steps of {_scheduler(model)}",
            f"guidance {model.guidance_scale:g}",
        )
    )


def _other_sources(model: ModelUse | None) -> Iterable[tuple[str, Sequence[str]]]:
    return () if model is None else model.others.items()


def _others(source: str, keys: Sequence[str]) -> str:
    """State where the parameters come from that the model did not generate."""
    shown = ", ".join(keys[:4]) + (f" and {len(keys) - 4} more" if len(keys) > 4 else "")
    what = "left neutral" if source == "neutral" else f"from {short_name(source)}"
    return f"{what}: {shown}, which the model does not know"


def _scheduler(model: ModelUse) -> str:
    """Format the name of the scheduler and its settings that differ from the defaults."""
    defaults = config_to_dict(
        default_registry().schedulers.find(model.scheduler).declaration.config()
    )
    changed = [f"{k}={v}" for k, v in model.scheduler_config.items() if v != defaults.get(k)]
    return (
        f"{short_name(model.scheduler)} ({', '.join(changed)})"
        if changed
        else short_name(model.scheduler)
    )


def clock(seconds: float) -> str:
    """Format a time as minutes and seconds: ``1:02.3``."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"


def _track(side: TrackPlan, record: TrackRecord) -> Iterator[str]:
    name = record.name if record.label == record.name else f"{record.label} ({record.name})"
    yield (
        f"{name}: {side.bpm:.2f} BPM, {side.key}, cue at {clock(side.cue_seconds)} "
        f"(bar {side.cue_bar + 1}, {side.cue_section})"
    )
    if remark := record.tags.tempo_remark(side.bpm):
        yield remark
    for correction in record.corrections:
        yield f"corrected: {correction}"


def _swap_bars(plan: TransitionPlan) -> str:
    bars = ", ".join(
        f"bar {side.swap_bar + 1} of {name.upper()} ({side.swap_section})"
        for name, side in plan.sides.items()
    )
    on = plan.on_phrase
    boundary = {2: "a phrase boundary in both", 1: f"a phrase boundary in {''.join(on)} only"}
    return f"{bars}: {boundary.get(len(on), 'no phrase boundary')}"


def _signed(value: float, digits: int) -> str:
    """Format a number with its sign, without a negative zero."""
    return f"{round(value, digits) + 0.0:+.{digits}f}"
