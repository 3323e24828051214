"""Find the bars of a track on which the swap may lie."""

from __future__ import annotations

from collections.abc import Sequence

from djtrans.core.errors import PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.planning.anchors import anchor_bars
from djtrans.planning.options import PlanOptions
from djtrans.planning.usable_range import audible_end, silent_bars
from djtrans.planning.vocals import sung
from djtrans.planning.window import Window


def find_swap_bars(
    track: Analysis,
    name: str,
    places: Sequence[str],
    window: Window,
    options: PlanOptions,
    *,
    anywhere: bool = False,
) -> dict[int, str]:
    """Find the bars of a track on which the swap may lie, with their anchors.

    Parameters
    ----------
    track : Analysis
    name : {"a", "b"}
    places : sequence of str
        Anchors of the technique, the preferred first.
    window : Window
    options : PlanOptions
        A cue or swap of the user leaves a single bar.
    anywhere : bool
        Allow any downbeat, not only the anchors.

    Returns
    -------
    dict of int to str
        The most preferred anchor of each bar; ``""`` for a bar without one.

    Raises
    ------
    PlanError
        If there is none; the message gives the requirement that is not met.
    """
    found: dict[int, str] = {}
    for place in places:
        for bar in sorted(anchor_bars(place, track)):
            found.setdefault(bar, place)
    if options.placed(name):
        bar, _ = requested_bar(track, name, window, options)
        placed = {bar: found.get(bar, "phrase" if bar in track.phrase_bars else "")}
        return _allowed(track, name, placed, window, options)
    if anywhere:
        found = {bar: found.get(bar, "") for bar in range(track.grid.bars + 1)}
    label = name.upper()
    if not found:
        raise PlanError(f"{label} has no {' and no '.join(places)}")
    fitting = {bar: place for bar, place in found.items() if _fits(track, name, bar, window)}
    if not fitting:
        kind = "downbeat" if anywhere else _describe(places)
        after = window.needs_a if name == "a" else window.after
        rest = f" and {after} audible bar{'s' * (after > 1)} after it" if after else ""
        before = window.before(name)
        bars = f"{before} bar{'s' * (before > 1)} before it"
        if name == "a" and window.looped:
            bars += " without vocals, to be looped"
        raise PlanError(f"{label} has no {kind} with {bars}{rest}")
    return _allowed(track, name, fitting, window, options)


def _allowed(
    track: Analysis, name: str, found: dict[int, str], window: Window, options: PlanOptions
) -> dict[int, str]:
    """Select the bars that lie within the time limits of A."""
    if name == "b":
        return found
    time_of = track.grid.time_of_bar
    allowed = {
        bar: place
        for bar, place in found.items()
        if options.allows_a(time_of(bar - window.before(name)), time_of(bar))
    }
    if not allowed:
        raise PlanError("no place in A lies within the time limits")
    return allowed


def _describe(places: Sequence[str]) -> str:
    return "phrase boundary" if "phrase" in places else " or ".join(places)


def _fits(track: Analysis, name: str, bar: int, window: Window) -> bool:
    start, end = bar - window.before(name), audible_end(track)
    if name == "a":
        played = (start, start + window.leave)
        inside = bar + window.needs_a <= end
        if window.looped and any(sung(track, i) for i in range(max(start, 0), bar)):
            return False
    else:
        played = (bar, bar + window.after)
        inside = bar + window.after <= end
    return start >= 0 and inside and not silent_bars(track, *played)


def requested_bar(
    track: Analysis, name: str, window: Window, options: PlanOptions
) -> tuple[int, str]:
    """Return the swap's bar at the requested cue or swap, and the reason for the plan.

    Raises
    ------
    PlanError
        If the track has too few bars before or after it.
    """
    cue, swap = options.cue_seconds(name), options.swap_seconds(name)
    what, asked = ("cue", cue) if cue is not None else ("swap", swap)
    seconds = 0.0 if asked is None else asked
    grid, label = track.grid, name.upper()
    bar = round((float(grid.beat_of(seconds)) - grid.first_downbeat) / grid.beats_per_bar)
    bar = min(max(bar, 0), max(grid.bars - 1, 0))
    moved = 1000.0 * (grid.time_of_bar(bar) - seconds)
    before = window.before(name)
    start = bar if what == "cue" else bar - before
    if start < 0:
        raise PlanError(
            f"before {label}'s swap there are only {bar} whole bars; the window needs {before}"
        )
    needed = window.bars if name == "b" else before + window.needs_a
    if start + needed > grid.bars:
        raise PlanError(
            f"only {grid.bars - bar} whole bars are left from {label}'s {what} on; the window "
            f"needs {start + needed - bar}"
        )
    reason = f"{what} of {label} as requested, moved {moved:+.0f} ms to the downbeat"
    return start + before, reason
