"""Group the curves of a layout into panels, and omit those that do not move."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.contracts.mixer_spec import MASTER_BUS, TRACK_BUS
from djtrans.core.curves.layout import Layout, Row
from djtrans.core.curves.parameter import Parameter
from djtrans.plot.scales import axis_heights

#: Largest movement, as a fraction of the range, of a curve that does not move.
SAME = 0.005
#: Curves this near to each other, as a fraction of the height of their axis, are plotted as one.
_SHOWN_SAME = 0.02
#: Groups of parameters, in the order of the plot.
GROUPS = ("faders", "EQ", "filters", "sends", "effects", "master")


@attrs.frozen(eq=False)
class Line:
    """One curve, or several equal ones.

    Attributes
    ----------
    track : str
        ``"a"``, ``"b"`` or ``"mix"``.
    label : str
        Name beside that of the track; empty if the track has no other curve in the panel.
    stems : tuple of str
        The stems it applies to.
    values : ndarray
        ``[points]``, in the parameter's unit.
    """

    track: str
    label: str
    stems: tuple[str, ...]
    values: NDArray[np.float64]


@attrs.frozen(eq=False)
class Panel:
    """One parameter of one node, on all stems of both tracks.

    Attributes
    ----------
    title : str
    group : str
        One of :data:`GROUPS`.
    parameter : Parameter
    lines : tuple of Line
        The curves that move.
    """

    title: str
    group: str
    parameter: Parameter
    lines: tuple[Line, ...]

    def of(self, track: str) -> tuple[Line, ...]:
        """Return the curves of one track."""
        return tuple(line for line in self.lines if line.track == track)


def make_panels(
    layout: Layout, values: NDArray[np.float64]
) -> tuple[tuple[Panel, ...], tuple[str, ...]]:
    """Sort the curves of a layout into panels, by group and in the layout's order.

    Parameters
    ----------
    layout : Layout
    values : ndarray
        ``[points, parameters]``.

    Returns
    -------
    panels : tuple of Panel
        One for each parameter of each node that moves on any stem.
    still : tuple of str
        Descriptions of the parameters that never move.
    """
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in layout.rows:
        bus = row.stem if row.stem in (TRACK_BUS, MASTER_BUS) else "stem"
        groups.setdefault((bus, row.node, row.parameter.name), []).append(row)
    panels, still = [], []
    for rows in groups.values():
        title = rows[0].alias.replace("_", " ")
        parameter = rows[0].parameter
        lines: list[Line] = []
        for track in dict.fromkeys(row.track for row in rows):
            own = [row for row in rows if row.track == track]
            moving = [row for row in own if np.ptp(values[:, row.index]) > SAME * parameter.span]
            lines.extend(_merge(track, moving, own, values))
            still.extend(_words(title, track, own, moving, values))
        if lines:
            panels.append(Panel(title, group_of(rows[0], layout), parameter, tuple(lines)))
    panels.sort(key=lambda panel: GROUPS.index(panel.group))
    return tuple(panels), _join_tracks(still)


def group_of(row: Row, layout: Layout) -> str:
    """Return the group of a parameter, from its declaration and its place in the mixer."""
    p = row.parameter
    if row.stem == MASTER_BUS:
        return "master"
    if p.curve == "frequency":
        return "filters"
    if p.curve == "gain" and p.neutral != p.minimum:
        return "faders" if p.name == "gain" else "EQ"
    # The settings of a send, such as the feedback of an echo, stand beside its level.
    own = (r.parameter.name for r in layout.rows if (r.stem, r.node) == (TRACK_BUS, row.node))
    return "sends" if row.stem == TRACK_BUS and "send" in own else "effects"


def _merge(
    track: str, moving: list[Row], own: list[Row], values: NDArray[np.float64]
) -> list[Line]:
    """Make the curves of the moving rows, with equal ones merged."""
    found = _group_shown(moving, values)
    return [
        Line(
            track,
            "" if len(own) == 1 else _stems(same, own),
            tuple(row.stem for row in same),
            values[:, same[0].index],
        )
        for same in found
    ]


def _group_shown(rows: list[Row], values: NDArray[np.float64]) -> list[list[Row]]:
    """Group rows whose curves cannot be told apart on their axis."""
    found: list[tuple[NDArray[np.float64], list[Row]]] = []
    for row in rows:
        heights = axis_heights(row.parameter, values[:, row.index])
        for shown, same in found:
            if np.abs(shown - heights).max() <= _SHOWN_SAME:
                same.append(row)
                break
        else:
            found.append((heights, [row]))
    return [same for _, same in found]


def by_stem(panels: tuple[Panel, ...]) -> list[tuple[Panel, ...]]:
    """Split the faders of one or of several transitions by stem, if those of any of them differ.

    Eight faders of a stem swap could not be distinguished on one axis.

    Parameters
    ----------
    panels : tuple of Panel
        One parameter, in each of the transitions that are plotted side by side.

    Returns
    -------
    list of tuple of Panel
        Rows of panels of the same stems; stems whose curves are equal in every transition share a
        row.
    """
    split = any(len(panel.of(track)) > 1 for panel in panels for track in ("a", "b"))
    if panels[0].group != "faders" or not split:
        return [panels]
    alike: dict[tuple[tuple[int, ...], ...], list[str]] = {}
    stems = dict.fromkeys(s for panel in panels for line in panel.lines for s in line.stems)
    for stem in stems:
        lines = tuple(
            tuple(index for index, line in enumerate(panel.lines) if stem in line.stems)
            for panel in panels
        )
        alike.setdefault(lines, []).append(stem)
    return [
        tuple(
            attrs.evolve(
                panel,
                title=f"{', '.join(same)} {panel.title}",
                lines=tuple(attrs.evolve(panel.lines[index], label="") for index in indices),
            )
            for panel, indices in zip(panels, lines, strict=True)
        )
        for lines, same in alike.items()
    ]


def _stems(rows: list[Row], own: list[Row]) -> str:
    if len(rows) == len(own):
        return "all stems"
    return ", ".join(row.stem for row in rows)


def _words(
    title: str, track: str, own: list[Row], moving: list[Row], values: NDArray[np.float64]
) -> list[tuple[str, str]]:
    """Describe the rows of a track that do not move, as (words, track)."""
    still = [row for row in own if row not in moving]
    if not still:
        return []
    words = title if not moving else f"{title} ({_stems(still, own)})"
    off = [row for row in still if abs(values[0, row.index] - row.parameter.neutral) > 1e-6]
    if off:
        words += f" at {values[0, off[0].index]:.2g}"
    return [(words, track)]


def _join_tracks(still: list[tuple[str, str]]) -> tuple[str, ...]:
    """Merge descriptions that apply to both tracks."""
    by_words: dict[str, list[str]] = {}
    for words, track in still:
        by_words.setdefault(words, []).append(track)
    return tuple(
        words if len(tracks) > 1 or tracks == ["mix"] else f"{tracks[0].upper()} {words}"
        for words, tracks in by_words.items()
    )
