"""Describe a transition in words: a Markdown summary, bar by bar."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import numpy as np

from djtrans.core.contracts.declaration import short_name
from djtrans.core.contracts.mixer_spec import MASTER_BUS, TRACK_BUS, TRACKS
from djtrans.core.curves.band_gains import is_level
from djtrans.core.curves.layout import Row
from djtrans.core.transition.params_file import ParamsFile
from djtrans.core.transition.plan import ClockSection, TrackPlan, TransitionPlan
from djtrans.report.automation_events import AutomationEvent, find_automation_events
from djtrans.report.wording import (
    BANDS,
    KILLED,
    at,
    decibels,
    describe_event,
    hertz,
    listed,
    plural,
    stem_words,
)


def describe_transition(content: ParamsFile) -> str:
    """Describe a transition in Markdown.

    Parameters
    ----------
    content : ParamsFile
        One transition, for any layout.

    Returns
    -------
    str
        A head with the facts, then one paragraph for each bar in which something begins. The same
        content gives the same text.

    See Also
    --------
    djtrans.plot.plot_transition : Plots the same content.

    Examples
    --------
    >>> from djtrans.core.transition.params_file import load_params
    >>> from djtrans.report import describe_transition
    >>> print(describe_transition(load_params("out.json")))  # doctest: +SKIP
    """
    plan, tracks = content.plan, content.provenance.tracks
    lines = [
        f"# {tracks['a'].label} → {tracks['b'].label}",
        "",
        *(f"- {fact}" for fact in plan_facts(plan)),
        "",
        *(f"**{label}** {text}\n" for label, text in bar_paragraphs(content)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def tempo_words(plan: TransitionPlan) -> str:
    """Return the tempo of the window in words, or its start and end if it changes."""
    first, last = (60.0 / float(step) for step in np.diff(plan.beat_times)[[0, -1]])
    if abs(first - last) >= 0.1:
        return f"from {first:.1f} to {last:.1f} BPM"
    return f"at {60.0 * (len(plan.beat_times) - 1) / plan.window_seconds:.1f} BPM"


def plan_facts(plan: TransitionPlan) -> Iterable[str]:
    """Yield the facts and reasons of a plan, one sentence each."""
    technique = short_name(plan.technique)
    yield f"{technique} over {plan.bars} bars, {plan.window_seconds:.1f} s {tempo_words(plan)}"
    for track, side in plan.sides.items():
        name = track.upper()
        tenths = round(10.0 * abs(side.cue_seconds))
        begin = f"{'−' if side.cue_seconds < 0 else ''}{tenths // 600}:{tenths % 600 / 10:04.1f}"
        percent = f"{round(side.stretch_percent, 1) + 0.0:+.1f} %".replace("-", "−")
        yield (
            f"{name}: {side.bpm:.1f} BPM ({percent}), {side.key}, from {begin} of the file, "
            f"in its {side.cue_section}"
        )
    yield f"keys {plan.key_distance} step{'' if plan.key_distance == 1 else 's'} apart"
    yield from (f"why: {reason}" for reason in plan.reasons)
    yield from (f"rejected: {reason}" for reason in plan.rejected)


@attrs.frozen(order=True)
class _Event:
    """Sentence with its beat, and its rank among the sentences of that beat."""

    beat: float
    rank: int
    text: str = attrs.field(order=False)


def bar_paragraphs(content: ParamsFile) -> Iterable[tuple[str, str]]:
    """Yield a label and a text for each bar in which something begins, and for the end."""
    plan = content.plan
    bar = plan.beats_per_bar
    events = [*_section_events(plan), *_curve_events(content), _swap_event(plan)]
    by_bar: dict[int, list[_Event]] = {}
    for event in sorted(events):
        # Half a frame early counts as on the bar line: slow movements are detected slightly late.
        by_bar.setdefault(min(int(event.beat + 0.25) // bar, plan.bars - 1), []).append(event)
    starts = sorted(by_bar)
    for start, after in zip(starts, [*starts[1:], plan.bars], strict=True):
        label = f"Bar {start + 1}" if after - start <= 1 else f"Bars {start + 1}–{after}"
        if start == plan.swap_beat // bar:
            label += " (the swap)" if after - start <= 1 else f" (the swap on {start + 1})"
        yield f"{label}.", " ".join(event.text for event in by_bar[start])
    yield f"After bar {plan.bars}", f"B plays on alone{_ease_words(plan.b)}."


def _ease_words(side: TrackPlan) -> str:
    ease = side.gain_ease
    if ease is None:
        return ""
    own = f"{ease.gain_db:+.1f}" if ease.gain_db else "0"
    levels = f"{side.gain_db:+.1f} dB to {own} dB".replace("-", "−")
    return f", its gain eased from {levels} over {ease.bars} bars"


def _swap_event(plan: TransitionPlan) -> _Event:
    on = plan.on_phrase
    text = {
        2: "The swap lies on a phrase boundary of both.",
        1: f"The swap lies on a phrase boundary of {''.join(on)} only.",
    }
    return _Event(plan.swap_beat, 1, text.get(len(on), "The swap lies on no phrase boundary."))


def _section_events(plan: TransitionPlan) -> Iterable[_Event]:
    """Yield the section boundaries of both tracks within the window."""
    yield _Event(0.0, 0, f"A is in its {plan.a.cue_section}, B starts in its {plan.b.cue_section}.")
    clock = np.array(plan.beat_times)
    begin: dict[float, list[str]] = {}
    for name, side in plan.sides.items():
        for before, section in _neighbours(side):
            beat = float(np.interp(section.start, clock, np.arange(len(clock)), -1.0, -1.0))
            if 0.5 < beat < len(clock) - 1.5:
                again = "next " if section.label == before.label else ""
                begin.setdefault(round(beat), []).append(f"{name.upper()}'s {again}{section.label}")
    for beat, sections in begin.items():
        verb = "begins" if len(sections) == 1 else "begin"
        yield _Event(beat, 2, f"{listed(sections)} {verb}{at(beat, plan)}.")


def _neighbours(side: TrackPlan) -> Iterable[tuple[ClockSection, ClockSection]]:
    return zip(side.sections, side.sections[1:], strict=False)


def _curve_events(content: ParamsFile) -> list[_Event]:
    """Describe the movements; exchanges and simultaneous bands are one sentence each."""
    moves = list(find_automation_events(content.params))
    events = []
    while moves:
        move = moves.pop(0)
        partner = next((other for other in moves if _exchange(move, other)), None)
        if partner is not None:
            moves.remove(partner)
            goes, comes = (move, partner) if move.stop < move.start else (partner, move)
            events.append(
                _Event(
                    max(move.event_beat, partner.event_beat),
                    0,
                    _exchange_sentence(goes, comes, content),
                )
            )
            continue
        together = [m for m in moves if _alike(move, m)]
        for other in together:
            moves.remove(other)
        state = _entry_state(content, move) if _enters(move) else ""
        bands = [m.row.parameter.name for m in (move, *together)]
        text = describe_event(move, bands, content.plan, state)
        if text:
            events.append(_Event(move.event_beat, 3, text))
    return events


def _is_level(move: AutomationEvent, name: str) -> bool:
    return is_level(move.row.parameter) and move.row.parameter.name == name


def _enters(move: AutomationEvent) -> bool:
    return _is_level(move, "gain") and move.start < KILLED <= move.stop


def _exchange(one: AutomationEvent, other: AutomationEvent) -> bool:
    """Return True if a fader or bass of one track closes as that of the other opens."""
    if {one.row.track, other.row.track} != set(TRACKS) or one.stems != other.stems:
        return False
    same = any(_is_level(one, n) and _is_level(other, n) for n in ("gain", "low"))
    ends = sorted([(one.start, one.stop), (other.start, other.stop)])
    swapped = ends[0][0] < KILLED < ends[0][1] and ends[1][1] < KILLED
    timed = abs(one.event_beat - other.event_beat) <= 1.0
    return same and swapped and timed and one.is_step and other.is_step


def _alike(one: AutomationEvent, other: AutomationEvent) -> bool:
    """Return True if two bands of one isolator move together."""
    a, b = one.row, other.row
    return (
        (a.track, a.stem, a.node, one.stems) == (b.track, b.stem, b.node, other.stems)
        and a.parameter.curve == b.parameter.curve == "gain"
        and abs(one.start_beat - other.start_beat) < 0.5
        and abs(one.stop_beat - other.stop_beat) < 0.5
        and abs(one.start - other.start) < 0.02
        and abs(one.stop - other.stop) < 0.02
    )


def _exchange_sentence(goes: AutomationEvent, comes: AutomationEvent, content: ParamsFile) -> str:
    old, new = goes.row.track.upper(), comes.row.track.upper()
    when = at(comes.event_beat, content.plan)
    what = f" of {stem_words(goes.stems)}" if goes.stems else ""
    if goes.row.parameter.name == "low":
        return f"The basses{what} change owner{when}: {old}'s goes, {new}'s comes in."
    if goes.stems:
        verb = "replace" if plural(goes.stems) else "replaces"
        return f"{new}'s {stem_words(goes.stems)} {verb} {old}'s{when}."
    state = _entry_state(content, comes)
    return f"A cut{when}: {old} is gone, {new} is there{state}."


def _entry_state(content: ParamsFile, move: AutomationEvent) -> str:
    """Describe the EQ and filters of a track as it enters: ``" without its bass"``."""
    params = content.params
    # Later movements have their own sentences.
    beat = move.stop_beat if move.is_step else move.start_beat + 1.0 / params.frames_per_beat
    frame = min(round(beat * params.frames_per_beat), params.n_frames - 1)
    values = params.values.detach().cpu().double().numpy()[frame]
    settings: dict[str, tuple[Row, list[float]]] = {}
    for row in params.layout.rows:
        on_stem = row.stem not in (TRACK_BUS, MASTER_BUS)
        counts = row.stem in move.stems if move.stems else on_stem
        if row.track == move.row.track and counts:
            settings.setdefault(f"{row.node}/{row.parameter.name}", (row, []))[1].append(
                float(values[row.index])
            )
    missing, altered = [], []
    for row, found in settings.values():
        p, value = row.parameter, found[0]
        # A value describes the track only if all entering stems share it.
        if max(found) - min(found) > 0.02 * p.span or abs(value - p.neutral) < 0.02 * p.span:
            continue
        if is_level(p) and p.name != "gain":
            # The low band of a bass stem is not its bass.
            name = "lows" if move.stems and p.name == "low" else BANDS.get(p.name, p.name)
            if value < KILLED:
                missing.append(name)
            elif value < 0.75:
                altered.append(f"{name} at {decibels(value)}")
        elif p.curve == "frequency" and p.neutral in (p.minimum, p.maximum):
            kind = "high-passed" if p.neutral == p.minimum else "low-passed"
            altered.append(f"{kind} at {hertz(value)}")
    text = f" without its {listed(missing)}" if missing else ""
    if altered:
        text += f"{',' if text else ' with its' if 'passed' not in altered[0] else ','} "
        text += ", ".join(altered)
    return text
