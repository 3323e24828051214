"""Decode the wire format of protocol buffers, as far as beats need it.

References
----------
.. [1] https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Yield the number and value of each field: an integer, a double, or bytes.

    Raises
    ------
    ValueError
        If the message is cut off, or has groups.
    """
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            # Negative integers are written with 64 bits.
            yield tag >> 3, value - (1 << 64) if value >> 63 else value
            continue
        size, at = _varint(message, at) if kind == _BYTES else (_size(kind), at)
        content = message[at : at + size]
        if len(content) < size:
            raise ValueError("a message is cut off")
        at += size
        if kind == _FIXED64:
            yield tag >> 3, float(struct.unpack("<d", content)[0])
        elif kind == _BYTES:
            yield tag >> 3, content


def _size(kind: int) -> int:
    if kind == _FIXED64:
        return 8
    if kind == _FIXED32:
        return 4
    raise ValueError("a message has a field of an unknown kind")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a message is cut off")
