"""Channels of a project: the stems and buses of the mixer, with their curves."""

from __future__ import annotations

import attrs

from djtrans.core.contracts.mixer_spec import MASTER_BUS, TRACK_BUS
from djtrans.core.curves.layout import Layout, Row
from djtrans.core.curves.params import faders


@attrs.frozen
class ProjectChannel:
    """Channel of a mixer, as a sequencer has them.

    Attributes
    ----------
    key : str
        Track and stem, such as ``"a/drums"``; ``"a/track"`` and ``"mix/master"`` for the buses.
    volume : Row or None
        Curve of its fader.
    parameters : tuple of Row
        All other curves.
    """

    key: str
    volume: Row | None
    parameters: tuple[Row, ...]

    @property
    def chain(self) -> str:
        """Chain of the mixer: stem, track or master."""
        stem = self.key.partition("/")[2]
        return stem if stem in (TRACK_BUS, MASTER_BUS) else "stem"


def project_channels(layout: Layout) -> dict[str, ProjectChannel]:
    """Group the curves of a layout by channel."""
    volumes = {*faders(layout, "a"), *faders(layout, "b")}
    found: dict[str, ProjectChannel] = {}
    for row in layout.rows:
        key = f"{row.track}/{row.stem}"
        channel = found.get(key, ProjectChannel(key, None, ()))
        if row.index in volumes and channel.volume is None:
            found[key] = attrs.evolve(channel, volume=row)
        else:
            found[key] = attrs.evolve(channel, parameters=(*channel.parameters, row))
    return found


def short_key(row: Row) -> str:
    """Return the node and the name of a parameter: ``eq low``."""
    return f"{row.node} {row.parameter.name}"


def title(key: str) -> str:
    """Return the name of a channel for people: ``A drums``."""
    track, _, stem = key.partition("/")
    return f"{track.upper()} {stem}"
