"""Binary objects in the tags of audio files, by name.

References
----------
.. [1] ID3v2.4, https://id3.org/id3v2.4.0-structure and -frames (GEOB); ID3v2.3, https://id3.org
.. [2] FLAC, RFC 9639, 8.6 (Vorbis comments)
.. [3] MP4 metadata: QuickTime File Format, "Metadata item list"
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from djtrans.core.errors import InputError
from djtrans.core.util.atomic_files import reason

#: Larger than any tag of positions; pictures in other frames are skipped, not read.
_MOST_BYTES = 64_000_000
_CONTAINERS = (b"moov", b"udta", b"ilst")


def binary_tags(file: Path) -> dict[str, bytes]:
    """Read the objects that programs store in an audio file.

    Returns
    -------
    dict of str to bytes
        General objects of ID3v2 by their description, Vorbis comments of FLAC by their name in
        lower case, and free-form items of MP4 as ``"mean:name"``. Empty for other files.

    Raises
    ------
    InputError
        If there is no such file.
    """
    try:
        with file.open("rb") as stream:
            head = stream.read(12)
            if head[:3] == b"ID3":
                stream.seek(0)
                return _id3_objects(stream.read(10 + _syncsafe(head[6:10])))
            size = file.stat().st_size
            if head[:4] in (b"FORM", b"RIFF"):
                order = ">" if head[:4] == b"FORM" else "<"
                return _id3_objects(_chunk(stream, order, size))
            if head[:4] == b"fLaC":
                return dict(_flac_comments(stream))
            if head[4:8] == b"ftyp":
                return dict(_mp4_items(stream, 0, size))
    except OSError as error:
        raise InputError(f"Cannot read {file}: {reason(error)}") from None
    return {}


def _syncsafe(four: bytes) -> int:
    value = 0
    for byte in four:
        value = value << 7 | byte & 0x7F
    return value


def _chunk(stream: BinaryIO, order: str, size: int) -> bytes:
    at = 12
    while at + 8 <= size:
        stream.seek(at)
        name, length = struct.unpack(f"{order}4sI", stream.read(8))
        if name.upper() == b"ID3 " and length <= _MOST_BYTES:
            return stream.read(length)
        at += 8 + length + length % 2
    return b""


def _id3_objects(tag: bytes) -> dict[str, bytes]:
    if len(tag) < 10 or tag[:3] != b"ID3" or tag[3] not in (3, 4):
        return {}
    version, flags = tag[3], tag[5]
    body = tag[10 : 10 + _syncsafe(tag[6:10])]
    if flags & 0x80 and version == 3:
        body = body.replace(b"\xff\x00", b"\xff")
    at = 0
    if flags & 0x40:  # an extended header
        at = _syncsafe(body[:4]) if version == 4 else 4 + int.from_bytes(body[:4], "big")
    objects = {}
    while at + 10 <= len(body) and body[at] != 0:
        name = body[at : at + 4]
        raw = body[at + 4 : at + 8]
        size = _syncsafe(raw) if version == 4 else int.from_bytes(raw, "big")
        content = body[at + 10 : at + 10 + size]
        if name == b"GEOB":
            plain = _plain_frame(content, version, body[at + 9])
            description, data = _general_object(plain)
            if description:
                objects[description] = data
        at += 10 + size
    return objects


def _plain_frame(content: bytes, version: int, flags: int) -> bytes:
    """Remove what ID3v2.4 adds to a frame; a compressed or encrypted one is left out."""
    if version != 4:
        return b"" if flags & 0xC0 else content
    if flags & 0x0C:
        return b""
    if flags & 0x01:
        content = content[4:]
    return content.replace(b"\xff\x00", b"\xff") if flags & 0x02 else content


def _general_object(frame: bytes) -> tuple[str, bytes]:
    """Split an object into its description and its data."""
    if not frame:
        return "", b""
    wide = frame[0] in (1, 2)
    _, _, rest = frame[1:].partition(b"\0")  # the media type
    _, rest = _text(rest, wide)  # the file name
    description, data = _text(rest, wide)
    encoding = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}.get(frame[0], "latin-1")
    return description.decode(encoding, errors="replace"), data


def _text(data: bytes, wide: bool) -> tuple[bytes, bytes]:
    if not wide:
        text, _, rest = data.partition(b"\0")
        return text, rest
    for at in range(0, len(data) - 1, 2):
        if data[at : at + 2] == b"\0\0":
            return data[:at], data[at + 2 :]
    return data, b""


def _flac_comments(stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    stream.seek(4)
    last = False
    while not last:
        head = stream.read(4)
        if len(head) < 4:
            return
        last, kind, size = bool(head[0] & 0x80), head[0] & 0x7F, int.from_bytes(head[1:], "big")
        if kind != 4:
            stream.seek(size, 1)
            continue
        block = stream.read(size)
        at = 4 + int.from_bytes(block[:4], "little")  # after the vendor
        count = int.from_bytes(block[at : at + 4], "little")
        at += 4
        for _ in range(count):
            length = int.from_bytes(block[at : at + 4], "little")
            comment = block[at + 4 : at + 4 + length]
            at += 4 + length
            name, _, value = comment.partition(b"=")
            yield name.decode("ascii", errors="replace").lower(), value
            if at >= len(block):
                return


def _mp4_items(
    stream: BinaryIO, start: int, stop: int, depth: int = 0
) -> Iterator[tuple[str, bytes]]:
    at = start
    while at + 8 <= stop and depth < 8:
        stream.seek(at)
        size, name = struct.unpack(">I4s", stream.read(8))
        body = at + 8
        if size == 1:
            size = int.from_bytes(stream.read(8), "big")
            body += 8
        end = stop if size == 0 else at + size
        if end <= at or end > stop:
            return
        if name in _CONTAINERS:
            yield from _mp4_items(stream, body, end, depth + 1)
        elif name == b"meta":
            yield from _mp4_items(stream, body + 4, end, depth + 1)
        elif name == b"----" and end - body <= _MOST_BYTES:
            stream.seek(body)
            if item := _free_form(stream.read(end - body)):
                yield item
        at = end


def _free_form(item: bytes) -> tuple[str, bytes] | None:
    parts: dict[bytes, bytes] = {}
    at = 0
    while at + 8 <= len(item):
        size, name = struct.unpack_from(">I4s", item, at)
        if size < 8:
            return None
        parts[name] = item[at + 8 : at + size]
        at += size
    if not {b"mean", b"name", b"data"} <= parts.keys():
        return None
    # Each begins with a version; the data also with a locale.
    mean, label = (parts[key][4:].decode("utf-8", "replace") for key in (b"mean", b"name"))
    return f"{mean}:{label}", parts[b"data"][8:]
