"""Wording of values and movements on a mixer."""

from __future__ import annotations

from collections.abc import Sequence

from djtrans.core.audio.decibels import amplitude_to_db, db_to_amplitude
from djtrans.core.curves.band_gains import is_level
from djtrans.core.curves.parameter import Parameter
from djtrans.core.transition.plan import TransitionPlan
from djtrans.report.automation_events import AutomationEvent

#: Gains below this are off, in dB.
OFF_DB = -60.0
#: Linear gain below which a band or fader is closed: -26 dB.
KILLED = 0.05
#: Smaller fader movements than this, in dB, are not described unless they open or close.
_ROOM_DB = 3.0
BANDS = {"low": "bass", "mid": "mids", "high": "highs"}


def stem_words(stems: Sequence[str]) -> str:
    """Return stem names as words: ``"drums, bass and other sounds"``."""
    return listed(["other sounds" if stem == "other" else stem for stem in stems])


def plural(stems: Sequence[str]) -> bool:
    """Return True if the verb after these stems is in the plural."""
    last = stem_words(stems[-1:])
    return len(stems) > 1 or (last.endswith("s") and not last.endswith("ss"))


def listed(words: Sequence[str]) -> str:
    """Return an enumeration: ``"drums, bass and other"``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def decibels(gain: float) -> str:
    """Format a linear gain in dB: ``"−6 dB"``, or ``"off"``."""
    if gain < db_to_amplitude(OFF_DB):
        return "off"
    return f"{round(amplitude_to_db(gain)) + 0:d} dB".replace("-", "−")


def hertz(cutoff: float) -> str:
    """Format a normalized cutoff: ``"250 Hz"``, ``"5 kHz"``."""
    hz = float(f"{20.0 * 1000.0**cutoff:.2g}")
    return f"{hz:.0f} Hz" if hz < 1000 else f"{hz / 1000:g} kHz"


def reading(parameter: Parameter, value: float) -> str:
    """Format a value in the display unit of its parameter."""
    if is_level(parameter):
        return decibels(value)
    if parameter.curve == "frequency":
        return hertz(value)
    if (parameter.minimum, parameter.maximum) == (0.0, 1.0):
        return f"{100 * value:.0f} %"
    return f"{value:.3g} {parameter.unit}".strip().replace("-", "−")


def at(beat: float, plan: TransitionPlan) -> str:
    """Format the position in the bar: empty on the downbeat, else ``" on beat 3"``."""
    inside = beat % plan.beats_per_bar
    if min(inside, plan.beats_per_bar - inside) < 0.05:
        return ""
    return f" on beat {inside + 1:.3g}"


def lasting(move: AutomationEvent, plan: TransitionPlan) -> str:
    """Format a duration, ``" over 4 bars"``; empty for a step."""
    beats = move.stop_beat - move.start_beat
    if move.is_step:
        return ""
    bars = beats / plan.beats_per_bar
    if bars < 0.9:
        return f" over {beats:.0f} beats"
    # A movement that ends with the last frame is half a beat short of its bar.
    return f" over {round(bars)} bar{'s' if round(bars) != 1 else ''}"


def subject(move: AutomationEvent) -> str:
    """Return the subject of a sentence: ``"A"``, or ``"A's drums and vocals"``."""
    track = "the mix" if move.row.track == "mix" else move.row.track.upper()
    return f"{track}'s {stem_words(move.stems)}" if move.stems else track


def owned(move: AutomationEvent, thing: str) -> str:
    """Return a possessive: ``"A's bass"``, or ``"the bass of A's drums"``."""
    owner = subject(move)
    if move.stems or move.row.track == "mix":
        return f"the {thing} of {owner}"
    return f"{owner}'s {thing}"


def describe_event(
    move: AutomationEvent, bands: Sequence[str], plan: TransitionPlan, state: str = ""
) -> str:
    """Describe a movement in a sentence; empty for small fader movements.

    Parameters
    ----------
    move : AutomationEvent
    bands : sequence of str
        Names of the bands of an isolator that move together, this one included.
    plan : TransitionPlan
    state : str
        EQ and filters of the track as it enters, in words.
    """
    p = move.row.parameter
    if is_level(p) and p.name == "gain":
        text = _fader(move, plan, state)
    elif is_level(p):
        text = _band(move, listed([BANDS.get(name, name) for name in bands]), plan)
    elif p.curve == "frequency":
        text = _filter(move, plan)
    else:
        text = _other(move, plan)
    # Only steps have an audible position within the bar.
    if text and move.is_step:
        text = f"{text.split(';')[0]}{at(move.event_beat, plan)}{''.join(text.partition(';')[1:])}"
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _fader(move: AutomationEvent, plan: TransitionPlan, state: str) -> str:
    who, many = subject(move), bool(move.stems) and plural(move.stems)
    if move.start < KILLED <= move.stop:
        if move.is_step:
            return f"{who} {'are' if many else 'is'} in at once{state}"
        level = "" if move.stop > 0.7 else f", up to {decibels(move.stop)}"
        return f"{who} fade{'' if many else 's'} in{lasting(move, plan)}{level}{state}"
    if move.stop < KILLED <= move.start:
        if move.is_step:
            return f"{who} {'are' if many else 'is'} gone"
        return f"{who} fade{'' if many else 's'} out{lasting(move, plan)}"
    change = amplitude_to_db(max(move.stop, 1e-3) / max(move.start, 1e-3))
    if abs(change) < _ROOM_DB:
        return ""
    way = "comes up" if change > 0 else "falls"
    return f"{owned(move, 'fader')} {way} to {decibels(move.stop)}{lasting(move, plan)}"


def _band(move: AutomationEvent, bands: str, plan: TransitionPlan) -> str:
    what, one = owned(move, bands), bands == "bass"
    if move.stop < KILLED <= move.start:
        verb = "goes" if one else "go"
    elif move.start < KILLED <= move.stop:
        verb = ("comes in" if one else "come in") + (
            "" if move.stop > 0.8 else f" at {decibels(move.stop)}"
        )
    else:
        up = move.stop > move.start
        verb = {True: ("rises" if one else "rise"), False: ("falls" if one else "fall")}[up]
        verb += f" to {decibels(move.stop)}"
    return f"{what} {verb}{lasting(move, plan)}"


def _filter(move: AutomationEvent, plan: TransitionPlan) -> str:
    p = move.row.parameter
    kind = {p.minimum: "high-pass", p.maximum: "low-pass"}.get(p.neutral, "filter")
    what = owned(move, kind)
    if abs(move.stop - p.neutral) < 0.01:
        return f"{what} opens from {hertz(move.start)}{lasting(move, plan)}"
    verb = "climbs" if move.stop > move.start else "comes down"
    return f"{what} {verb} from {hertz(move.start)} to {hertz(move.stop)}{lasting(move, plan)}"


def _other(move: AutomationEvent, plan: TransitionPlan) -> str:
    p = move.row.parameter
    what = owned(move, move.row.alias.replace("_", " "))
    if move.stop <= p.minimum + 0.01 * p.span and p.neutral == p.minimum:
        rest = "; its tail rings out" if p.name == "send" else ""
        return f"{what} closes{lasting(move, plan)}{rest}"
    if move.start <= p.minimum + 0.01 * p.span and p.neutral == p.minimum:
        return f"{what} opens to {reading(p, move.stop)}{lasting(move, plan)}"
    verb = "rises" if move.stop > move.start else "falls"
    start, stop = reading(p, move.start), reading(p, move.stop)
    return f"{what} {verb} from {start} to {stop}{lasting(move, plan)}"
