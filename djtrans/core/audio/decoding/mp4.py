"""Boxes of an MP4 file: its packets, and the part of the decoded audio that is content.

Encoders add silence at the start (priming, 1024 to 2112 samples of AAC) and at the end. An edit
list or, in files of iTunes, a text named iTunSMPB says how much.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import attrs

_CONTAINERS = (b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl", b"udta", b"ilst", b"----")
#: More packets than a day of audio has.
_MOST_PACKETS = 10_000_000


@attrs.frozen
class Mp4Audio:
    """First audio track of a file.

    Attributes
    ----------
    codec : str
        ``"aac"`` for AAC-LC, ``"alac"``, or ``""`` for anything else.
    config : bytes
        AudioSpecificConfig of AAC, or magic cookie of ALAC.
    sample_rate : int
        In Hz; 0 if it is unknown.
    packets : tuple of (int, int)
        Offset and size of each packet.
    skip : int
        Samples at the start that are no content.
    length : int or None
        Number of samples of the content; None if nothing says so.
    """

    codec: str
    config: bytes
    sample_rate: int
    packets: tuple[tuple[int, int], ...]
    skip: int
    length: int | None

    @property
    def channels(self) -> int:
        """Number of channels of AAC-LC and ALAC."""
        return (
            self.config[9]
            if self.codec == "alac"
            else int.from_bytes(self.config[:2], "big") >> 3 & 15
        )


def missing_bytes(stream: BinaryIO, start: int, stop: int) -> tuple[int, int] | None:
    """Return the declared and the actual size of a file that is cut off; None if it is whole."""
    position = start
    while position + 8 <= stop:
        stream.seek(position)
        head = stream.read(16)
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:], "big")
        if size == 0:  # to the end of the file
            return None
        if size < 8:
            return None  # no box: padding or a tag
        position += size
    return (position, stop) if position > stop else None


def read_audio_track(stream: BinaryIO, start: int, stop: int) -> Mp4Audio | None:
    """Read the first audio track; None if it is in fragments, or edited in more than one part."""
    top = {name: body for name, *body in _boxes(stream, start, stop)}
    if b"moof" in top or b"moov" not in top:
        return None
    try:
        moov = _tree(stream, *top[b"moov"])
        tracks = [t for name, t in moov if name == b"trak" and isinstance(t, list)]
        for track in tracks:
            handler = _find(track, b"mdia", b"hdlr")
            if handler is not None and handler[8:12] == b"soun":
                return _track(track, moov)
    except (struct.error, IndexError, ValueError):
        pass  # damaged: the decoder will give the reason
    return None


_Tree = list[tuple[bytes, "bytes | _Tree"]]


def _boxes(stream: BinaryIO, start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    while start + 8 <= stop:
        stream.seek(start)
        size, name = struct.unpack(">I4s", stream.read(8))
        body = start + 8
        if size == 1:
            size, body = int.from_bytes(stream.read(8), "big"), start + 16
        end = stop if size == 0 else min(stop, start + size)
        if end < body:
            return
        yield name, body, end
        start = end


def _tree(stream: BinaryIO, start: int, stop: int, depth: int = 0) -> _Tree:
    found: _Tree = []
    for name, body, end in _boxes(stream, start, stop):
        if name in _CONTAINERS and depth < 8:
            found.append((name, _tree(stream, body, end, depth + 1)))
        elif name == b"meta" and depth < 8:  # version and flags come first
            found.append((name, _tree(stream, body + 4, end, depth + 1)))
        else:
            stream.seek(body)
            found.append((name, stream.read(end - body)))
    return found


def _find(tree: _Tree, *path: bytes) -> bytes | None:
    for name, body in tree:
        if name == path[0]:
            if len(path) == 1:
                return body if isinstance(body, bytes) else None
            return _find(body, *path[1:]) if isinstance(body, list) else None
    return None


def _need(tree: _Tree, *path: bytes) -> bytes:
    found = _find(tree, *path)
    if found is None:
        raise ValueError(f"no box {path[-1]!r}")
    return found


def _track(track: _Tree, moov: _Tree) -> Mp4Audio | None:
    codec, config, rate = _codec(_need(track, b"mdia", b"minf", b"stbl", b"stsd"))
    edit = _edit(track, moov, rate)
    if edit is None:
        return None
    return Mp4Audio(codec, config, rate, tuple(_packets(track)), *edit)


def _codec(stsd: bytes) -> tuple[str, bytes, int]:
    """Return name, configuration and sample rate of the codec."""
    entry = stsd[8:]
    name, version = entry[4:8], int.from_bytes(entry[16:18], "big")
    channels = int.from_bytes(entry[24:26], "big")
    inner = 36 + {1: 16, 2: 36}.get(version, 0)
    boxes = io.BytesIO(entry[inner : int.from_bytes(entry[:4], "big")])
    children = _tree(boxes, 0, len(boxes.getvalue()))
    if name == b"alac":
        cookie = _need(children, b"alac")[4:28]
        return "alac", cookie, int.from_bytes(cookie[20:24], "big")
    if name != b"mp4a":
        return "", b"", 0
    config = _decoder_config(_need(children, b"esds")[4:])
    word = int.from_bytes(config[:2].ljust(2, b"\0"), "big")
    kind, index, layout = word >> 11, word >> 7 & 15, word >> 3 & 15
    rate = AAC_RATES[index] if index < len(AAC_RATES) else 0
    # Other object types, and SBR that is not announced, need a decoder that knows them.
    plain = kind == 2 and rate > 24000 and layout in (1, 2) and channels in (1, 2)
    # An extension may announce SBR: its type, then one bit.
    sbr = config[2:4] == b"\x56\xe5" and bool(config[4:] and config[4] & 0x80)
    return ("aac" if plain and not sbr else ""), config, rate


#: Sample rates by their index in AudioSpecificConfig and ADTS.
AAC_RATES = (
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
)  # fmt: skip


def _decoder_config(body: bytes) -> bytes:
    """Return the AudioSpecificConfig (descriptor 5) of an ``esds`` box."""
    at = 0
    while at < len(body):
        tag, at, size = body[at], at + 1, 0
        for byte in islice(body, at, at + 4):
            at += 1
            size = size << 7 | byte & 127
            if byte < 128:
                break
        if tag == 5:
            return body[at : at + size]
        # Descriptors 3 and 4 hold further ones after a fixed head.
        at += {3: 3, 4: 13}.get(tag, size)
    raise ValueError("no decoder configuration")


def _edit(track: _Tree, moov: _Tree, rate: int) -> tuple[int, int | None] | None:
    """Return first sample and length of the content; None if it has several parts."""
    elst = _find(track, b"edts", b"elst")
    if elst is None:
        return _itunes_gaps(moov)
    wide = elst[0] == 1
    layout, count = (">Qq" if wide else ">Ii"), int.from_bytes(elst[4:8], "big")
    size = 20 if wide else 12
    entries = [struct.unpack_from(layout, elst, 8 + size * n) for n in range(min(count, 3))]
    if len(entries) != 1 or entries[0][1] < 0:
        return None
    duration, media_time = entries[0]
    movie = _time_scale(_need(moov, b"mvhd"))
    media = _time_scale(_need(track, b"mdia", b"mdhd"))
    skip = round(media_time * rate / media) if rate else media_time
    length = round(duration * (rate or media) / movie) if duration else None
    return skip, length


def _time_scale(header: bytes) -> int:
    at = 20 if header[0] == 1 else 12
    scale = int.from_bytes(header[at : at + 4], "big")
    if not scale:
        raise ValueError("no time scale")
    return scale


def _itunes_gaps(moov: _Tree) -> tuple[int, int | None]:
    ilst = next((t for t in _walk(moov, b"ilst")), [])
    for name, item in ilst:
        if name != b"----" or not isinstance(item, list):
            continue
        if (_find(item, b"name") or b"")[4:] == b"iTunSMPB":
            words = (_find(item, b"data") or b"")[8:].decode("ascii", "replace").split()
            if len(words) >= 4:
                return int(words[1], 16), int(words[3], 16) or None
    return 0, None


def _walk(tree: _Tree, name: bytes) -> Iterator[_Tree]:
    for key, body in tree:
        if isinstance(body, list):
            if key == name:
                yield body
            yield from _walk(body, name)


def _packets(track: _Tree) -> Iterator[tuple[int, int]]:
    """Yield offset and size of each packet, from the sample tables."""
    stbl = (b"mdia", b"minf", b"stbl")
    stsz, stsc = _need(track, *stbl, b"stsz"), _need(track, *stbl, b"stsc")
    same, count = struct.unpack_from(">II", stsz, 4)
    if count > _MOST_PACKETS:
        raise ValueError("too many packets")
    sizes = iter([same] * count if same else struct.unpack_from(f">{count}I", stsz, 12))
    long_offsets = _find(track, *stbl, b"co64")
    table = long_offsets if long_offsets is not None else _need(track, *stbl, b"stco")
    chunks = int.from_bytes(table[4:8], "big")
    form = "Q" if long_offsets is not None else "I"
    offsets = struct.unpack_from(f">{chunks}{form}", table, 8)
    runs = struct.unpack_from(f">{3 * int.from_bytes(stsc[4:8], 'big')}I", stsc, 8)
    firsts, per_chunk = [*runs[::3], chunks + 1], runs[1::3]
    for number, each in enumerate(per_chunk):
        for chunk in range(firsts[number] - 1, firsts[number + 1] - 1):
            offset = offsets[chunk]
            for size in islice(sizes, each):
                yield offset, size
                offset += size
