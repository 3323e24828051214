"""Values of the options of ``djtrans grid``: times, anchors, cues and sections."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from djtrans.core.errors import InputError
from djtrans.core.util.positions import parse_seconds

if TYPE_CHECKING:
    from djtrans.core.track.corrections import GridAnchor
    from djtrans.core.track.cue import Cue

T = TypeVar("T")


def each(parse: Callable[[str], T]) -> Callable[..., Any]:
    """Return a click callback that parses a value, or each value of a repeatable option."""

    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        if value is None:
            return None
        try:
            if isinstance(value, tuple):
                return tuple(parse(text) for text in value)
            return parse(value)
        except InputError as error:
            raise click.BadParameter(str(error)) from None

    return callback


def parse_anchor(text: str) -> GridAnchor:
    """Read ``TIME`` or ``TIME=BPM``: a downbeat."""
    from djtrans.core.track.corrections import GridAnchor

    place, _, tempo = text.partition("=")
    try:
        bpm = float(tempo) if tempo else None
    except ValueError:
        raise click.BadParameter(f"{tempo!r} is no tempo; give TIME or TIME=BPM.") from None
    return GridAnchor(parse_seconds(place), bpm, beat=0)


def parse_cue(text: str) -> Cue:
    """Read ``NAME=TIME`` or ``NAME=START-END``."""
    from djtrans.core.track.cue import Cue

    name, separator, places = text.rpartition("=")
    if not separator or not name.strip():
        raise click.BadParameter(f"{text!r} is no cue; give NAME=TIME, or NAME=START-END.")
    start, _, end = places.partition("-")
    return Cue(name, parse_seconds(start), parse_seconds(end) if end else None)


def parse_section(text: str) -> tuple[str, int, int]:
    """Read ``LABEL=FIRST-END``, in bars."""
    found = re.fullmatch(r"(\w+)=(\d+)-(\d+)", text.strip())
    if not found:
        raise click.BadParameter(
            f"{text!r} is no section; give LABEL=FIRST-END in bars, as 'djtrans analyze' prints."
        )
    return found[1], int(found[2]), int(found[3])
