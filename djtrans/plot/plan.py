"""Plot a plan: the levels of both tracks around the window, before anything is rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from djtrans.core.contracts.declaration import short_name
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.plan import TrackPlan, TransitionPlan, clock_seconds
from djtrans.plot.fonts import verbatim
from djtrans.plot.style import styled
from djtrans.plot.text import shortened
from djtrans.plot.theme import Theme, theme_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Seconds that are shown on either side of the window, and range of the levels.
AROUND_SECONDS, RANGE_DB = 60.0, 36.0


@styled
def plot_plan(
    plan: TransitionPlan,
    a: Analysis,
    b: Analysis,
    names: tuple[str, str] = ("A", "B"),
    *,
    theme: str = "light",
) -> Figure:
    """Plot the level of each bar of both tracks, full band and below 150 Hz, around the window.

    Parameters
    ----------
    plan : TransitionPlan
    a, b : Analysis
        In the tempo octave of their files.
    names : tuple of str
        Names of both tracks.
    theme : str
        ``"light"`` or ``"dark"``.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import djtrans
    >>> from djtrans.plot import plot_plan
    >>> structure = (("intro", 16), ("drop", 32), ("outro", 16))
    >>> song = djtrans.synthesize(djtrans.TrackSpec(bpm=126, structure=structure))
    >>> analysis = djtrans.analyze_track(djtrans.Track(song.audio, song.sample_rate))
    >>> plan = djtrans.plan_transition(analysis, analysis, technique="bass-swap")
    >>> plot_plan(plan, analysis, analysis).savefig("plan.png")
    """
    from matplotlib.figure import Figure

    colours = theme_named(theme)
    figure = Figure(figsize=(12, 5), facecolor=colours.background, layout="constrained")
    title = f"{short_name(plan.technique)}, {plan.bars} bars, confidence {plan.confidence:.2f}"
    figure.suptitle(verbatim(title), color=colours.text, size=12)
    for axes, side, track, letter, name in zip(
        figure.subplots(2, 1, sharex=True), plan.sides, (a, b), "ab", names, strict=True
    ):
        _levels(axes, side, track, colours, letter)
        axes.set_ylabel(
            verbatim(f"{letter.upper()}  {shortened(name, 32)}"), color=colours.text, size=8
        )
        axes.axvspan(0.0, plan.window_seconds, color=colours.grid, zorder=0)
        axes.axvline(plan.beat_times[plan.swap_beat], color=colours.swap, lw=1.0, zorder=3)
        axes.set_xlim(-AROUND_SECONDS, plan.window_seconds + AROUND_SECONDS)
    axes.set_xlabel(
        "seconds from the start of the window (shaded); level of each bar in dBFS with the plan's "
        "gain, thin: below 150 Hz; line: the swap",
        color=colours.muted,
        size=8,
    )
    return figure


def _levels(axes: Axes, side: TrackPlan, track: Analysis, colours: Theme, letter: str) -> None:
    times = np.array([clock_seconds(side.warp, t) for t in track.grid.downbeat_times])
    gains = np.array([side.gain_db_at(float(t)) for t in times[:-1] + 0.5 * np.diff(times)])
    top = float(np.max(track.bar_level_db, initial=-RANGE_DB)) + side.own_gain_db
    for levels, width, alpha in ((track.bar_level_db, 1.8, 1.0), (track.bar_low_db, 1.2, 0.5)):
        count = min(len(levels), len(times) - 1)
        axes.stairs(
            np.maximum(levels[:count] + gains[:count], top - RANGE_DB),
            times[: count + 1],
            baseline=None,
            color=colours.tracks[letter],
            lw=width,
            alpha=alpha,
        )
    for section in side.sections:
        axes.axvline(section.start, color=colours.phrase[letter], lw=0.6, ls=(0, (2, 3)))
        axes.annotate(
            verbatim(section.label),
            (section.start, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(3, -9),
            textcoords="offset points",
            size=7,
            color=colours.muted,
            annotation_clip=True,
        )
    axes.set_ylim(top - RANGE_DB, top + 5.0)
    axes.set_facecolor(colours.panel)
    for spine in axes.spines.values():
        spine.set_color(colours.grid)
    axes.grid(axis="y", color=colours.grid, lw=0.6)
    axes.tick_params(colors=colours.muted, labelsize=7.5, length=0)
