"""The closing summary of a transition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from djtrans.core.plan import TrackPlan
    from djtrans.transition import Transition


def describe(
    transition: Transition, written: Sequence[str], options: Mapping[str, Any], seconds: float
) -> list[str]:
    """What was made and why, in lines for a terminal.

    Parameters
    ----------
    transition : Transition
    written : sequence of str
        Files that were written.
    options : mapping
        What the user asked for.
    seconds : float
        Wall time of all of it.

    Returns
    -------
    list of str
    """
    plan, provenance = transition.plan, transition.provenance
    begin, end = transition.window_seconds
    swap_bar = plan.swap_beat // plan.beats_per_bar
    lines = [
        _track("A", plan.a, provenance.tracks["a"].name),
        _track("B", plan.b, provenance.tracks["b"].name),
        f"technique   {_short(plan.technique)}, {plan.bars} bars ({plan.window_seconds:.1f} s), "
        f"{clock(begin)} to {clock(end)} of the output",
    ]
    if options.get("duration"):
        lines.append(f"            asked for {options['duration']:g} s; {plan.bars} bars is nearest")
    lines.append(
        f"swap        after bar {swap_bar} of the window, at "
        f"{clock(begin + plan.swap_seconds)}: {_phrase_lines(plan.a, plan.b)}"
    )
    lines += [f"why         {reason}" for reason in plan.reasons]
    lines += [f"rejected    {reason}" for reason in plan.rejected]
    lines.append(
        f"tempo       A {plan.a.stretch_percent:+.2f} %, B {plan.b.stretch_percent:+.2f} %"
    )
    steps = "step" if plan.key_distance == 1 else "steps"
    lines.append(
        f"keys        {plan.a.key} to {plan.b.key}, {plan.key_distance} {steps} on the Camelot wheel"
    )
    lines.append(
        f"levels      B {plan.b.gain_db:+.1f} dB to meet A; all {transition.rendered.trim_db:+.1f} dB "
        "for a true peak of -1 dBTP at most"
    )
    separators = {record.separator.name for record in provenance.tracks.values()}
    lines.append(f"separator   {', '.join(sorted(map(_short, separators)))}")
    spent = ", ".join(f"{name} {value:.1f}" for name, value in transition.seconds.items())
    lines.append(f"seconds     {seconds:.1f} ({spent})")
    lines += [f"wrote       {path}" for path in written]
    return lines


def clock(seconds: float) -> str:
    """Time as minutes and seconds, ``1:02.3``."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"


def _track(label: str, side: TrackPlan, name: str) -> str:
    return (
        f"{label}           {name}: {side.bpm:.2f} BPM, {side.key}, cue at "
        f"{clock(side.cue_seconds)} (bar {side.cue_bar + 1}, {side.cue_section})"
    )


def _phrase_lines(a: TrackPlan, b: TrackPlan) -> str:
    on = [name for name, side in (("A", a), ("B", b)) if side.swap_on_phrase]
    where = f"bar {a.swap_bar + 1} of A ({a.swap_section}), bar {b.swap_bar + 1} of B ({b.swap_section})"
    said = {2: "on a phrase line of both", 1: f"on a phrase line of {''.join(on)} only"}
    return f"{where}, {said.get(len(on), 'on no phrase line')}"


def _short(name: str) -> str:
    return name.removeprefix("djtrans/")
