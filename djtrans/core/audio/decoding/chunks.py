"""Chunks of WAV, RF64, W64, AIFF, CAF and AU files: where the audio is, how long it should be."""

from __future__ import annotations

from typing import BinaryIO, Literal

import attrs

#: Sizes from here on stand for "unknown" in 32 bits: programs write them into pipes.
_UNKNOWN_32 = 0x7FFF0000
_UNKNOWN_64 = 1 << 62
#: Programs pad files to whole blocks of a disk.
_MOST_PADDING = 1 << 16


@attrs.frozen
class _Layout:
    """Layout of chunk headers."""

    first: int
    id_bytes: int
    size_bytes: int
    order: Literal["little", "big"]
    data: bytes
    align: int
    counts_header: bool = False


_RIFF = _Layout(12, 4, 4, "little", b"data", 2)
_AIFF = _Layout(12, 4, 4, "big", b"SSND", 2)
_CAF = _Layout(8, 4, 8, "big", b"data", 1)
_W64 = _Layout(40, 16, 8, "little", b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0O\x8e\xdb\x8a", 8, True)


@attrs.frozen
class DataChunk:
    """Chunk of the audio.

    Attributes
    ----------
    start : int
        Offset of the audio.
    declared : int or None
        Bytes that its header declares; None if it says "unknown" or "empty".
    found : int
        Bytes to the end of the audio: as declared, or to the end of the file.
    size_field : (int, int)
        Span of the field that declares them.
    format : bytes
        Content of the ``fmt`` chunk of a WAV file.
    stale : bool
        Whether bytes follow that are no chunk: the header was written before the file was complete.
    """

    start: int
    declared: int | None
    found: int
    size_field: tuple[int, int]
    format: bytes
    stale: bool

    @property
    def missing(self) -> bool:
        """True if the file ends before the audio does."""
        return self.declared is not None and self.declared > self.found


def find_data(stream: BinaryIO, container: str, stop: int) -> DataChunk | None:
    """Find the audio of a file that has chunks; None if there is no such chunk."""
    if container == "au":
        return _au(stream, stop)
    layout = {"caf": _CAF, "w64": _W64, "aiff": _AIFF}.get(container, _RIFF)
    position, long_size, format_chunk = layout.first, None, b""
    while position + layout.id_bytes + layout.size_bytes <= stop:
        stream.seek(position)
        name = stream.read(layout.id_bytes)
        field = position + layout.id_bytes
        size = int.from_bytes(stream.read(layout.size_bytes), layout.order)
        start = field + layout.size_bytes
        size -= start - position if layout.counts_header else 0
        if name == b"ds64":
            long_size = int.from_bytes(stream.read(16)[8:], "little")
        elif name == b"fmt ":
            format_chunk = stream.read(min(size, 64))
        elif name == layout.data:
            return _data(stream, layout, (field, start), size, long_size, format_chunk, stop)
        position = start + size + -size % layout.align
    return None


def _data(
    stream: BinaryIO,
    layout: _Layout,
    field: tuple[int, int],
    size: int,
    long_size: int | None,
    format_chunk: bytes,
    stop: int,
) -> DataChunk:
    start, left = field[1], stop - field[1]
    declared: int | None = size
    unknown = _UNKNOWN_32 if layout.size_bytes == 4 else _UNKNOWN_64
    if long_size is not None and size == 0xFFFFFFFF:
        declared = long_size or None
    elif size < 0 or size >= unknown > left:
        declared = None
    elif size == 0:
        declared = 0 if _is_chunk(stream, layout, start, stop) else None
    stale = False
    if declared is not None and declared + _MOST_PADDING < left:
        stale = not _is_chunk(stream, layout, start + declared + -declared % layout.align, stop)
    found = left if declared is None or stale else min(declared, left)
    return DataChunk(start, declared, found, field, format_chunk, stale)


def _is_chunk(stream: BinaryIO, layout: _Layout, position: int, stop: int) -> bool:
    """Return True if a chunk or a tag begins here, or nothing follows."""
    start = position + layout.id_bytes + layout.size_bytes
    if start > stop:
        return True
    stream.seek(position)
    name = stream.read(layout.id_bytes)
    size = int.from_bytes(stream.read(layout.size_bytes), layout.order)
    if name[:3] in (b"TAG", b"ID3"):
        return True
    return all(32 <= byte < 127 for byte in name[:4]) and start + size <= stop + layout.align


def _au(stream: BinaryIO, stop: int) -> DataChunk | None:
    stream.seek(0)
    head = stream.read(12)
    if len(head) < 12:
        return None
    start, size = (int.from_bytes(head[at : at + 4], "big") for at in (4, 8))
    declared = None if size in (0, 0xFFFFFFFF) else size
    left = max(0, stop - start)
    found = left if declared is None else min(declared, left)
    return DataChunk(start, declared, found, (8, 12), b"", False)
