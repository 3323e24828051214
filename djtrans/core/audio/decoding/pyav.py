"""Decode with PyAV, the libraries of FFmpeg: an optional dependency (extra ``formats``)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from djtrans.core.audio.decoding.byte_view import ByteView
from djtrans.core.audio.decoding.stream import FloatArray, skip
from djtrans.core.errors import AudioFileError

#: FFmpeg's demuxers of audio. Others, such as those of playlists, open further files and addresses.
FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,caf,dsf,dts,eac3,flac,iff,matroska,mov,mp3,mpc,mpc8,mpegts,ogg,"
    "tak,tta,voc,w64,wav,wv,xwma"
)


def is_available() -> bool:
    """Return True if PyAV is installed."""
    return find_spec("av") is not None


class PyavStream:
    """First audio stream of a file that PyAV decodes."""

    frames: int | None = None
    damaged = False

    def __init__(self, file: Path, container: Any, declared: float | None) -> None:
        import av

        self.decoder = f"PyAV {av.__version__}"
        self._file, self._container = file, container
        self._stream = container.streams.audio[0]
        self.sample_rate = int(self._stream.codec_context.sample_rate)
        self.channels = int(self._stream.codec_context.channels)
        self.declared = declared

    def blocks(self, start: int = 0) -> Iterator[FloatArray]:
        """Yield ``[samples, channels]`` from a sample to the end of the audio."""
        # Seeking is not exact in most of these formats, so decoding begins at the start.
        return skip(self._decoded(), start)

    def _decoded(self) -> Iterator[FloatArray]:
        import av

        to_float = av.AudioResampler(format="fltp")
        try:
            for frame in self._container.decode(self._stream):
                found = (frame.sample_rate, len(frame.layout.channels))
                if found != (self.sample_rate, self.channels):
                    raise AudioFileError(
                        f"{self._file} changes its format: expected {self.sample_rate} Hz with "
                        f"{self.channels} channels, found {found[0]} Hz with {found[1]}. Convert "
                        "it with ffmpeg."
                    )
                for part in to_float.resample(frame):
                    yield np.ascontiguousarray(part.to_ndarray().T)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise AudioFileError(
                f"{self._file} cannot be decoded to its end by PyAV ({_reason(error)}). Copy or "
                "export it again."
            ) from None


def open_pyav(file: Path, stream: BinaryIO, stack: ExitStack) -> PyavStream:
    """Open a file.

    Raises
    ------
    AudioFileError
        If PyAV cannot decode it.
    """
    import av

    view = ByteView(stream, [(0, stream.seek(0, io.SEEK_END))])
    try:
        container = stack.enter_context(
            av.open(view, options={"format_whitelist": FORMATS}, metadata_errors="replace")
        )
        audio = container.streams.audio
        if not audio:
            raise AudioFileError(f"{file} has no audio stream; give an audio file.")
        if audio[0].codec_context is None:
            raise AudioFileError(f"{file} is in a format that PyAV cannot decode.")
        # A duration that is not in the header is an estimate from the bit rate.
        base, length = audio[0].time_base, audio[0].duration
        declared = float(length * base) if length and base else None
        if declared is None and (whole := getattr(container, "duration", None)):
            declared = whole / av.time_base
        return PyavStream(file, container, declared)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise AudioFileError(f"{file} cannot be decoded by PyAV ({_reason(error)}).") from None


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).rstrip(".")
