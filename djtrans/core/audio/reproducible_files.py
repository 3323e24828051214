"""Remove what differs between two files of the same audio: serial numbers and times of writing.

libsndfile gives every Ogg stream a random serial number, and stores the time in the PEAK chunk of
floating-point WAV and AIFF files.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

#: Generator polynomial of Ogg's page checksums, of which a register holds the lower 32 bits.
_POLYNOMIAL = 0x04C11DB7
_MASK = 0xFFFFFFFF
#: Bytes of a page header up to its segment table, and where serial number and checksum stand in it.
_HEADER, _SERIAL, _CHECKSUM = 27, 14, 22


def make_reproducible(path: Path) -> None:
    """Rewrite a file that libsndfile wrote, in place, so that the same audio gives the same bytes.

    Parameters
    ----------
    path : Path
        An audio file of any format; only Ogg, WAV and AIFF files are changed.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    if head == b"OggS":
        path.write_bytes(_with_serial_from_content(bytearray(path.read_bytes())))
    elif head in (b"RIFF", b"FORM"):
        _clear_peak_time(path, "big" if head == b"FORM" else "little")


def _with_serial_from_content(data: bytearray) -> bytearray:
    """Set the serial number of an Ogg stream to a checksum of its packets.

    References
    ----------
    .. [1] RFC 3533, "The Ogg Encapsulation Format Version 0", section 6.
    """
    pages = list(_pages(data))
    serial = 0
    for start, stop in pages:
        body = start + _HEADER + data[start + _HEADER - 1]
        serial = zlib.crc32(memoryview(data)[body:stop], serial)
    for start, stop in pages:
        place = slice(start + _SERIAL, start + _SERIAL + 4)
        number = serial.to_bytes(4, "little")
        change = int.from_bytes(data[place], "big") ^ int.from_bytes(number, "big")
        data[place] = number
        # A checksum without start value is linear: what changes it is the checksum of the change.
        check = slice(start + _CHECKSUM, start + _CHECKSUM + 4)
        found = int.from_bytes(data[check], "little") ^ _shifted(change, stop - place.start)
        data[check] = found.to_bytes(4, "little")
    return data


def _pages(data: bytearray) -> Iterator[tuple[int, int]]:
    """Yield the first byte of each Ogg page and the one behind it."""
    start = 0
    while data[start : start + 4] == b"OggS":
        segments = data[start + _HEADER - 1]
        table = data[start + _HEADER : start + _HEADER + segments]
        stop = start + _HEADER + segments + sum(table)
        yield start, stop
        start = stop


def _shifted(register: int, n_bytes: int) -> int:
    """Multiply a polynomial by x to the number of bits in `n_bytes`, modulo the generator."""
    power = 0
    while n_bytes >> power:
        if n_bytes >> power & 1:
            register = _product(register, _power_of_x(power))
        power += 1
    return register


@cache
def _power_of_x(power: int) -> int:
    """Compute x to the ``8 * 2**power``, modulo the generator."""
    return 1 << 8 if power == 0 else _product(_power_of_x(power - 1), _power_of_x(power - 1))


def _product(one: int, other: int) -> int:
    """Multiply two polynomials over GF(2), modulo the generator."""
    product = 0
    while other:
        if other & 1:
            product ^= one
        one = one << 1 & _MASK ^ (_POLYNOMIAL if one >> 31 else 0)
        other >>= 1
    return product


def _clear_peak_time(path: Path, order: Literal["little", "big"]) -> None:
    """Set the time in the PEAK chunk to 0, if the file has one."""
    with path.open("r+b") as stream:
        position = 12
        while True:
            stream.seek(position)
            header = stream.read(8)
            if len(header) < 8:
                return
            size = int.from_bytes(header[4:], order)
            if header[:4] == b"PEAK":
                stream.seek(position + 12)  # behind the header and the version
                stream.write(bytes(4))
                return
            position += 8 + size + size % 2
