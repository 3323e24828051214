"""Tracks of a set: files, folders and playlists, in the order given."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from djtrans.core.audio.listing import is_audio_name
from djtrans.core.errors import InputError
from djtrans.core.util.atomic_files import reason

#: Extensions of playlists.
PLAYLISTS = (".m3u", ".m3u8")
#: Number of missing files that a message names.
_NAMED = 5


def find_tracks(
    sources: Sequence[str | os.PathLike[str]], *, skip_missing: bool = False
) -> list[Path]:
    """Find the audio files of files, folders and playlists.

    Parameters
    ----------
    sources : sequence of path
        Audio files, folders (their audio files by name, without subfolders) and M3U playlists,
        whose paths are relative to the playlist.
    skip_missing : bool
        Leave out files of playlists that do not exist, with a warning.

    Returns
    -------
    list of Path
        In the order given; a file that is named twice is there twice.

    Raises
    ------
    InputError
        If there is no track, or a file is missing.

    Examples
    --------
    >>> import djtrans.sets
    >>> djtrans.sets.find_tracks(["no-such.wav"])
    Traceback (most recent call last):
        ...
    djtrans.core.errors.InputError: 1 of 1 tracks does not exist: no-such.wav; check the paths.
    """
    found: list[Path] = []
    for source in sources:
        path = Path(os.path.expanduser(source))
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.is_file() and is_audio_name(p))
            if not inside:
                raise InputError(f"{path} contains no audio files; give a folder of tracks.")
            found += inside
        elif path.suffix.lower() in PLAYLISTS:
            found += _read_playlist(path, skip_missing)
        else:
            found.append(path)
    if not found:
        raise InputError("No track is given; give audio files, a folder or an .m3u8 playlist.")
    _check_present(found, "tracks", "check the paths.")
    return found


def _read_playlist(path: Path, skip_missing: bool) -> list[Path]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read the playlist {path}: {reason(error)}") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # An .m3u file of older players has the code page of its system.
        text = raw.decode("latin-1")
    lines = [line.strip() for line in text.splitlines()]
    entries = [_entry(path, line) for line in lines if line and not line.startswith("#")]
    if not entries:
        raise InputError(f"The playlist {path} names no file; give one with at least one track.")
    present = [entry for entry in entries if entry.is_file()]
    if not skip_missing:
        advice = "correct the playlist, or leave them out with --skip-missing."
        _check_present(entries, f"files of {path}", advice)
    elif len(present) < len(entries):
        warnings.warn(
            f"{path}: {len(entries) - len(present)} of {len(entries)} files do not exist and are "
            "left out.",
            stacklevel=3,
        )
    return present


def _entry(playlist: Path, line: str) -> Path:
    parts = urlsplit(line)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    # One letter is the drive of a Windows path.
    if parts.scheme and len(parts.scheme) > 1 and "//" in line:
        raise InputError(
            f"The playlist {playlist} names {line}, which is no local file; download it first."
        )
    return playlist.parent / line


def _check_present(files: Sequence[Path], what: str, advice: str) -> None:
    missing = [str(file) for file in dict.fromkeys(files) if not file.is_file()]
    if missing:
        rest = len(missing) - _NAMED
        named = ", ".join(missing[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
        verb = "does" if len(missing) == 1 else "do"
        raise InputError(
            f"{len(missing)} of {len(files)} {what} {verb} not exist: {named}; {advice}"
        )
