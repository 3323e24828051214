"""Find tracks with ready stems in a folder, grouped by artist."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import attrs

from djtrans.core.errors import InputError, SeparationError
from djtrans.core.track.stem_files import find_stem_files, stems_hash


@attrs.frozen
class StemTrack:
    """Track with ready stems.

    Attributes
    ----------
    folder : Path
        Folder with one audio file for each stem.
    artist : str
        Name of the folder around it. All tracks of an artist are for training, or all for
        validation.
    sha256 : str
        Hash of the stems.
    """

    folder: Path
    artist: str
    sha256: str


def find_stem_tracks(libraries: Iterable[str | os.PathLike[str]]) -> tuple[StemTrack, ...]:
    """Find all tracks ``LIBRARY/ARTIST/TRACK/{drums,bass,vocals,other}.wav``.

    Parameters
    ----------
    libraries : iterable of path
        Folders of folders.

    Returns
    -------
    tuple of StemTrack
        In alphabetical order of their folders.

    Raises
    ------
    InputError
        If a library does not exist, or contains no track.
    """
    found: list[StemTrack] = []
    for library in map(Path, libraries):
        if not library.is_dir():
            raise InputError(f"There is no folder {str(library)!r}; give a folder of stems.")
        before = len(found)
        for folder in sorted(library.glob("*/*/")):
            try:
                find_stem_files(folder)
            except SeparationError:
                continue
            found.append(StemTrack(folder, folder.parent.name, stems_hash(folder)))
        if len(found) == before:
            raise InputError(
                f"{library} contains no track with stems; give a folder with files such as "
                "ARTIST/TRACK/drums.wav, bass.wav, vocals.wav and other.wav."
            )
    return tuple(found)
