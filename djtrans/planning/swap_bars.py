"""The bars of a track on which the swap may lie."""

from __future__ import annotations

from collections.abc import Sequence

from djtrans.core.errors import PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.planning.anchors import bars_at
from djtrans.planning.options import PlanOptions
from djtrans.planning.usable_range import audible_end, silent_bars
from djtrans.planning.window import Window


def swap_lines(
    track: Analysis,
    name: str,
    places: Sequence[str],
    window: Window,
    options: PlanOptions,
    *,
    anywhere: bool = False,
) -> dict[int, str]:
    """Bars of a track on which the swap may lie, with what they are.

    Parameters
    ----------
    track : Analysis
    name : {"a", "b"}
    places : sequence of str
        What the technique takes, the most wanted first.
    window : Window
    options : PlanOptions
        With the user's cue or swap, which leaves one bar.
    anywhere : bool
        Whether any downbeat will do.

    Returns
    -------
    dict of int to str
        The most wanted place of each bar; ``""`` for a bar that is none.

    Raises
    ------
    PlanError
        If there is none; the message says what is missing.
    """
    found: dict[int, str] = {}
    for place in places:
        for bar in sorted(bars_at(place, track)):
            found.setdefault(bar, place)
    if options.placed(name):
        bar, _ = asked_bar(track, name, window, options)
        return {bar: found.get(bar, "phrase" if bar in track.phrase_bars else "")}
    if anywhere:
        found = {bar: found.get(bar, "") for bar in range(track.grid.bars + 1)}
    who = name.upper()
    if not found:
        raise PlanError(f"{who} has no {' and no '.join(places)}")
    fitting = {bar: place for bar, place in found.items() if _fits(track, name, bar, window)}
    if not fitting:
        line = "downbeat" if anywhere else _line(places)
        after = window.needs_a if name == "a" else window.after
        ones = f" and {after} audible {'one' if after == 1 else 'ones'} after it" if after else ""
        bars = f"{window.swap} bar{'s' * (window.swap > 1)} before it"
        raise PlanError(f"{who} has no {line} with {bars}{ones}")
    return fitting


def _line(places: Sequence[str]) -> str:
    return "phrase line" if "phrase" in places else " or ".join(places)


def _fits(track: Analysis, name: str, bar: int, window: Window) -> bool:
    start, end = bar - window.swap, audible_end(track)
    if name == "a":
        heard = (start, start + window.leave)
        inside = bar + window.needs_a <= end
    else:
        heard = (bar, bar + window.after)
        inside = bar + window.after <= end
    return start >= 0 and inside and not silent_bars(track, *heard)


def asked_bar(track: Analysis, name: str, window: Window, options: PlanOptions) -> tuple[int, str]:
    """The swap's bar where the user says so, and how far that was moved.

    Raises
    ------
    PlanError
        If the window does not fit into the track there.
    """
    cue, swap = options.cue_seconds(name), options.swap_seconds(name)
    what, asked = ("cue", cue) if cue is not None else ("swap", swap)
    seconds = 0.0 if asked is None else asked
    grid, who = track.grid, name.upper()
    bar = round((float(grid.beat_of(seconds)) - grid.first_downbeat) / grid.beats_per_bar)
    bar = min(max(bar, 0), max(grid.bars - 1, 0))
    moved = 1000.0 * (grid.time_of_bar(bar) - seconds)
    start = bar if what == "cue" else bar - window.swap
    if start < 0:
        raise PlanError(
            f"before {who}'s swap there are only {bar} whole bars, and the window takes "
            f"{window.swap} there"
        )
    wanted = window.bars if name == "b" else window.swap + window.needs_a
    if start + wanted > grid.bars:
        raise PlanError(f"from {who}'s {what} only {grid.bars - bar} whole bars are left")
    said = f"{what} of {who} as asked, moved {moved:+.0f} ms to the downbeat"
    return start + window.swap, said
