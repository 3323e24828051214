"""Frames of MPEG audio (MP1, MP2, MP3): their number is the only reliable length of such a file."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import BinaryIO

import attrs

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
#: Bit rates in kbit/s by (MPEG-1, layer).
_BITRATES = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SYNC = re.compile(rb"\xff[\xe2-\xff]")
_SEARCH_BYTES = 1 << 16
#: Bytes of a synthetic header frame: more than its side information and tag need.
_TAG_BYTES = 4 + 32 + 16


@attrs.frozen
class FrameHeader:
    """Header of a frame.

    Attributes
    ----------
    version : int
        3 for MPEG-1, 2 for MPEG-2, 0 for MPEG-2.5.
    layer : int
        1, 2 or 3.
    sample_rate, channels : int
        In Hz, and 1 or 2.
    size, samples : int
        Bytes and samples of the frame.
    """

    version: int
    layer: int
    sample_rate: int
    channels: int
    size: int
    samples: int

    @property
    def kind(self) -> tuple[int, int, int, int]:
        """Properties that all frames of one stream share."""
        return self.version, self.layer, self.sample_rate, self.channels

    @property
    def tag_offset(self) -> int:
        """Offset of the Xing tag: after the side information."""
        stereo, mono = (32, 17) if self.version == 3 else (17, 9)
        return 4 + (mono if self.channels == 1 else stereo)


@attrs.frozen
class MpegAudio:
    """Frames of a file.

    Attributes
    ----------
    first : FrameHeader
        Header of the first frame.
    pieces : tuple of (int, int)
        Bytes of the whole frames; what lies between them is no audio.
    frames : int
        Number of whole frames, without the one that holds the Xing tag.
    tag : bytes
        The frame that holds the Xing tag; empty without one.
    declared : int or None
        Number of frames in that tag.
    rest, rest_of : int
        Bytes of the incomplete last frame, and its size; 0 if the last frame is whole.
    change : FrameHeader or None
        First frame with another rate or number of channels, if there is one.
    """

    first: FrameHeader
    pieces: tuple[tuple[int, int], ...]
    frames: int
    tag: bytes
    declared: int | None
    rest: int
    rest_of: int
    change: FrameHeader | None

    @property
    def samples(self) -> int:
        """Number of samples of each channel, encoder delay included."""
        return self.frames * self.first.samples

    @property
    def extension(self) -> int:
        """Offset in the tag of the encoder's extension, which begins with the encoder's name."""
        at = self.first.tag_offset + 8
        flags = int.from_bytes(self.tag[at - 4 : at], "big")
        return at + sum(size for bit, size in ((1, 4), (2, 4), (4, 100), (8, 4)) if flags & bit)

    @property
    def has_delay(self) -> bool:
        """True if the tag states the delay of the encoder."""
        at = self.extension
        return self.tag[at : at + 4] in (b"LAME", b"Lavf", b"Lavc")

    def counted_tag(self) -> bytes:
        """Return the frame of the tag with the number of frames and bytes that there are."""
        at = self.first.tag_offset + 8
        counts = self.frames.to_bytes(4, "big")
        if self.tag[at - 1] & 2:
            counts += (self._size + len(self.tag)).to_bytes(4, "big")
        return self.tag[:at] + counts + self.tag[at + len(counts) :]

    def opening(self) -> bytes:
        """Return two frames for the start of a file without tag.

        They are a tag, as libmpg123 only estimates the length of a file without one, and a silent
        frame, as it removes the delay of the decoder once there is a tag.
        """
        silent, at = _silent_frame(self.first), self.first.tag_offset
        counts = (self.frames + 1, self._size + 2 * len(silent))
        tag = b"Info" + b"".join(number.to_bytes(4, "big") for number in (3, *counts))
        head = silent[:at] + tag + silent[at + len(tag) :]
        return head + silent

    @property
    def _size(self) -> int:
        return sum(stop - start for start, stop in self.pieces)


def scan(stream: BinaryIO, start: int, stop: int) -> MpegAudio | None:
    """Find all frames between two offsets of a file.

    Returns
    -------
    MpegAudio or None
        None if there is none, or their size is not in their headers (free format).
    """
    found = _next_chain(stream, _after_tags(stream, start), stop)
    if found is None:
        return None
    position, first = found
    pieces: list[tuple[int, int]] = []
    begin, frames, rest, change = position, 0, (0, 0), None
    while True:
        header = _header_at(stream, position, stop)
        if header is not None and header.kind == first.kind:
            if position + header.size > stop:
                rest = (stop - position, header.size)
                break
            position += header.size
            frames += 1
            continue
        pieces.append((begin, position))
        after = _after_tags(stream, position)
        found = _next_chain(stream, after, stop)
        if found is None:
            begin = position
            break
        begin, header = found
        position = begin
        if header.kind != first.kind:
            change = header
            break
    pieces.append((begin, position))
    return _described(stream, first, [p for p in pieces if p[0] < p[1]], frames, rest, change)


def _described(
    stream: BinaryIO,
    first: FrameHeader,
    pieces: list[tuple[int, int]],
    frames: int,
    rest: tuple[int, int],
    change: FrameHeader | None,
) -> MpegAudio | None:
    if not pieces:
        return None
    begin, end = pieces[0]
    stream.seek(begin)
    frame = stream.read(first.size)
    tag, declared = b"", None
    at = first.tag_offset
    if first.layer == 3 and frame[at : at + 4] in (b"Xing", b"Info"):
        tag = frame
        pieces = [(begin + len(tag), end), *pieces[1:]]
        frames -= 1
        if int.from_bytes(frame[at + 4 : at + 8], "big") & 1:
            declared = int.from_bytes(frame[at + 8 : at + 12], "big")
        else:
            tag = b""  # without a count it helps no decoder
    elif first.layer == 3 and frame[36:40] == b"VBRI":
        declared = int.from_bytes(frame[50:54], "big")
        pieces = [(begin + len(frame), end), *pieces[1:]]
        frames -= 1
    return MpegAudio(first, tuple(pieces), frames, tag, declared, *rest, change)


@lru_cache(maxsize=4096)
def parse_header(word: int) -> FrameHeader | None:
    """Parse the four bytes of a frame header; None if they are none, or of free format."""
    version, layer = word >> 19 & 3, 4 - (word >> 17 & 3)
    bitrate, rate = word >> 12 & 15, word >> 10 & 3
    if word >> 21 != 0x7FF or version == 1 or layer == 4 or bitrate in (0, 15) or rate == 3:
        return None
    sample_rate = _RATES[version][rate]
    bits = 1000 * _BITRATES[version == 3, layer][bitrate - 1]
    padding = word >> 9 & 1
    if layer == 1:
        samples, size = 384, 4 * (12 * bits // sample_rate + padding)
    else:
        samples = 576 if layer == 3 and version != 3 else 1152
        size = samples // 8 * bits // sample_rate + padding
    channels = 1 if word >> 6 & 3 == 3 else 2
    return FrameHeader(version, layer, sample_rate, channels, size, samples)


def _header_at(stream: BinaryIO, position: int, stop: int) -> FrameHeader | None:
    if position + 4 > stop:
        return None
    stream.seek(position)
    return parse_header(int.from_bytes(stream.read(4), "big"))


def _next_chain(stream: BinaryIO, start: int, stop: int) -> tuple[int, FrameHeader] | None:
    """Find the next three frames in a row (fewer at the end): one header may be there by chance."""
    while start < stop:
        stream.seek(start)
        block = stream.read(min(_SEARCH_BYTES, stop - start))
        for match in _SYNC.finditer(block):
            position = start + match.start()
            header = _header_at(stream, position, stop)
            if header is not None and _is_chain(stream, position, stop, header):
                return position, header
        if len(block) < 2:
            return None
        start += len(block) - 1
    return None


def _is_chain(stream: BinaryIO, position: int, stop: int, header: FrameHeader) -> bool:
    for _ in range(2):
        position += header.size
        if position >= stop or _after_tags(stream, position) > position:
            return True
        following = _header_at(stream, position, stop)
        if following is None or following.kind != header.kind:
            return False
        header = following
    return True


def _after_tags(stream: BinaryIO, position: int) -> int:
    """Skip ID3v1, ID3v2 and APE tags, whose pictures may look like frames."""
    while True:
        stream.seek(position)
        head = stream.read(32)
        if head[:3] == b"ID3" and len(head) >= 10 and max(head[6:10]) < 128:
            a, b, c, d = head[6:10]
            position += 10 + (a << 21 | b << 14 | c << 7 | d) + (10 if head[5] & 0x10 else 0)
        elif head[:8] == b"APETAGEX" and len(head) == 32:
            # The size of the header excludes itself and includes the footer; a footer follows
            # its items, which are skipped as what is no frame.
            is_header = head[23] & 0x20
            position += 32 + (int.from_bytes(head[12:16], "little") if is_header else 0)
        elif head[:3] == b"TAG" and len(head) == 32:
            position += 128
        else:
            return position


def _silent_frame(first: FrameHeader) -> bytes:
    """Return an empty frame like the first one, of the least bit rate that holds a tag."""
    version, layer = first.version, 4 - first.layer
    rate = _RATES[version].index(first.sample_rate)
    mode = 3 if first.channels == 1 else 0
    for bitrate in range(1, 15):
        word = 0x7FF << 21 | version << 19 | layer << 17 | 1 << 16
        word |= bitrate << 12 | rate << 10 | mode << 6
        header = parse_header(word)
        if header is not None and header.size >= _TAG_BYTES:
            return word.to_bytes(4, "big") + bytes(header.size - 4)
    raise ValueError(f"no frame of {first} holds a tag")  # impossible: 160 kbit/s exist in all
