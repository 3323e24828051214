"""Frames of AAC without container (ADTS)."""

from __future__ import annotations

from typing import BinaryIO

import attrs

from djtrans.core.audio.decoding.mp4 import AAC_RATES


@attrs.frozen
class AdtsAudio:
    """Frames of a file.

    Attributes
    ----------
    plain : bool
        Whether it is AAC-LC of at most two channels for certain: at 24 kHz and below it may be
        HE-AAC, of which the header shows the halved sample rate.
    frames : int
        Number of whole frames.
    rest, rest_of : int
        Bytes of the incomplete last frame, and its size; 0 if the last frame is whole.
    sample_rate, channels : int
        Of the first frame; 0 if there is none.
    """

    plain: bool
    frames: int
    rest: int
    rest_of: int
    sample_rate: int
    channels: int


def scan(stream: BinaryIO, start: int, stop: int) -> AdtsAudio:
    """Count the frames between two offsets of a file."""
    position, plain, frames = start, True, 0
    opening = (0, 0)
    while position + 7 <= stop:
        stream.seek(position)
        word = int.from_bytes(stream.read(7), "big")
        size = word >> 13 & 0x1FFF
        if word >> 44 != 0xFFF or size < 7:
            break  # a tag
        profile, index, channels = word >> 38 & 3, word >> 34 & 15, word >> 30 & 7
        rate = AAC_RATES[index] if index < len(AAC_RATES) else 0
        opening = opening if frames else (rate, channels)
        plain = plain and profile == 1 and rate > 24000 and channels in (1, 2)
        if position + size > stop:
            return AdtsAudio(plain, frames, stop - position, size, *opening)
        position, frames = position + size, frames + 1
    return AdtsAudio(plain, frames, 0, 0, *opening)
