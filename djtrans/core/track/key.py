"""Musical keys and their distance on the Camelot wheel."""

from __future__ import annotations

import re

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


_CODE = re.compile(r"0?(1[0-2]|[1-9])([ABabdmDM])")
_NAME = re.compile(r"([A-Ga-g])\s*([#♯b♭]?)\s*(major|minor|maj|min|m|M)?", re.IGNORECASE)
_NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1, "B": -1}


def parse_key(text: str) -> Key | None:
    """Read a key as DJ software writes it; None if it is none.

    Parameters
    ----------
    text : str
        A name (``"A minor"``, ``"F#m"``, ``"Db"``), a Camelot code (``"8A"``) or an Open Key code
        (``"1m"``).

    Examples
    --------
    >>> [parse_key(text).name for text in ("8A", "1m", "Am", "Eb", "F#min", "11B")]
    ['A minor', 'A minor', 'A minor', 'Eb major', 'Gb minor', 'A major']
    >>> parse_key("off") is None
    True
    """
    plain = text.strip()
    if code := _CODE.fullmatch(plain):
        number, letter = int(code[1]), code[2].upper()
        if letter in "DM":  # Open Key counts from C major, which is 8B
            number, letter = (number + 6) % 12 + 1, "B" if letter == "D" else "A"
        wheel = _CAMELOT_MINOR if letter == "A" else _CAMELOT_MAJOR
        return Key(wheel.index(number), "minor" if letter == "A" else "major")
    found = _NAME.fullmatch(plain)
    if not found:
        return None
    tonic = _NATURAL[found[1].upper()] + _ACCIDENTALS[found[2]]
    mode = found[3] or ""
    minor = mode == "m" or mode.lower() in ("min", "minor")
    return Key(tonic % 12, "minor" if minor else "major")
