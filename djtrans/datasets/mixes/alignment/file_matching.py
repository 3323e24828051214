"""Match audio files to the entries of a tracklist by name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from djtrans.core.audio.listing import is_audio_name
from djtrans.core.track.tracklist import TracklistEntry

#: Words that do not identify a track.
_EMPTY = {"original", "mix", "feat", "ft", "featuring", "the", "a", "and", "vs", "extended", "x"}


def audio_files(folder: Path) -> list[Path]:
    """Return all audio files below a folder, sorted."""
    return sorted(p for p in folder.rglob("*") if is_audio_name(p) and p.is_file())


def words(text: str) -> set[str]:
    """Split a name into lower-case ASCII words, without those that identify nothing.

    Examples
    --------
    >>> sorted(words("01 - Ünder feat. Ada (Dub Mix)"))
    ['01', 'ada', 'dub', 'under']
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    found = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    return set(found) - _EMPTY or set(found)


def find_file(entry: TracklistEntry, files: Iterable[Path]) -> Path | None:
    """Find the file whose name has every word of title and version, and the artist if several do.

    Parameters
    ----------
    entry : TracklistEntry
    files : iterable of Path

    Returns
    -------
    Path or None
        Of several, the file with most words of the artist and fewest others, then the first by
        name. None if no name matches or the entry names no track.
    """
    if not entry.identified:
        return None
    needed = words(f"{entry.title} {entry.mix}")
    artist = words(entry.artist) if entry.artist else set()
    fitting = []
    for file in files:
        has = _split_as(words(file.stem), needed | artist)
        by = len(artist & has)
        # A title alone suffices for a file that names no artist, not for one that names another.
        if needed <= has and (by or not artist or not has - needed - _digits(has)):
            fitting.append((-by, len(has - needed - artist), str(file), file))
    return min(fitting)[-1] if fitting else None


def _split_as(found: set[str], wanted: set[str]) -> set[str]:
    """Split words of a file name that are written together, such as ``makeme``."""
    either = "|".join(sorted(map(re.escape, wanted), key=len, reverse=True))
    together = {word for word in found if either and re.fullmatch(f"(?:{either})+", word)}
    parts = {part for word in together for part in re.findall(either, word)}
    return (found - together) | parts


def _digits(found: set[str]) -> set[str]:
    return {word for word in found if word.isdigit()}


def find_mix(title: str, audio: str, stem: str, files: Iterable[Path]) -> Path | None:
    """Find the audio of a mix: the file that the tracklist names, or one with a matching name.

    Parameters
    ----------
    title, audio : str
        Title and audio of the tracklist; `audio` may be empty or an address.
    stem : str
        Name of the tracklist's file, without extension.
    files : iterable of Path
    """
    known = list(files)
    for wanted in (Path(audio).stem if audio else "", stem, stem.rpartition("-")[0]):
        for file in known:
            if wanted and file.stem.lower() == wanted.lower():
                return file
    for file in known:
        if words(file.stem) == words(title):
            return file
    return None
