"""Timeline of a set as SVG: level, tracks, boundaries and tempo over time."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

import numpy as np

from djtrans.core.transition.plan import TransitionPlan, track_seconds
from djtrans.core.util.names import visible
from djtrans.sets.boundaries import Boundary
from djtrans.sets.level_meter import BLOCK_SECONDS
from djtrans.sets.schedule import Schedule, tempo_at

#: Size of the drawing, and top and height of its rows.
WIDTH, HEIGHT = 1200, 316
_LEFT, _RIGHT = 44, 14
_LEVEL, _LANES, _TEMPO = (14, 64), (92, 34), (188, 88)
#: Levels in dBFS at the bottom and at the top of the first row.
_LOWEST_DB, _HIGHEST_DB = -48.0, -6.0
#: Width of a letter, to shorten names to their lanes.
_LETTER = 6.6


class Timeline:
    """Drawing of a set.

    Parameters
    ----------
    schedule : Schedule
    boundaries : sequence of TransitionPlan or Gap
        Settled.
    levels_db : sequence of float
        Level of each half second of the mix.
    """

    def __init__(
        self, schedule: Schedule, boundaries: Sequence[Boundary], levels_db: Sequence[float]
    ) -> None:
        self.schedule, self.boundaries, self.levels_db = schedule, boundaries, levels_db
        self.seconds = schedule.samples / schedule.sample_rate

    def svg(self) -> str:
        """Return the drawing; boundaries link to ``#boundary-N``."""
        parts = [*self._axis(), *self._windows(), self._level(), *self._lanes(), *self._tempo()]
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Timeline of the set">'
            f"{''.join(parts)}</svg>"
        )

    def _x(self, seconds: float) -> float:
        return round(_LEFT + seconds / self.seconds * (WIDTH - _LEFT - _RIGHT), 2)

    def _axis(self) -> list[str]:
        step = next((s for s in (30, 60, 120, 300, 600, 1200) if self.seconds / s <= 16), 3600)
        found = []
        for second in range(0, int(self.seconds) + 1, step):
            x, minutes = self._x(second), second / 60
            found.append(f'<line class="grid" x1="{x}" x2="{x}" y1="8" y2="{HEIGHT - 22}"/>')
            found.append(f'<text x="{x}" y="{HEIGHT - 6}" class="mid">{minutes:g} min</text>')
        return found

    def _windows(self) -> list[str]:
        found = []
        for number, boundary in enumerate(self.boundaries, 1):
            begin = self.schedule.origins[number - 1] / self.schedule.sample_rate
            end = self.schedule.parts[number].begin / self.schedule.sample_rate
            kind = "gap"
            if isinstance(boundary, TransitionPlan):
                end, kind = begin + boundary.window_seconds, "window"
            x, width = self._x(begin), max(self._x(end) - self._x(begin), 2.0)
            found.append(
                f'<a href="#boundary-{number}"><rect class="{kind}" x="{x}" y="8" '
                f'width="{width:.2f}" height="{HEIGHT - 30}"/></a>'
                f'<text class="mid small" x="{x + width / 2:.2f}" y="{_LANES[0] - 4}">{number}'
                "</text>"
            )
        return found

    def _level(self) -> str:
        top, height = _LEVEL
        levels = np.clip(self.levels_db, _LOWEST_DB, _HIGHEST_DB)
        heights = (levels - _LOWEST_DB) / (_HIGHEST_DB - _LOWEST_DB) * height
        points = [
            f"{self._x((i + 0.5) * BLOCK_SECONDS)},{top + height - h:.1f}"
            for i, h in enumerate(heights)
        ]
        ends = f"{self._x(self.seconds)},{top + height} {self._x(0.0)},{top + height}"
        return (
            f'<text x="4" y="{top + 10}">level</text>'
            f'<polygon class="level" points="{" ".join(points)} {ends}"/>'
        )

    def _lanes(self) -> list[str]:
        top, height = _LANES
        found = []
        for index, track in enumerate(self.schedule.times):
            y = top + (index % 2) * (height + 6)
            x, right = self._x(track.enters), self._x(track.leaves)
            most = max(0, int((right - x - 10) / _LETTER))
            name = visible(f"{track.number} {track.label}")
            shown = name if len(name) <= most else name[: max(0, most - 1)] + "…" * (most > 1)
            found.append(
                f'<rect class="track{"ab"[index % 2]}" x="{x}" y="{y}" '
                f'width="{max(right - x, 1):.2f}" height="{height}" rx="3">'
                f"<title>{escape(name)}</title></rect>"
                f'<text class="on" x="{x + 6:.2f}" y="{y + 21}">{escape(shown)}</text>'
            )
        return found

    def _tempo(self) -> list[str]:
        top, height = _TEMPO
        curves = self._tempo_curves()
        values = [bpm for _, curve in curves for _, bpm in curve]
        low, high = min(values) - 2.0, max(values) + 2.0

        def y(bpm: float) -> float:
            return round(top + height - (bpm - low) / (high - low) * height, 2)

        ticks = sorted({min(values), max(values)})
        found = [f'<text x="4" y="{top - 10}">tempo, BPM</text>']
        found += [
            f'<text x="4" y="{y(bpm) + 4:.1f}" class="small">{bpm:.0f}</text>' for bpm in ticks
        ]
        for index, curve in curves:
            points = " ".join(f"{self._x(t)},{y(bpm)}" for t, bpm in curve)
            found.append(f'<polyline class="tempo{"ab"[index % 2]}" points="{points}"/>')
        return found

    def _tempo_curves(self) -> list[tuple[int, list[tuple[float, float]]]]:
        """Return the tempo of each track over the time in which it plays."""
        rate, found = self.schedule.sample_rate, []
        for index, part in enumerate(self.schedule.parts):
            bpm = self.schedule.times[index].bpm
            curve: list[tuple[float, float]] = []
            if index:
                curve += self._window_tempo(index - 1, "b", bpm)
            at = np.linspace(part.begin, part.end, max(2, part.tempo.samples // (2 * rate)))
            curve += [(s / rate, tempo_at(part, bpm, int(s), rate)) for s in at]
            if index < len(self.boundaries):
                curve += self._window_tempo(index, "a", bpm)
            found.append((index, curve))
        return found

    def _window_tempo(self, number: int, side: str, bpm: float) -> list[tuple[float, float]]:
        boundary = self.boundaries[number]
        if not isinstance(boundary, TransitionPlan):
            return []
        begin = self.schedule.origins[number] / self.schedule.sample_rate
        lines = boundary.beat_times[:: boundary.beats_per_bar]
        track = [track_seconds(boundary.sides[side].warp, line) for line in lines]
        return [
            (begin + (first + last) / 2, bpm * (later - earlier) / (last - first))
            for (first, last), (earlier, later) in zip(
                pairwise(lines), pairwise(track), strict=True
            )
        ]
