"""Match audio files to the entries of a tracklist by name."""

from __future__ import annotations

import itertools
import re
import unicodedata
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import attrs

from djtrans.core.audio.listing import audio_files as audio_files
from djtrans.core.errors import InputError
from djtrans.core.track.tracklist import TracklistEntry
from djtrans.core.util.names import visible, words

#: Words that do not identify a track, a mix or an artist.
_COMMON = frozenset(
    words("original mix extended feat ft featuring the a and vs with w x dj mc pres presents")
)
#: A title with fewer letters is only found in a name that consists of nothing else.
_SHORT = 3
#: What ``djtrans collect`` appends to a title to name the file of its tracklist.
_ID = re.compile(r"-[0-9a-f]{12}$")


def distinctive(text: str) -> frozenset[str]:
    """Return the words of a name that identify something; all, if none does."""
    found = frozenset(words(text))
    return found - _COMMON or found


@attrs.frozen
class FileMatch:
    """Result of the search for the file of a track.

    Attributes
    ----------
    file : Path or None
    why : str
        Reason if there is none.
    rank : tuple of int
        Negated number of matching words of the artist, number of words that are of neither artist
        nor title, and of words such as "original" that only one of both has: the least is the best.
    """

    file: Path | None = None
    why: str = ""
    rank: tuple[int, int, int] = (0, 0, 0)


def match_file(entry: TracklistEntry, files: Iterable[Path]) -> FileMatch:
    """Find the file whose name has every word of title and version, and the artist if several do.

    Parameters
    ----------
    entry : TracklistEntry
    files : iterable of Path

    Returns
    -------
    FileMatch
        Without a file if no name matches, several do equally well, or the entry has no name that
        identifies a track.

    Warns
    -----
    UserWarning
        If several files have the same name, such as ``a.wav`` and ``a.mp3``: the first is used.
    """
    if not entry.identified:
        return FileMatch(why="the tracklist does not identify it")
    needed = distinctive(f"{entry.title} {entry.mix}")
    artist = distinctive(entry.artist)
    if not words(entry.title):
        return FileMatch(why=f"its title {entry.title!r} has no letters or digits to find it by")
    said = frozenset(words(f"{entry.artist} {entry.title} {entry.mix}"))
    short = len("".join(needed)) < _SHORT
    fitting: dict[tuple[int, int, int], list[Path]] = {}
    for file in files:
        has = _split_as(frozenset(words(file.stem)), needed | artist)
        named = _split_as(frozenset(_unnumbered(file)), needed | artist)
        by, others = len(artist & has), named - needed - artist - _COMMON
        # A title alone suffices for a file that names no artist, not for one that names another;
        # and where the tracklist names none, "Go" is not "Go Your Own Way".
        if needed <= has and (by or not others or not (artist or short)):
            common = (named ^ said) & _COMMON
            fitting.setdefault((-by, len(others), len(common)), []).append(file)
    if not fitting:
        return FileMatch(why="no file has a matching name")
    rank = min(fitting)
    best = sorted(fitting[rank], key=str)
    if len(set(map(_unnumbered, best))) > 1:
        return FileMatch(
            why=f"several files match its name equally well: {_listed(best)}; rename or remove "
            "all but one"
        )
    if len(best) > 1:
        warnings.warn(
            f"Several files have the name of {entry}: {_listed(best)}. The first is used; remove "
            "the others if it is another version.",
            stacklevel=2,
        )
    return FileMatch(best[0], rank=rank)


def match_boundary(entries: Sequence[TracklistEntry], files: Sequence[Path]) -> list[FileMatch]:
    """Find the files of the two tracks of a boundary; one file is not both, if the names differ."""
    found = [match_file(entry, files) for entry in entries]
    first, second = found
    if first.file is None or first.file != second.file or _same_track(*entries):
        return found
    why = f"{first.file.name} matches both tracks of the boundary"
    # The file of "Night (Bo Remix)" also has the words of "Night".
    return [
        FileMatch(why=why) if match.rank >= other.rank else match
        for match, other in ((first, second), (second, first))
    ]


def find_mix(title: str, audio: str, stem: str, files: Iterable[Path]) -> Path | None:
    """Find the audio of a mix: the file that the tracklist names, or one with a matching name.

    Parameters
    ----------
    title, audio : str
        Title and audio of the tracklist; `audio` may be empty or an address.
    stem : str
        Name of the tracklist's file, without extension.
    files : iterable of Path

    Raises
    ------
    InputError
        If several files match.
    """
    known = list(files)
    named = PurePosixPath(audio.replace("\\", "/")).stem
    address = "://" in audio
    plain = _ID.sub("", stem)
    for wanted in (
        "" if address else named,
        stem,
        plain if frozenset(words(plain)) - _COMMON else "",
    ):
        if found := [file for file in known if wanted and _exact(file.stem) == _exact(wanted)]:
            return _only(found, title)
    for wanted in (title, named if address else ""):
        if found := [f for f in known if words(wanted) and _same_words(f.stem, wanted)]:
            return _only(found, title)
    return None


def _only(found: list[Path], title: str) -> Path:
    if len(found) > 1:
        raise InputError(
            f"several audio files match the mix {title!r}: {_listed(found)}; rename or remove all "
            "but one."
        )
    return found[0]


def _exact(name: str) -> str:
    """Return a file name as two file systems may spell it: composed or not, in any case."""
    return unicodedata.normalize("NFC", " ".join(visible(name).casefold().split()))


def _same_words(name: str, other: str) -> bool:
    return distinctive(name) == distinctive(other)


def _same_track(first: TracklistEntry, second: TracklistEntry) -> bool:
    return all(
        _same_words(getattr(first, field), getattr(second, field))
        for field in ("artist", "title", "mix")
    )


def _split_as(found: frozenset[str], wanted: frozenset[str]) -> frozenset[str]:
    """Split words of a file name that are written together, such as ``makeme``."""
    parts = {word: _parts(word, wanted) for word in found - wanted}
    together = {word for word, split in parts.items() if split}
    return (found - together).union(*(parts[word] for word in together))


def _parts(word: str, wanted: frozenset[str]) -> list[str]:
    """Return wanted words that make up a word, or an empty list."""
    ways: dict[int, list[str]] = {0: []}
    for at in range(len(word)):
        for part in wanted if at in ways else ():
            if word.startswith(part, at):
                ways.setdefault(at + len(part), [*ways[at], part])
    return ways.get(len(word), [])


def _unnumbered(file: Path) -> tuple[str, ...]:
    """Return the words of a file name without the number of the track before them."""
    return tuple(itertools.dropwhile(str.isdigit, words(file.stem)))


def _listed(files: Sequence[Path]) -> str:
    names = [file.name for file in files]
    if len(set(names)) < len(names):
        names = [f"{file.parent.name}/{file.name}" for file in files]
    return ", ".join(names[:4]) + (", ..." if names[4:] else "")
