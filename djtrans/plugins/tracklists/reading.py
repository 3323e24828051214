"""Text files in the encodings in which they are found."""

from __future__ import annotations

import codecs
import warnings
from pathlib import Path

from djtrans.core.errors import InputError, TracklistError
from djtrans.core.util.atomic_files import reason

#: Larger than any tracklist; the djmix-dataset is a few tens of megabytes.
_MOST_BYTES = 128_000_000
_MARKS = {  # UTF-32 before UTF-16, whose mark is its beginning
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_text(path: str) -> str:
    """Decode a text file: UTF-8, UTF-16, or else Windows-1252.

    Raises
    ------
    InputError
        If there is no such file, or it cannot be read.
    TracklistError
        If it is no text, or too large.

    Warns
    -----
    UserWarning
        If it is neither UTF-8 nor UTF-16: names in letters other than Latin ones are then wrong.
    """
    file = Path(path)
    try:
        if not file.is_file():
            raise InputError(f"There is no file {path}; give a file, or the address of a page.")
        if file.stat().st_size > _MOST_BYTES:
            raise TracklistError(
                f"{path} is too large for a tracklist, {file.stat().st_size / 1e6:.0f} MB; at most "
                f"{_MOST_BYTES / 1e6:.0f} MB are read."
            )
        raw = file.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {reason(error)}") from None
    text = _decoded(raw, path)
    if text is None or any(sign in text for sign in "\0\x01\x02\x03\x04"):
        raise TracklistError(f"{path} is no text; give a tracklist, not audio.")
    return text


def _decoded(raw: bytes, path: str) -> str | None:
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            return _try(raw, encoding)
    if b"\0" in raw:
        # UTF-16 without a mark: of the two byte orders, the one with more ASCII.
        both = [text for encoding in ("utf-16-le", "utf-16-be") if (text := _try(raw, encoding))]
        return max(both, key=lambda text: sum(map(str.isascii, text)), default=None)
    text = _try(raw, "utf-8")
    if text is None:
        warnings.warn(
            f"{path} is not UTF-8 and read as Windows-1252; if the names are wrong, save it as "
            "UTF-8.",
            stacklevel=3,
        )
        text = _try(raw, "cp1252") or raw.decode("latin-1")  # five bytes are undefined in cp1252
    return text


def _try(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None
