"""Level of the whole output: as track A has it, by its peak, or by its loudness."""

from __future__ import annotations

import math

from djtrans.core.errors import InputError

#: Keep the level that A has in its file, lowered only for its peaks; bring the peak to the ceiling.
MATCH_A, PEAK = "match-a", "peak"
#: Range of the loudness that can be requested, in LUFS.
QUIETEST_LUFS, LOUDEST_LUFS = -60.0, 0.0


def read_level(level: float | str) -> str:
    """Return a level as it is recorded: ``"match-a"``, ``"peak"``, or a number of LUFS as text.

    Raises
    ------
    InputError
        If it is none of these.

    Examples
    --------
    >>> read_level("peak"), read_level(-14.0)
    ('peak', '-14')
    """
    text = str(level).strip()
    if text in (MATCH_A, PEAK):
        return text
    try:
        lufs = float(text)
    except ValueError:
        lufs = math.nan
    if not QUIETEST_LUFS <= lufs <= LOUDEST_LUFS:
        raise InputError(
            f"level = {level!r} is not allowed; give {MATCH_A}, {PEAK}, or a loudness of "
            f"{QUIETEST_LUFS:g} to {LOUDEST_LUFS:g} LUFS, such as -14."
        )
    return f"{lufs:g}"


def target_lufs(level: str) -> float | None:
    """Return the loudness that a level requests, in LUFS; None if it requests none."""
    return None if level in (MATCH_A, PEAK) else float(level)
