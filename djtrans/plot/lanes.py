"""Plot a track: sections, three-band waveform, phrase boundaries and vocals."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from djtrans.plot.fonts import verbatim
from djtrans.plot.page import RIGHT
from djtrans.plot.scene import Lane, Scene
from djtrans.plot.text import BESIDE, LARGE, SMALL, beside, fit, inches, name_row
from djtrans.plot.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Heights within the axes, the waveform being -1 to 1.
SECTIONS = (1.12, 1.52)
VOCALS = (-1.32, -1.12)
LIMITS = (-1.36, 1.54)
#: Space for the name of the track, right of its row.
_NAME_INCHES = RIGHT - BESIDE - 0.1


def lane(axes: Axes, theme: Theme, scene: Scene, track: str, *, named: bool = True) -> None:
    """Plot a track on the bars of the window.

    The waveform is that in the mix (low band inside, mids and highs around it), on top of the
    unprocessed track in a pale tint. `named` adds the letter on the left.
    """
    shown = scene.lanes[track]
    axes.set_ylim(*LIMITS)
    axes.set_yticks([])
    _wave(axes, theme, scene, track, shown)
    _sections(axes, theme, scene, shown)
    _phrases(axes, theme, scene, track, shown)
    if ("vocals", track) in scene.levels.held and scene.has_audio:
        _vocals(axes, theme, scene, track)
    if named:
        name_row(axes, theme.tracks[track], track.upper(), size=LARGE)
    _notes(axes, theme, scene, track, shown)


def _wave(axes: Axes, theme: Theme, scene: Scene, track: str, shown: Lane) -> None:
    loudest = max(
        1e-3, *(float(other.peaks.sum(axis=0).max()) for other in scene.lanes),
        *(float(other.mixed.sum(axis=0).max()) for other in scene.lanes),
    )  # fmt: skip
    middle = 0.5 * (scene.edges[1:] + scene.edges[:-1])
    whole = shown.peaks.sum(axis=0) / loudest
    axes.fill_between(
        middle, -whole, whole, color=theme.tracks[track], alpha=theme.ghost, linewidth=0.0,
        step="mid",
    )  # fmt: skip
    inner = np.zeros(len(middle))
    for band, colour in zip(shown.mixed / loudest, theme.bands[track], strict=True):
        for sign in (-1.0, 1.0):
            axes.fill_between(
                middle, sign * inner, sign * (inner + band), color=colour, linewidth=0.0, step="mid"
            )
        inner = inner + band


def _sections(axes: Axes, theme: Theme, scene: Scene, shown: Lane) -> None:
    width, _ = inches(axes)
    left, right = -scene.around, scene.bars + scene.around
    per_inch = (right - left) / width
    bottom, top = SECTIONS
    for index, (label, start, stop) in enumerate(shown.sections):
        start, stop = max(start, left), min(stop, right)
        if stop <= start:
            continue
        axes.barh(
            (bottom + top) / 2, stop - start, left=start, height=top - bottom, align="center",
            color=theme.muted, alpha=0.30 if index % 2 else 0.16, linewidth=0.0,
        )  # fmt: skip
        if stop - start > (0.085 * len(label) + 0.1) * per_inch:
            axes.text(
                (start + stop) / 2, (bottom + top) / 2, verbatim(label), ha="center",
                va="center_baseline", fontsize=SMALL, color=theme.text,
            )  # fmt: skip


def _phrases(axes: Axes, theme: Theme, scene: Scene, track: str, shown: Lane) -> None:
    inside = [bar for bar in shown.phrases if -scene.around <= bar <= scene.bars + scene.around]
    for bar in inside:
        axes.plot(
            [bar, bar], LIMITS, color=theme.phrase[track], linewidth=1.4, solid_capstyle="butt",
            zorder=4,
        )  # fmt: skip
    axes.plot(
        inside, [SECTIONS[0] - 0.1] * len(inside), linestyle="none", marker="v", markersize=5,
        color=theme.phrase[track], zorder=5,
    )  # fmt: skip


def _vocals(axes: Axes, theme: Theme, scene: Scene, track: str) -> None:
    held = scene.levels.held["vocals", track]
    bottom, top = VOCALS
    for flags, alpha in ((held.before_mixer, 0.35), (held.in_mix, 1.0)):
        for start, length in runs(flags):
            axes.barh(
                (bottom + top) / 2, length / scene.beats_per_bar, left=scene.bar_of_beat(start),
                height=top - bottom, color=theme.vocals,
                alpha=alpha if scene.vocals_sure else 0.5 * alpha, linewidth=0.0, zorder=3,
            )  # fmt: skip


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the start and length of each run of true values."""
    out, start = [], 0
    for value, run in groupby(flags.tolist()):
        length = len(list(run))
        if value:
            out.append((start, length))
        start += length
    return out


def _notes(axes: Axes, theme: Theme, scene: Scene, track: str, shown: Lane) -> None:
    fit(beside(axes, 0.91, "", theme.text, bold=True), [shown.name], _NAME_INCHES)
    beside(axes, 0.75, shown.facts, theme.text)
    _key(axes, theme, 0.57, [("▼", theme.phrase[track], f"phrase boundary of {track.upper()}")])
    if not scene.has_audio:
        return
    bands = zip(theme.bands[track], ("low", "mid", "high"), strict=True)
    _key(axes, theme, 0.40, [("■", colour, name) for colour, name in bands])
    beside(axes, 0.24, "pale: before the mixer", theme.muted)
    vocals = scene.levels.held.get(("vocals", track))
    bars = np.array(
        [scene.bar_of_beat(i) for i in range(len(vocals.before_mixer))] if vocals else []
    )
    visible = (bars >= -scene.around) & (bars < scene.bars + scene.around)
    if vocals is not None and bool(vocals.before_mixer[visible].any()):
        sure = "vocals" if scene.vocals_sure else "vocals, uncertain"
        _key(axes, theme, 0.07, [("▬", theme.vocals, sure)])


def _key(axes: Axes, theme: Theme, y: float, entries: list[tuple[str, str, str]]) -> None:
    """Plot the entries of a key side by side: each a mark and its meaning."""
    distance = 0.14
    for mark, colour, words in entries:
        beside(axes, y, mark, colour, distance=distance, bold=True)
        beside(axes, y, words, theme.muted, distance=distance + 0.16)
        distance += 0.34 + 0.075 * len(words)
