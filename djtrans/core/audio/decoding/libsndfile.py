"""Decode with libsndfile (soundfile): WAV, AIFF, FLAC, Ogg, MPEG audio and the other PCM formats.

libsndfile trusts the lengths in headers, and looks beside a path for resource forks, which makes
it take an MP3 for Sound Designer II if macOS left a ``._`` file there. So it gets open files, never
paths, and where a header is wrong or unreliable a view of the file with a correct one.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from djtrans.core.audio.decoding import chunks, mpeg_frames, ogg_pages
from djtrans.core.audio.decoding.byte_view import ByteView, Piece
from djtrans.core.audio.decoding.native_messages import collected_messages
from djtrans.core.audio.decoding.stream import BLOCK, FloatArray, incomplete, seconds
from djtrans.core.errors import AudioFileError
from djtrans.core.util.atomic_files import reason

#: libsndfile's number of frames if the header states none.
_UNKNOWN_FRAMES = (1 << 63) - 1
_MPEG_IN_WAV = (b"\x50\x00", b"\x55\x00")

#: Samples of the largest block of Vorbis (Vorbis I specification, 4.2.2).
_LARGEST_VORBIS_BLOCK = 8192


class CannotOpen(AudioFileError):
    """libsndfile does not know the format; another decoder may."""


class LibsndfileStream:
    """Audio that libsndfile decodes, of one stream or of several in a row."""

    decoder = f"libsndfile {soundfile.__libsndfile_version__}"

    def __init__(
        self,
        file: Path,
        parts: Sequence[_Forward],
        frames: int | None = None,
        *,
        most_silence: int = 0,
    ) -> None:
        self._file, self._parts = file, parts
        # Samples that the last block of each part may lack: they are silent.
        self._most_silence = most_silence
        self.sample_rate = int(parts[0].samplerate)
        self.channels = int(parts[0].channels)
        self._lengths = [frames] if frames is not None else [part.length for part in parts]
        self._damaged = False
        known = [length for length in self._lengths if length is not None]
        self.frames = sum(known) if len(known) == len(parts) else None

    @property
    def damaged(self) -> bool:
        """See :class:`~djtrans.core.audio.decoding.stream.AudioStream`."""
        return self._damaged or not all(part.is_checked for part in self._parts)

    def blocks(self, start: int = 0) -> Iterator[FloatArray]:
        """Yield ``[samples, channels]`` from a sample to the end of the audio."""
        for part, length in zip(self._parts, self._lengths, strict=True):
            if self.frames is not None and length is not None and start >= length:
                start -= length
                continue
            left = 0 if length is None else length - start
            try:
                for block in part.blocks(start):
                    yield block
                    left -= len(block)
            except (soundfile.SoundFileError, OSError, RuntimeError) as error:
                raise AudioFileError(
                    f"{self._file} is damaged: expected {self._expected()}, but it cannot be "
                    f"decoded to its end ({reason(error).rstrip('.')}). Copy or export it again."
                ) from None
            if 0 < left <= self._most_silence:
                yield np.zeros((left, self.channels), np.float32)
            start = 0
        self._warn_of_damage()

    def _warn_of_damage(self) -> None:
        """Warn once of frames that libmpg123 could not decode, and replaced."""
        errors = [line for part in self._parts for line in part.messages if "error:" in line]
        for part in self._parts:
            part.messages.clear()
        if errors:
            self._damaged = True
            _, _, cause = errors[0].partition("error:")
            warnings.warn(
                f"{self._file} has damaged MPEG frames ({cause.strip(' !.')}); they may be audible "
                "as clicks or gaps. Copy or export it again if they are.",
                stacklevel=2,
            )

    def _expected(self) -> str:
        return "audio" if self.frames is None else seconds(self.frames, self.sample_rate)


class _Forward(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """Sound file that is read in one direction: soundfile seeks after each read, some cannot."""

    def __init__(self, view: ByteView) -> None:
        self._view = view
        #: Samples at the start that are no content.
        self.lead = 0
        #: Lines that libmpg123 printed.
        self.messages: list[str] = []
        with collected_messages(self.messages):
            super().__init__(view)
        #: False if frames may be damaged without a message: only MPEG has such messages.
        self.is_checked = True

    def seekable(self) -> bool:
        """Return False, so that reading never seeks."""
        return False

    @property
    def length(self) -> int | None:
        """Number of samples of each channel; None if the header does not state it."""
        return None if self.frames == _UNKNOWN_FRAMES else int(self.frames) - self.lead

    def blocks(self, start: int) -> Iterator[FloatArray]:
        """Yield blocks from a sample to the end."""
        can_seek = super().seekable() and self.length is not None
        start += self.lead
        if can_seek:
            with collected_messages(self.messages):
                self.seek(min(start, self.frames))
            start = 0
        while True:
            with collected_messages(self.messages) as collected:
                block = self.read(BLOCK, dtype="float32", always_2d=True)
            self.is_checked &= collected or self.format != "MP3"
            if start < len(block):
                yield block[start:]
            start = max(0, start - len(block))
            if self._view.error is not None:
                raise self._view.error
            if len(block) < BLOCK:
                return


def open_libsndfile(
    file: Path, stream: BinaryIO, container: str, start: int, stack: ExitStack
) -> LibsndfileStream:
    """Open a file.

    Parameters
    ----------
    file : Path
        Its name, for messages.
    stream : binary file
        Its content.
    container : str
        As :func:`~djtrans.core.audio.decoding.signature.container_of` returns it.
    start : int
        Offset at which the container begins.
    stack : ExitStack
        Closes what is opened.

    Raises
    ------
    CannotOpen
        If libsndfile does not know the format.
    AudioFileError
        If the file is cut off, or its streams do not fit together.
    """
    stop = stream.seek(0, io.SEEK_END)
    if container in ("", "mpeg"):
        return _open_mpeg(file, stream, start, stop, stack)
    if container == "ogg":
        return _open_ogg(file, stream, start, stop, stack)
    if container in ("wav", "aiff", "caf", "w64", "au") and start == 0:
        return _open_chunks(file, stream, container, stop, stack)
    sounds = [_open(file, stream, [(start, stop)], stack) for _ in range(2)]
    if container == "flac" and not _has_end(sounds[0]):
        found, rate = _count(sounds[1]), sounds[1].samplerate
        expected = seconds(sounds[1].frames, rate)
        raise incomplete(file, f"about {seconds(found, rate)}", f"{expected} of FLAC audio")
    return LibsndfileStream(file, sounds[1:])


def _open_chunks(
    file: Path, stream: BinaryIO, container: str, stop: int, stack: ExitStack
) -> LibsndfileStream:
    data = chunks.find_data(stream, container, stop)
    if data is not None and data.format[:2] in _MPEG_IN_WAV and not data.missing:
        return _open_mpeg(file, stream, data.start, data.start + data.found, stack)
    pieces: list[Piece] = [(0, stop)]
    if data is not None and (data.declared is None or data.stale) and container in ("wav", "w64"):
        # "Unknown" makes libsndfile read WAV to the end of the file.
        first, last = data.size_field
        size = (data.found + last - first + 16).to_bytes(8, "little")  # the header counts in W64
        pieces = [(0, first), size if container == "w64" else b"\xff" * 4, (last, stop)]
    try:
        sound = _open(file, stream, pieces, stack)
    except CannotOpen:
        if data is not None and data.missing:
            raise incomplete(file, f"{data.found}", f"{data.declared} bytes of audio") from None
        raise
    if data is None:
        return LibsndfileStream(file, [sound])
    if data.missing and data.declared is not None:
        if not sound.frames:  # and no duration is known
            raise incomplete(file, f"{data.found}", f"{data.declared} bytes of audio")
        frame = data.found / sound.frames  # bytes
        expected = seconds(int(data.declared / frame), sound.samplerate)
        raise incomplete(
            file,
            f"{seconds(int(sound.frames), sound.samplerate)} ({data.found} bytes)",
            f"{expected} of audio ({data.declared} bytes)",
        )
    if data.stale:
        read = "all are read" if container in ("wav", "w64") else "only the declared ones are read"
        warnings.warn(
            f"{file}: the header declares {data.declared} bytes of audio, but {data.found} follow; "
            f"{read}.",
            stacklevel=2,
        )
    return LibsndfileStream(file, [sound])


def _open_ogg(
    file: Path, stream: BinaryIO, start: int, stop: int, stack: ExitStack
) -> LibsndfileStream:
    ogg = ogg_pages.scan(stream, start, stop)
    if ogg.rest or not ogg.links:
        raise incomplete(
            file, f"{ogg.rest} bytes", f"a last Ogg page of {max(ogg.rest_of, 28)} bytes or more"
        )
    if not ogg.ended:
        warnings.warn(
            f"{file}: the last Ogg page is not marked as the end; the file may be cut off.",
            stacklevel=2,
        )
    parts = [_open(file, stream, [link], stack) for link in ogg.links]
    formats = [(part.samplerate, part.channels) for part in parts]
    if len(set(formats)) > 1:
        listed = ", ".join(f"{rate} Hz with {channels} channels" for rate, channels in formats)
        raise AudioFileError(
            f"{file} joins {len(parts)} streams of different formats: expected one format, found "
            f"{listed}. Convert it with ffmpeg to one of them."
        )
    # Some encoders state a last position beyond the last block.
    return LibsndfileStream(file, parts, most_silence=_LARGEST_VORBIS_BLOCK if ogg.ended else 0)


def _open_mpeg(
    file: Path, stream: BinaryIO, start: int, stop: int, stack: ExitStack
) -> LibsndfileStream:
    audio = mpeg_frames.scan(stream, start, stop)
    if audio is None:
        return LibsndfileStream(file, [_open(file, stream, [(start, stop)], stack)])
    first = audio.first
    if audio.change is not None:
        raise AudioFileError(
            f"{file} changes its format after {seconds(audio.samples, first.sample_rate)}: "
            f"expected {first.sample_rate} Hz with {first.channels} channels, found "
            f"{audio.change.sample_rate} Hz with {audio.change.channels}. Convert it with ffmpeg."
        )
    # Some encoders count the frame of the tag too.
    if audio.declared is not None and audio.frames < audio.declared - 1:
        raise incomplete(
            file,
            f"{audio.frames} ({seconds(audio.samples, first.sample_rate)})",
            f"{audio.declared} MPEG frames "
            f"({seconds(audio.declared * first.samples, first.sample_rate)})",
        )
    if audio.rest:
        warnings.warn(
            f"{file} ends in the middle of an MPEG frame: expected {audio.rest_of} bytes, found "
            f"{audio.rest}; all {audio.frames} whole frames "
            f"({seconds(audio.samples, first.sample_rate)}) are read.",
            stacklevel=2,
        )
    if first.layer != 3:
        return LibsndfileStream(file, [_open(file, stream, audio.pieces, stack)], audio.samples)
    opening = audio.counted_tag() if audio.has_delay else audio.opening()
    sound = _open(file, stream, [opening, *audio.pieces], stack)
    if not audio.has_delay:
        # What is left of the silent frame once libmpg123 has removed its delay.
        sound.lead = max(0, int(sound.frames) - audio.samples)
    return LibsndfileStream(file, [sound])


def _open(file: Path, stream: BinaryIO, pieces: Sequence[Piece], stack: ExitStack) -> _Forward:
    try:
        return stack.enter_context(_Forward(ByteView(stream, pieces)))
    except (soundfile.SoundFileError, OSError, TypeError, RuntimeError) as error:
        raise CannotOpen(f"{file}: {reason(error)}") from None


def _has_end(sound: _Forward) -> bool:
    """Return True if the last sample that the header declares can be decoded."""
    if not sound.length:
        return True
    try:
        sound.seek(sound.length - 1)
        return len(sound.read(1)) == 1
    except (soundfile.SoundFileError, OSError, RuntimeError):
        return False


def _count(sound: _Forward) -> int:
    """Return the number of samples before the first error, in blocks."""
    count = 0
    try:
        for block in sound.blocks(0):
            count += len(block)
    except (soundfile.SoundFileError, OSError, RuntimeError):
        pass
    return count
