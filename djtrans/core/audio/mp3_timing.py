"""Start of an MP3 file as decoders differ on it: the info tag and the delay of the encoder.

An encoder may put an *info tag* into the first frame (``Xing`` or ``Info``, with an extension by
LAME or libavformat). Decoders that do not understand it play the frame as silence. The tag also
states the delay of the encoder, which some decoders remove and others play. Positions that one
program stored are therefore off in another one by up to 51 ms.

References
----------
.. [1] "MP3 cues shifted in time going from Traktor to Rekordbox", the four cases of the tag,
   https://github.com/digital-dj-tools/dj-data-converter/issues/3
.. [2] LAME's info tag, revision 1, http://gabriel.mp3-tech.org/mp3infotag.html
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Literal

import attrs

from djtrans.core.audio.decoding import mpeg_frames
from djtrans.core.audio.decoding.signature import container_of

#: Samples by which the filter bank of a decoder is late.
DECODER_DELAY = 529
#: Offset of the checksum of LAME's extension from its start.
_CHECKSUM_AT = 34
_DELAY_AT = 21

InfoTag = Literal["none", "plain", "unchecked", "lame"]


@attrs.frozen
class Mp3Timing:
    """Start of an MP3 file.

    Attributes
    ----------
    info_tag : {"none", "plain", "unchecked", "lame"}
        Tag in the first frame: none (case A of [1]_), without LAME's extension (B), with one
        whose checksum is zero or wrong (C), or with a correct one (D).
    frame_seconds : float
        Length of a frame.
    skipped_seconds : float
        Length that djtrans removes from the start of the decoded frames, that of the info tag
        not counted: the delays of encoder and decoder if the file states the former.
    decoder_seconds : float
        Delay of the decoder alone.
    """

    info_tag: InfoTag
    frame_seconds: float
    skipped_seconds: float
    decoder_seconds: float


def mp3_timing(path: str | os.PathLike[str]) -> Mp3Timing | None:
    """Find how an MP3 file starts.

    Parameters
    ----------
    path : path-like
        Audio file.

    Returns
    -------
    Mp3Timing or None
        None if the file is not MPEG audio of layer 3.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with Path(os.path.expanduser(path)).open("rb") as stream:
        if container_of(stream)[0] != "":
            return None
        audio = mpeg_frames.scan(stream, 0, stream.seek(0, io.SEEK_END))
    if audio is None or audio.first.layer != 3:
        return None
    rate = audio.first.sample_rate
    decoder = DECODER_DELAY / rate
    skipped = 0.0
    if audio.has_delay:
        at = audio.extension + _DELAY_AT
        skipped = (int.from_bytes(audio.tag[at : at + 3], "big") >> 12) / rate + decoder
    return Mp3Timing(_info_tag(audio), audio.first.samples / rate, skipped, decoder)


def _info_tag(audio: mpeg_frames.MpegAudio) -> InfoTag:
    if not audio.tag:
        return "none"
    at = audio.extension
    if audio.tag[at : at + 4] != b"LAME":
        return "plain"
    stored = int.from_bytes(audio.tag[at + _CHECKSUM_AT : at + _CHECKSUM_AT + 2], "big")
    return "lame" if stored == _checksum(audio.tag[: at + _CHECKSUM_AT]) else "unchecked"


def _checksum(data: bytes) -> int:
    """Compute the CRC-16 of LAME's tag: the reflected polynomial 0x8005, from zero."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
