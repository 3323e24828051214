"""Find the audio files of a library, and state which of them are not tracks."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import attrs

from djtrans.core.audio.listing import AUDIO
from djtrans.core.errors import InputError
from djtrans.datasets.mixes.alignment.excerpt import ALIGNMENT
from djtrans.datasets.pairs.pair_folder import ANALYSIS, PARAMS

#: Names of stems, as separators and studios write them.
STEM_NAMES = frozenset(
    [
        "drums",
        "bass",
        "vocals",
        "other",
        "guitar",
        "piano",
        "no_vocals",
        "no_drums",
        "no_bass",
        "no_other",
        "accompaniment",
    ]
)
#: Stems that together name a folder one of stems: two are a separation, one may be a title.
_LEAST_STEMS = 2
#: Likewise for "Song (drums).wav": "Song (vocals)" beside it may be a version for DJs.
_LEAST_SUFFIXED = 3
_SUFFIXED = re.compile(rf"(.+?)[ _\-(\[]+({'|'.join(sorted(STEM_NAMES))})[)\]]?", re.IGNORECASE)


@attrs.frozen
class Skipped:
    """A file or folder that was left out, and why."""

    name: str
    reason: str


def find_files(folder: Path, without: Path) -> tuple[list[Path], list[Skipped]]:
    """List the audio files below a folder, without those below another one.

    Links to folders are followed. Files in formats that cannot be decoded here are among the
    files, so that they are reported with the reason.

    Parameters
    ----------
    folder, without : Path

    Returns
    -------
    files : list of Path
        Sorted.
    skipped : list of Skipped
        Audio files that are no tracks, and folders that were not searched, by name.

    Raises
    ------
    InputError
        If there is no such folder, or no audio file in it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give one with audio files.")
    skipped: list[Skipped] = []
    found = sorted(_walk(folder, without.resolve(), skipped))
    if not found:
        raise InputError(f"There is no audio file below {folder}; give a folder with tracks.")
    reasons = {**_stems(found), **_written_by_djtrans(found)}
    files = []
    for file in found:
        if reason := _irregular(file) or reasons.get(file, ""):
            skipped.append(Skipped(file.relative_to(folder).as_posix(), reason))
        else:
            files.append(file)
    return files, sorted(skipped, key=lambda each: each.name)


def _walk(folder: Path, without: Path, skipped: list[Skipped]) -> Iterator[Path]:
    searched = {folder.resolve()}

    def report(error: OSError) -> None:
        path = Path(os.fsdecode(error.filename))
        _skip(path, f"The folder cannot be read: {error.strerror}.")

    def _skip(path: Path, reason: str) -> None:
        skipped.append(Skipped(path.relative_to(folder).as_posix(), reason))

    for root, folders, files in os.walk(folder, onerror=report, followlinks=True):
        for name in sorted(folders):
            path = Path(root, name)
            target = path.resolve()
            if target == without:
                folders.remove(name)
            elif name.startswith("."):
                _skip(path, "It is a hidden folder.")
                folders.remove(name)
            elif target in searched:
                _skip(path, "It is a link to a folder that is searched already.")
                folders.remove(name)
            searched.add(target)
        yield from (Path(root, name) for name in files if Path(name).suffix.lower() in AUDIO)


def _irregular(file: Path) -> str:
    if file.name.startswith("._"):
        return "It is a sidecar file of macOS and holds no audio."
    if file.name.startswith("."):
        return "It is a hidden file."
    if file.is_symlink() and not file.exists():
        return "It is a link to a file that is not there."
    return "" if file.is_file() else "It is no regular file."


def _stems(files: list[Path]) -> dict[Path, str]:
    """Find the stems of separated tracks, by their names within a folder."""
    groups: defaultdict[tuple[Path, str], list[Path]] = defaultdict(list)
    for file in files:
        if file.stem.lower() in STEM_NAMES:
            groups[file.parent, ""].append(file)
        elif match := _SUFFIXED.fullmatch(file.stem):
            groups[file.parent, match[1].lower()].append(file)
    return {
        file: "It is a stem of a separated track, not a track."
        for (_, prefix), stems in groups.items()
        if len({stem.stem.lower() for stem in stems})
        >= (_LEAST_SUFFIXED if prefix else _LEAST_STEMS)
        for file in stems
    }


def _written_by_djtrans(files: list[Path]) -> dict[Path, str]:
    """Find the audio of prepared pairs and extracted excerpts."""
    made = {
        parent
        for parent in {file.parent for file in files}
        if (parent / ALIGNMENT).is_file()
        or ((parent / ANALYSIS).is_file() and (parent / PARAMS).is_file())
    }
    return {
        file: "It is part of a transition that djtrans wrote, not a track."
        for file in files
        if file.parent in made
    }
