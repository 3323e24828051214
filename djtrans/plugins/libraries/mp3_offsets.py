"""Offsets of DJ software in MP3 files, from which frame each program counts time.

All times are relative to the *decoded frames*: every frame but that of the info tag, with the
delays of encoder and decoder left in. Relative to these,

- Traktor and Serato play the frame of an info tag as silence, so their times are a frame later in
  files that have one;
- rekordbox does so only if the tag is LAME's with a correct checksum [1]_ [2]_;
- Mixxx counts the decoded frames with FFmpeg; libmad loses the first frame of a file without a
  tag; the decoder of macOS removes the delay of the decoder, and that of the encoder if LAME's
  tag states it [2]_ [3]_.

The example in the documentation of Serato's tags [4]_ agrees: the grid of the same song starts at
0.305 s in MP3 and at 0.255 s in AIFF, FLAC and MP4; the model gives 51.2 ms.

djtrans removes both delays if the tag states the encoder's (see docs/audio-files.md), else none.

References
----------
.. [1] https://github.com/digital-dj-tools/dj-data-converter/issues/3 (Traktor, rekordbox: equal
   without a tag and with LAME's, a frame apart otherwise)
.. [2] https://github.com/mixxxdj/mixxx/pull/2119 (rekordbox minus Mixxx, for three decoders)
.. [3] https://github.com/mixxxdj/mixxx/pull/2526 (Serato minus Mixxx)
.. [4] https://github.com/Holzhaus/serato-tags
"""

from __future__ import annotations

from djtrans.core.audio.mp3_timing import Mp3Timing, mp3_timing
from djtrans.core.errors import InputError
from djtrans.core.util.atomic_files import reason


def _timing(track: str) -> Mp3Timing | None:
    try:
        return mp3_timing(track)
    except OSError as error:
        raise InputError(f"Cannot read {track}: {reason(error)}") from None


def plain_offset(track: str) -> float:
    """Return the offset of a program that counts the decoded frames."""
    timing = _timing(track)
    return 0.0 if timing is None else timing.skipped_seconds


def tag_frame_offset(track: str) -> float:
    """Return the offset of a program that plays the frame of every info tag."""
    timing = _timing(track)
    if timing is None:
        return 0.0
    return timing.skipped_seconds + (timing.frame_seconds if timing.info_tag != "none" else 0.0)


def lame_frame_offset(track: str) -> float:
    """Return the offset of a program that plays the frame of a valid tag of LAME only."""
    timing = _timing(track)
    if timing is None:
        return 0.0
    return timing.skipped_seconds + (timing.frame_seconds if timing.info_tag == "lame" else 0.0)


def libmad_offset(track: str) -> float:
    """Return the offset of a program that drops the first frame, be it music or a tag."""
    timing = _timing(track)
    if timing is None:
        return 0.0
    return timing.skipped_seconds - (timing.frame_seconds if timing.info_tag == "none" else 0.0)


def core_audio_offset(track: str) -> float:
    """Return the offset of a program that removes the delays as macOS does."""
    timing = _timing(track)
    if timing is None:
        return 0.0
    known = timing.info_tag in ("unchecked", "lame")
    return 0.0 if known else timing.skipped_seconds - timing.decoder_seconds
