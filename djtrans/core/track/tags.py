"""Tags of audio files: information to show, never to compute with."""

from __future__ import annotations

import math
import os
import re
import unicodedata
import warnings
from pathlib import Path

import attrs

#: Longest text of a tag that is kept.
MOST_CHARACTERS = 120
#: Tempos in BPM and gains in dB that a tag may state.
_TEMPOS, _GAINS = (20.0, 999.0), (-60.0, 60.0)
#: Tempo difference from which a tag disagrees with the analysis.
_TEMPO_TOLERANCE = 0.01


def clean(text: str) -> str:
    r"""Return text as one line without control characters, at most :data:`MOST_CHARACTERS` long.

    Examples
    --------
    >>> clean("A\x1b[31m\nB\u202e  C")
    'A[31m B C'
    """
    spaced = " ".join(unicodedata.normalize("NFC", text[: 10 * MOST_CHARACTERS]).split())
    # Control and formatting characters, and halves of surrogate pairs.
    plain = "".join(c for c in spaced if not unicodedata.category(c).startswith("C"))
    if len(plain) <= MOST_CHARACTERS:
        return plain
    return plain[: MOST_CHARACTERS - 1].rstrip() + "…"


@attrs.frozen(kw_only=True)
class Tags:
    """Tags of a file, cleaned: others wrote them.

    Attributes
    ----------
    title, artist, key : str
        Texts of one line without control characters; empty if there is no such tag.
    bpm : float or None
        Tempo.
    gain_db : float or None
        ReplayGain of the track.
    cover : str
        Media type of the picture, such as ``"image/jpeg"``; empty without one.

    Examples
    --------
    >>> Tags(title="Zen", artist="Impulslogik").label("zen.ogg")
    'Impulslogik - Zen'
    >>> Tags(artist="Impulslogik").label("zen.ogg")
    'zen.ogg'
    """

    title: str = attrs.field(default="", converter=clean)
    artist: str = attrs.field(default="", converter=clean)
    key: str = attrs.field(default="", converter=clean)
    bpm: float | None = None
    gain_db: float | None = None
    cover: str = attrs.field(default="", converter=clean)

    def label(self, name: str) -> str:
        """Return artist and title, or another name if there is no title."""
        if not self.title:
            return name
        return f"{self.artist} - {self.title}" if self.artist else self.title

    def tempo_remark(self, bpm: float) -> str:
        """Return a remark if the tagged tempo differs from the analyzed one, octaves aside."""
        if self.bpm is None:
            return ""
        octave = round(math.log2(self.bpm / bpm))
        if abs(octave) <= 1 and abs(self.bpm / (bpm * 2.0**octave) - 1) <= _TEMPO_TOLERANCE:
            return ""
        return f"tagged {self.bpm:g} BPM, analyzed {bpm:.2f} BPM, which is used"


def read_tags(path: str | os.PathLike[str]) -> Tags:
    """Read the tags of an audio file.

    Tags that cannot be read are a warning: the audio can be used without.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Tags
        Empty for formats without tags.
    """
    import tinytag

    file = Path(os.path.expanduser(path))
    try:
        with file.open("rb") as stream:
            # The format follows from the content, not from the extension.
            found = tinytag.TinyTag.get(file_obj=stream, duration=False, image=True)
    except tinytag.UnsupportedFormatError:
        return Tags()
    except (tinytag.TinyTagException, OSError) as error:
        why = clean(str(error)) or type(error).__name__
        warnings.warn(f"{file}: its tags cannot be read ({why}).", stacklevel=2)
        return Tags()
    picture = found.images.any

    def other(*names: str) -> str:
        return next((found.other[name][0] for name in names if found.other.get(name)), "")

    return Tags(
        title=found.title or "",
        artist=found.artist or found.albumartist or "",
        key=other("initial_key", "initialkey", "key"),
        bpm=_number(other("bpm", "tbpm", "tempo"), *_TEMPOS),
        gain_db=_number(other("replaygain_track_gain"), *_GAINS),
        cover="" if picture is None else picture.mime_type or "image",
    )


def _number(text: str, low: float, high: float) -> float | None:
    match = re.match(r"\s*([+-]?\d{1,6}(?:[.,]\d{1,6})?)", text)
    value = float(match[1].replace(",", ".")) if match else math.nan
    return value if low <= value <= high else None
