"""Pages of an Ogg file: they show where its streams begin, and whether the last one is whole."""

from __future__ import annotations

from typing import BinaryIO

import attrs

_FIRST, _LAST = 2, 4
_SEARCH_BYTES = 1 << 16


@attrs.frozen
class OggFile:
    """Structure of an Ogg file.

    Attributes
    ----------
    links : tuple of (int, int)
        Bytes of each chained stream, in order; one unless files were joined.
    ended : bool
        Whether the last page is marked as the end.
    rest, rest_of : int
        Bytes of the incomplete last page, and its size; 0 if the last page is whole.
    """

    links: tuple[tuple[int, int], ...]
    ended: bool
    rest: int
    rest_of: int


def scan(stream: BinaryIO, start: int, stop: int) -> OggFile:
    """Find the streams between two offsets of a file."""
    begins: list[int] = []
    position, opening, ended, rest = start, False, False, (0, 0)
    end = start
    while position < stop:
        stream.seek(position)
        head = stream.read(27)
        if head[:4] != b"OggS":
            following = _next_page(stream, position + 1, stop)
            if following is None:
                break  # what follows the last page is a tag or padding
            position = following
            continue
        table = stream.read(head[26]) if len(head) == 27 else b""
        size = 27 + len(table) + sum(table)
        if len(head) < 27 or len(table) < head[26] or position + size > stop:
            rest = (stop - position, size)
            break
        # Several streams may begin together (multiplexed): the pages that begin them come first.
        first = bool(head[5] & _FIRST)
        if first and not opening:
            begins.append(position)
        opening, ended = first, bool(head[5] & _LAST)
        position += size
        end = position
    stops = [*begins[1:], end]
    return OggFile(tuple(zip(begins, stops, strict=False)), ended, *rest)


def _next_page(stream: BinaryIO, start: int, stop: int) -> int | None:
    while start < stop:
        stream.seek(start)
        block = stream.read(min(_SEARCH_BYTES, stop - start))
        at = block.find(b"OggS")
        if at >= 0:
            return start + at
        if len(block) < 4:
            return None
        start += len(block) - 3
    return None
