"""Recognize audio files by their first bytes: extensions may be wrong."""

from __future__ import annotations

from typing import BinaryIO

_SEARCH_BYTES = 1 << 12

_BY_START = (
    (b"\0\5\x16\7", "sidecar"),  # AppleDouble
    (b"RIFF", "wav"),
    (b"RIFX", "wav-big-endian"),
    (b"RF64", "wav"),
    (b"BW64", "wav"),
    (b"FORM", "aiff"),
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"caff", "caf"),
    (b".snd", "au"),
    (b"riff\x2e\x91\xcf\x11", "w64"),
    (b"\x1aE\xdf\xa3", "matroska"),
    (b"0&\xb2u\x8ef\xcf\x11", "asf"),
)


def container_of(stream: BinaryIO) -> tuple[str, int]:
    """Return the container of a file and the offset at which it begins.

    Returns
    -------
    container : str
        ``""`` if it is unknown; MPEG audio and ADTS are known by their frames, not here.
    start : int
        Length of the ID3 tag before it.
    """
    start = 0
    stream.seek(0)
    head = stream.read(16)
    if head[:3] == b"ID3" and len(head) >= 10 and max(head[6:10]) < 128:
        a, b, c, d = head[6:10]
        start = 10 + (a << 21 | b << 14 | c << 7 | d)
        stream.seek(start)
        head = stream.read(16)
    for signature, container in _BY_START:
        if head.startswith(signature):
            return container, start
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mp4", start
    if len(head) >= 2 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "adts", start
    return "", start
