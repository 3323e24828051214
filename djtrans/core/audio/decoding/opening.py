"""Open an audio file with the decoder for its format.

libsndfile decodes what it knows. Symphonia decodes AAC-LC and ALAC. Everything else goes to PyAV if
it is installed, else to the ``ffmpeg`` program if there is one. All give the same samples.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from djtrans.core.audio.decoding import adts, ffmpeg, mp4, pyav, symphonia
from djtrans.core.audio.decoding.libsndfile import CannotOpen, open_libsndfile
from djtrans.core.audio.decoding.limits import Declared, Limited
from djtrans.core.audio.decoding.signature import container_of
from djtrans.core.audio.decoding.stream import AudioStream, incomplete
from djtrans.core.errors import AudioFileError
from djtrans.core.util.atomic_files import reason

#: Containers that libsndfile does not know.
_OTHERS = ("mp4", "adts", "asf", "matroska")
_GIVE = "give a wav, flac, ogg, mp3, aiff or m4a file"
_INSTALL = 'install a decoder with: pip install "djtrans[formats]", or put ffmpeg on the PATH'


@contextmanager
def open_audio(file: Path) -> Iterator[AudioStream]:
    """Open an audio file.

    Raises
    ------
    AudioFileError
        If it is missing, is not audio, is cut off, or no decoder of its format is installed.
    """
    check_is_file(file)
    if not os.access(file, os.R_OK):
        raise AudioFileError(f"Cannot read {file}: permission denied; check its access rights.")
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(file.open("rb"))
            if not stream.seek(0, io.SEEK_END):
                raise AudioFileError(f"{file} is empty (0 bytes); give an audio file.")
            audio = _open(file, stream, stack)
        except OSError as error:
            raise AudioFileError(f"Cannot read {file}: {reason(error)}") from None
        yield audio


def check_is_file(file: Path) -> None:
    """Raise unless there is such a file."""
    if file.is_dir():
        raise AudioFileError(f"{file} is a folder; give an audio file.")
    if not file.exists():
        raise AudioFileError(f"{file} does not exist; check the path.")
    if not file.is_file():
        raise AudioFileError(f"{file} is a device or a pipe; give an audio file.")


def _open(file: Path, stream: BinaryIO, stack: ExitStack) -> AudioStream:
    container, start = container_of(stream)
    if container == "sidecar":
        raise AudioFileError(
            f"{file} holds attributes that macOS stores beside a file, no audio; give the file "
            f"named {file.name.removeprefix('._')}."
        )
    if container == "adts":
        return _open_adts(file, stream, start, stack)
    if container == "mp4":
        return _open_mp4(file, stream, start, stack)
    if container not in _OTHERS:
        try:
            return open_libsndfile(file, stream, container, start, stack)
        except CannotOpen:
            pass  # such as a codec in WAV that it does not know
    return _open_other(file, stream, container, stack)


def _open_adts(file: Path, stream: BinaryIO, start: int, stack: ExitStack) -> AudioStream:
    found = adts.scan(stream, start, stream.seek(0, io.SEEK_END))
    if found.rest:
        warnings.warn(
            f"{file} ends in the middle of an AAC frame: expected {found.rest_of} bytes, found "
            f"{found.rest}; all {found.frames} whole frames are read.",
            stacklevel=2,
        )
    if found.plain and found.frames and symphonia.is_available():
        return symphonia.open_adts(file, found)
    return _open_other(file, stream, "adts", stack)


def _open_mp4(file: Path, stream: BinaryIO, start: int, stack: ExitStack) -> AudioStream:
    stop = stream.seek(0, io.SEEK_END)
    missing = mp4.missing_bytes(stream, start, stop)
    if missing is not None:
        raise incomplete(file, f"{missing[1]}", f"{missing[0]} bytes")
    track = mp4.read_audio_track(stream, start, stop)
    if track is not None and track.codec and symphonia.is_available():
        audio: AudioStream = symphonia.open_mp4(file, stream, track)
    else:
        audio = _open_other(file, stream, "mp4", stack)
    if track is None or track.length is None or audio.sample_rate != track.sample_rate:
        return audio
    return Limited(audio, track.length)


def _open_other(file: Path, stream: BinaryIO, container: str, stack: ExitStack) -> AudioStream:
    if not (pyav.is_available() or ffmpeg.is_available()):
        if container:
            raise AudioFileError(f"{file} is in a format that needs another decoder; {_INSTALL}.")
        raise AudioFileError(f"{file} is not audio that can be decoded; {_GIVE}, or {_INSTALL}.")
    try:
        audio = (
            pyav.open_pyav(file, stream, stack) if pyav.is_available() else ffmpeg.open_ffmpeg(file)
        )
    except AudioFileError as error:
        if container:
            raise
        raise AudioFileError(f"{file} is not audio that can be decoded; {_GIVE}.") from error
    # Without container, a declared length is an estimate from the bit rate.
    if container in ("", "adts") or audio.declared is None:
        return audio
    return Declared(file, audio, audio.declared)
