"""Present parts of a file as a file of their own."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import BinaryIO

_LARGEST_OFFSET = (1 << 63) - 1
#: A part of the file as ``(start, stop)``, or bytes that take the place of a part.
Piece = tuple[int, int] | bytes


class ByteView(io.RawIOBase):
    """Read-only file made of pieces of another one.

    It leaves out what a decoder stumbles over, such as tags between frames, and replaces headers
    that are wrong, without a copy of the file.

    Parameters
    ----------
    stream : binary file
        Closed by its owner, not by this view.
    pieces : sequence of (int, int) or bytes
        Spans of `stream`, and bytes instead of spans.

    Examples
    --------
    >>> view = ByteView(io.BytesIO(b"0123456789"), [b"ab", (2, 5), (8, 10)])
    >>> view.read()
    b'ab23489'
    """

    def __init__(self, stream: BinaryIO, pieces: Sequence[Piece]) -> None:
        self._stream = stream
        self._pieces = [piece for piece in pieces if _length(piece)]
        self._starts = [0, *accumulate(_length(piece) for piece in self._pieces)]
        self._position = 0
        #: First error of the operating system. Decoders take it for the end of the file, as their
        #: C code cannot pass on an exception.
        self.error: OSError | None = None

    def readable(self) -> bool:
        """Return True: the view can be read."""
        return True

    def seekable(self) -> bool:
        """Return True: the view can be positioned."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to an offset; damaged headers may ask for one that no file has."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._starts[-1]}[whence]
        self._position = min(max(0, base + offset), _LARGEST_OFFSET)
        return self._position

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # any buffer
        """Read into a buffer until it is full or the view ends."""
        done = 0
        while done < len(buffer) and (block := self._next(len(buffer) - done)):
            buffer[done : done + len(block)] = block
            done += len(block)
            self._position += len(block)
        return done

    def _next(self, most: int) -> bytes:
        """Read on, at most to the end of a piece."""
        number = bisect_right(self._starts, self._position) - 1
        if number >= len(self._pieces):
            return b""
        piece, inner = self._pieces[number], self._position - self._starts[number]
        count = min(most, _length(piece) - inner)
        if isinstance(piece, bytes):
            return piece[inner : inner + count]
        try:
            self._stream.seek(piece[0] + inner)
            return self._stream.read(count)
        except OSError as error:
            self.error = self.error or error
            return b""


def _length(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece[1] - piece[0]
