"""Text files in the encodings in which they are found."""

from __future__ import annotations

import codecs
from pathlib import Path

from djtrans.core.errors import InputError, TracklistError
from djtrans.core.util.atomic_files import reason

#: Larger than any tracklist; the djmix-dataset is a few tens of megabytes.
_MOST_BYTES = 500_000_000
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_text(path: str) -> str:
    """Decode a text file: UTF-8, UTF-16 with a byte-order mark, or Windows-1252.

    Raises
    ------
    InputError
        If there is no such file, or it cannot be read.
    TracklistError
        If it is no text.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"There is no file {path}; give a file, or the address of a page.")
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise TracklistError(f"{path} is too large for a tracklist.")
        raw = file.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {reason(error)}") from None
    marked = [encoding for mark, encoding in _MARKS.items() if raw.startswith(mark)]
    if not marked and b"\0" in raw:
        raise TracklistError(f"{path} is no text; give a tracklist, not audio.")
    for encoding in marked or ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")  # the five bytes that cp1252 leaves undefined
