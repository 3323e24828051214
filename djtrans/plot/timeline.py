"""Plot the stem timeline: level of each stem of both tracks, beat by beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import db_to_power, power_to_db
from djtrans.core.track.stem_names import VOCALS
from djtrans.core.transition.params_file import ParamsFile
from djtrans.plot import page, plotting, text
from djtrans.plot.scene import Scene, make_scene
from djtrans.plot.style import styled
from djtrans.plot.theme import Theme, theme_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Level range of a row: stems this far below the loudest beat of all are labelled silent.
RANGE_DB = 40.0
#: Least height of a stem's row in inches.
ROW = 0.8


@styled
def plot_timeline(content: ParamsFile, *, theme: str = "light") -> Figure:
    """Plot the level of each stem of both tracks, beat by beat.

    A row for each stem: A upwards, B downwards, filled to the level of the beat in the mix (in dB
    below the loudest stem and beat of all), and pale before the mixer. The levels are those of the
    stems times the gains of the curves, without the tails of effects.

    Parameters
    ----------
    content : ParamsFile
        Without an overview all stems are equally loud.
    theme : {"light", "dark"}
        Colours.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from djtrans.core.transition.params_file import load_params
    >>> from djtrans.plot import plot_timeline
    >>> figure = plot_timeline(load_params("out.json"))  # doctest: +SKIP
    """
    from matplotlib.figure import Figure

    colours = theme_named(theme)
    scene = make_scene(content)
    stems = list(dict.fromkeys(stem for _, stem in scene.levels.levels_db))
    slots = [page.Slot(stem, ROW, grows=True) for stem in stems]
    height, heights = page.lay_out(slots)
    figure = Figure(figsize=(page.WIDTH, height), facecolor=colours.background)
    axes = page.add_rows(figure, slots, heights, page.Column())
    top = max(float(level.max()) for level in scene.levels.untouched_db.values())
    top = max(top, *(float(level.max()) for level in scene.levels.levels_db.values()))
    for index, stem in enumerate(stems):
        _row(axes[stem], colours, scene, stem, top, first=index == 0)
    rows = list(axes.values())
    for row in rows:
        plotting.frame(row, colours, scene.bars, scene.around)
    plotting.bar_axis(rows[-1], colours, scene.bars)
    plotting.swap_line(rows, colours, scene.swap_bar)
    text.head(figure, colours, scene.title, f"activity and level of each stem: {scene.subtitle}")
    text.foot(figure, colours, (), scene.notes)
    return figure


def _row(axes: Axes, theme: Theme, scene: Scene, stem: str, top: float, *, first: bool) -> None:
    count = len(scene.levels.levels_db["a", stem])
    edges = np.array([scene.bar_of_beat(index) for index in range(count + 1)])
    for track, sign in (("a", 1.0), ("b", -1.0)):
        before = _height(scene.levels.untouched_db[track, stem], top)
        after = _height(scene.levels.levels_db[track, stem], top)
        axes.stairs(
            sign * before, edges, fill=True, color=theme.tracks[track], alpha=theme.ghost,
            linewidth=0.0,
        )  # fmt: skip
        sure = stem != VOCALS or scene.vocals_sure
        axes.stairs(
            sign * after, edges, fill=True, color=theme.tracks[track], linewidth=0.0,
            alpha=1.0 if sure else 0.55,
        )  # fmt: skip
    axes.axhline(0.0, color=theme.muted, linewidth=0.8)
    axes.set_ylim(-1.06, 1.06)
    marks = [(db, 1.0 + db / RANGE_DB) for db in (0.0, -20.0)]
    ticks = [(y, f"{db:.0f}".replace("-", "−")) for db, y in marks]
    ticks += [(-y, name) for y, name in ticks]
    axes.set_yticks([y for y, _ in ticks], [name for _, name in ticks])
    axes.grid(axis="y", color=theme.grid, linewidth=0.8)
    unsure = stem == VOCALS and not scene.vocals_sure
    text.name_row(
        axes, theme.text, f"{stem} ?" if unsure else stem, below="dB", below_colour=theme.muted
    )
    for track, y in (("a", 0.75), ("b", 0.25)):
        words = _when(scene.levels.levels_db[track, stem], edges, scene, top)
        text.beside(axes, y, track.upper(), theme.tracks[track], bold=True)
        text.beside(axes, y, words, theme.text, distance=0.36)
    if first and scene.has_audio:
        text.beside(axes, 0.5, "pale: before the mixer", theme.muted, distance=0.36)


def _height(level_db: NDArray[np.float64], top: float) -> NDArray[np.float64]:
    return np.clip(1.0 + (level_db - top) / RANGE_DB, 0.0, 1.0)


def _when(
    level_db: NDArray[np.float64], edges: NDArray[np.float64], scene: Scene, top: float
) -> str:
    """Describe the bars of the window in which a stem is audible, and its mean level."""
    inside = (edges[:-1] >= 0.0) & (edges[:-1] < scene.bars)
    sounding = np.flatnonzero(inside & (level_db > top - RANGE_DB))
    if len(sounding) == 0:
        return "silent"
    first, last = edges[sounding[0]], edges[sounding[-1] + 1]
    mean = power_to_db(np.mean(db_to_power(level_db[sounding])))
    bars = f"bars {first + 1:.0f} to {np.ceil(last - 1e-6):.0f}" if last - first > 1 else (
        f"bar {first + 1:.0f}"
    )  # fmt: skip
    return f"{bars}, {round(mean - top) + 0:d} dB".replace("-", "−")
