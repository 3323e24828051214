"""Positions in a track as people write them: seconds, minutes and seconds, or a bar."""

from __future__ import annotations

import math
import re

from djtrans.core.errors import InputError

_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)")
_BAR = re.compile(r"bar:(\d+)")


def parse_seconds(text: str) -> float:
    """Parse seconds, ``m:ss.fff`` or ``h:mm:ss.fff``.

    Raises
    ------
    InputError
        If the text is none of these.

    Examples
    --------
    >>> [parse_seconds(text) for text in ("83.5", "1:23.5", "1:02:03")]
    [83.5, 83.5, 3723.0]
    """
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise InputError(f"{text!r} is no time; give seconds, or minutes as in 1:23.5.")
    hours, minutes, seconds = found.groups()
    return 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)


def parse_position(name: str, position: float | str | None) -> tuple[float | None, int | None]:
    """Parse a position in a track as ``(seconds, None)`` or ``(None, bar)``.

    Parameters
    ----------
    name : str
        Name of the option, for the error message.
    position : float or str or None
        Seconds; text such as ``"95.2"``, ``"1:35.2"`` or ``"bar:33"``; None is no position.

    Returns
    -------
    seconds : float or None
    bar : int or None
        Counted from 1.

    Raises
    ------
    InputError
        If it is none of these.

    Examples
    --------
    >>> parse_position("cue_a", "1:35.2"), parse_position("cue_a", "bar:33")
    ((95.2, None), (None, 33))
    """
    if position is None:
        return None, None
    if isinstance(position, str):
        bar = _BAR.fullmatch(position.strip())
        if bar and int(bar[1]) >= 1:
            return None, int(bar[1])
        try:
            return parse_seconds(position), None
        except InputError:
            pass
    elif math.isfinite(position):
        return float(position), None
    raise InputError(
        f"{name} = {position!r} is not allowed; give seconds, minutes such as 1:35.2, or a bar "
        "such as bar:33."
    )
