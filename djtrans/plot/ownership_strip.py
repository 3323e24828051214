"""Plot the ownership of bass, kick, vocals and lead, beat by beat."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from djtrans.core.track.stem_names import VOCALS
from djtrans.plot.scene import Scene
from djtrans.plot.text import SMALL, beside, inches, name_row
from djtrans.plot.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def owner_strip(axes: Axes, theme: Theme, scene: Scene, *, named: bool = True) -> None:
    """Plot a coloured bar for each role, from the top; `named` adds the names on the left."""
    roles = list(scene.levels.owners)
    axes.set_ylim(len(roles) - 0.5 + 0.02, -0.5 - 0.02)
    axes.set_yticks([])
    colours = {**theme.tracks, "both": theme.clash, "none": theme.empty}
    width, _ = inches(axes)
    letter = 0.22 * (scene.bars + 2 * scene.around) / width
    seen = set()
    for row, role in enumerate(roles):
        sure = role != VOCALS or scene.vocals_sure
        start = 0
        for owner, run in groupby(scene.levels.owners[role]):
            length = len(list(run))
            left, bars = scene.bar_of_beat(start), length / scene.beats_per_bar
            start += length
            right = min(left + bars, scene.bars + scene.around)
            left = max(left, -scene.around)
            if right <= left:
                continue
            seen.add(owner)
            axes.barh(
                row, right - left, left=left, height=0.84, color=colours[owner],
                hatch="////" if owner == "both" else None, edgecolor=theme.background,
                linewidth=0.0, alpha=1.0 if sure or owner == "none" else 0.5,
            )  # fmt: skip
            if right - left >= letter and owner in ("a", "b"):
                axes.text(
                    (left + right) / 2, row, owner.upper(), ha="center", va="center_baseline",
                    color=theme.background, fontsize=SMALL, fontweight="bold",
                )  # fmt: skip
        name = role if sure else f"{role} ?"
        if named:
            name_row(axes, theme.text, name, size=SMALL, y=1.0 - (row + 0.5) / len(roles))
    meanings = {"both": "hatched: both", "none": "empty: neither"}
    lines = [meaning for owner, meaning in meanings.items() if owner in seen]
    if len(roles) < 3:
        lines = [", ".join(lines)]
    else:
        lines.insert(0, "ownership")
    _, height = inches(axes)
    for index, line in enumerate(lines):
        beside(axes, 1.0 - (0.09 + 0.18 * index) / height, line, theme.muted)
