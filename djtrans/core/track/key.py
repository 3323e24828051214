"""Musical keys and their distance on the Camelot wheel."""

from __future__ import annotations

import attrs

#: Camelot numbers by pitch class (C = 0), for minor and major keys.
_CAMELOT_MINOR = (5, 12, 7, 2, 9, 4, 11, 6, 1, 8, 3, 10)
_CAMELOT_MAJOR = (8, 3, 10, 5, 12, 7, 2, 9, 4, 11, 6, 1)
_TONICS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")


@attrs.frozen
class Key:
    """Musical key.

    Attributes
    ----------
    tonic : int
        Pitch class, 0 (C) to 11 (B).
    mode : {"major", "minor"}
        Mode.
    confidence : float
        Confidence, 0 to 1.

    Examples
    --------
    >>> import djtrans
    >>> key = djtrans.Key(tonic=9, mode="minor")
    >>> key.name, key.camelot, key.distance(djtrans.Key(tonic=4, mode="minor"))
    ('A minor', '8A', 1)

    See Also
    --------
    djtrans.Analysis : Analysis with the key of a track.
    """

    tonic: int
    mode: str
    confidence: float = 1.0

    @property
    def name(self) -> str:
        """Name of the key, such as ``"A minor"``."""
        return f"{_TONICS[self.tonic]} {self.mode}"

    @property
    def camelot(self) -> str:
        """Camelot code, such as ``"8A"`` for A minor."""
        if self.mode == "minor":
            return f"{_CAMELOT_MINOR[self.tonic]}A"
        return f"{_CAMELOT_MAJOR[self.tonic]}B"

    def distance(self, other: Key) -> int:
        """Compute the Camelot distance: steps around the wheel, plus 1 between minor and major."""
        here, there = int(self.camelot[:-1]), int(other.camelot[:-1])
        around = abs(here - there)
        return min(around, 12 - around) + (self.camelot[-1] != other.camelot[-1])
