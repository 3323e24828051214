"""Build the entries of a library, and report the tracks that cannot be read."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from djtrans.core.errors import InputError, LibraryError
from djtrans.core.track.cue import Cue
from djtrans.core.util.atomic_files import reason

#: Problems that a warning quotes.
_MOST_QUOTED = 3
_MALFORMED = (LookupError, TypeError, ValueError, ArithmeticError)


@attrs.define
class Problems:
    """Tracks of a library that are left out, reported in one warning.

    Attributes
    ----------
    source : str
        File of the library.
    found : list of str
        A problem for each track.
    """

    source: str
    found: list[str] = attrs.field(factory=list)

    @contextmanager
    def collected(self, location: str) -> Iterator[None]:
        """Collect what is wrong with a track, and continue with the next."""
        try:
            yield
        except (InputError, LibraryError, *_MALFORMED) as error:
            why = " ".join(str(error).split()) or type(error).__name__
            self.found.append(f"{location or 'a track without a path'} ({why.rstrip('.')})")

    def report(self) -> None:
        """Warn of the tracks that are left out."""
        if not self.found:
            return
        quoted = "; ".join(self.found[:_MOST_QUOTED])
        more = ", ..." if len(self.found) > _MOST_QUOTED else ""
        warnings.warn(
            f"{self.source}: {len(self.found)} tracks cannot be read and are left out: "
            f"{quoted}{more}.",
            stacklevel=3,
        )


def check_file(source: str) -> Path:
    """Return a file as a path.

    Raises
    ------
    InputError
        If there is no such file.
    """
    file = Path(source)
    try:
        if not file.is_file():
            raise InputError(f"There is no file {source}; give the file of a library.")
    except OSError as error:
        raise InputError(f"Cannot read {source}: {reason(error)}") from None
    return file


def distinct(cues: list[Cue]) -> tuple[Cue, ...]:
    """Sort cues by time, and drop those without a name where one with a name is.

    Programs often store a point twice, as a hot cue and as a memory cue.
    """
    named = {round(cue.seconds, 3) for cue in cues if cue.name}
    kept = [cue for cue in cues if cue.name or round(cue.seconds, 3) not in named]
    return tuple(sorted(dict.fromkeys(kept), key=lambda cue: cue.seconds))
