"""Record of a part of an analysis that was replaced, and of the source of its value."""

from __future__ import annotations

import attrs

#: Source of corrections that the user made.
OWN = "own"


@attrs.frozen
class AppliedCorrection:
    """Part of an analysis that is corrected.

    Attributes
    ----------
    part : str
        Grid, downbeats, key, sections or cues.
    source : str
        ``"own"``, or the qualified name of the library reader.
    file : str
        Name of the file that states it.
    detail : str
        The value, and the one that it replaces.

    Examples
    --------
    >>> str(AppliedCorrection("key", "djtrans/rekordbox", "my.xml", "8A, analyzed 9A"))
    'key by rekordbox (my.xml): 8A, analyzed 9A'
    """

    part: str
    source: str
    file: str
    detail: str

    def __str__(self) -> str:
        who = "by hand" if self.source == OWN else f"by {self.source.removeprefix('djtrans/')}"
        return f"{self.part} {who} ({self.file}): {self.detail}"
