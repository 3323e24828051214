"""Folder of audio beside a listening report."""

from __future__ import annotations

import os
from pathlib import Path

from djtrans.core.errors import InputError

#: Extension of the files: scripts that hold MP3 files, since browsers do not let a page that was
#: opened from the disk read files, but run scripts.
EXTENSION = ".mp3.js"


def audio_folder(page: str | os.PathLike[str]) -> Path:
    """Return the folder beside a page that holds its audio if it is not in the page."""
    return Path(page).with_name(f"{Path(page).stem}-audio")


def check_audio_folder(page: str | os.PathLike[str]) -> None:
    """Raise if the folder of a page's audio has other files, since it is replaced.

    Raises
    ------
    InputError
        If it has.
    """
    folder = audio_folder(page)
    if not folder.exists():
        return
    if not folder.is_dir() or any(not file.name.endswith(EXTENSION) for file in folder.iterdir()):
        raise InputError(
            f"{folder} exists and was not written by djtrans, so it is not replaced; choose "
            "another name for the report."
        )


def audio_script(name: str, encoded: str) -> str:
    """Return the script that hands an MP3 file, as base64, to the page."""
    return f'djtransAudio("{name}", "{encoded}");\n'
