"""Positions of tracks in an order, by number or file name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from djtrans.core.errors import InputError
from djtrans.sets.options import SetOptions


def fixed_positions(paths: Sequence[Path], options: SetOptions) -> dict[int, int]:
    """Return the positions that `first`, `last` and `pin` give, both counted from 0.

    Raises
    ------
    InputError
        If a track is not in the list, a name is not unique, or a position is not in the set.
    """
    wanted: list[tuple[str, str, int]] = []
    if options.first is not None:
        wanted.append(("first", options.first, 0))
    if options.last is not None:
        wanted.append(("last", options.last, len(paths) - 1))
    for pin in options.pin:
        reference, sign, place = pin.rpartition("=")
        if not sign or not place.strip().isdecimal():
            raise InputError(f"pin = {pin!r} is not TRACK=POSITION, such as song.mp3=3.")
        if not 1 <= int(place) <= len(paths):
            raise InputError(
                f"pin = {pin!r}: position {place} is not in the set; give 1 to {len(paths)}."
            )
        wanted.append((f"pin = {pin!r}", reference, int(place) - 1))
    fixed: dict[int, int] = {}
    for option, reference, position in wanted:
        track = _index(paths, reference, option)
        if fixed.setdefault(track, position) != position:
            raise InputError(
                f"Track {reference} is wanted at positions {fixed[track] + 1} and {position + 1}; "
                "give one of them."
            )
    return fixed


def _index(paths: Sequence[Path], reference: str, option: str) -> int:
    """Return the index of the track that a number, a path or a file name refers to."""
    given = reference.strip()
    found = [
        i
        for i, path in enumerate(paths)
        if given in (str(path), path.name, path.stem) or Path(given).absolute() == path.absolute()
    ]
    if not found and given.isdecimal() and 1 <= int(given) <= len(paths):
        return int(given) - 1
    if len(found) > 1:
        numbers = ", ".join(str(i + 1) for i in found)
        raise InputError(f"{option}: {given} is there more than once; give its number: {numbers}.")
    if not found:
        raise InputError(
            f"{option}: there is no track {given!r}; give the name of one of the files, or its "
            f"number, 1 to {len(paths)}."
        )
    return found[0]
