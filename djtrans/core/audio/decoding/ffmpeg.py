"""Decode with the ``ffmpeg`` program, if it is on the PATH."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from djtrans.core.audio.decoding.pyav import FORMATS
from djtrans.core.audio.decoding.stream import BLOCK, FloatArray, skip
from djtrans.core.errors import AudioFileError


def is_available() -> bool:
    """Return True if ffmpeg and ffprobe are on the PATH."""
    return bool(shutil.which("ffmpeg") and shutil.which("ffprobe"))


class FfmpegStream:
    """First audio stream of a file that ffmpeg decodes."""

    frames: int | None = None
    damaged = False

    def __init__(self, file: Path, sample_rate: int, channels: int, declared: float | None) -> None:
        self.decoder = f"ffmpeg {_version()}"
        self._file = file
        self.sample_rate, self.channels, self.declared = sample_rate, channels, declared

    def blocks(self, start: int = 0) -> Iterator[FloatArray]:
        """Yield ``[samples, channels]`` from a sample to the end of the audio."""
        return skip(self._decoded(), start)

    def _decoded(self) -> Iterator[FloatArray]:
        command = ["ffmpeg", "-v", "error", "-nostdin", "-xerror", *_input(self._file)]
        command += ["-map", "0:a:0", "-ar", str(self.sample_rate), "-ac", str(self.channels)]
        command += ["-f", "f32le", "-c:a", "pcm_f32le", "-"]
        with tempfile.TemporaryFile() as log:
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as process:
                try:
                    yield from self._samples(process)
                    process.wait()
                finally:
                    process.kill()  # if only the start is needed
            if process.returncode:
                log.seek(0)
                said = _last_line(log.read().decode(errors="replace"))
                raise AudioFileError(
                    f"{self._file} cannot be decoded to its end by ffmpeg: {said} Copy or export "
                    "it again."
                )

    def _samples(self, process: subprocess.Popen[bytes]) -> Iterator[FloatArray]:
        size = 4 * self.channels
        while process.stdout is not None and (block := process.stdout.read(BLOCK * size)):
            samples = np.frombuffer(block[: len(block) // size * size], "<f4")
            yield samples.reshape(-1, self.channels).astype(np.float32)


def open_ffmpeg(file: Path) -> FfmpegStream:
    """Open a file.

    Raises
    ------
    AudioFileError
        If ffmpeg cannot decode it.
    """
    command = ["ffprobe", "-v", "error", "-select_streams", "a:0", "-of", "json", "-show_entries"]
    command += ["stream=sample_rate,channels,duration:format=duration", *_input(file)]
    done = subprocess.run(command, capture_output=True, check=False)
    try:
        found = json.loads(done.stdout)
        stream = found["streams"][0]
        rate, channels = int(stream["sample_rate"]), int(stream["channels"])
        length = stream.get("duration") or found.get("format", {}).get("duration")
        declared = float(length) if length else None
    except (ValueError, KeyError, IndexError, TypeError):
        said = _last_line(done.stderr.decode(errors="replace"))
        raise AudioFileError(f"{file} cannot be decoded by ffmpeg: {said}") from None
    if rate < 1 or channels < 1:
        raise AudioFileError(f"{file} has no audio that ffmpeg can decode.")
    return FfmpegStream(file, rate, channels, declared)


def _input(file: Path) -> list[str]:
    # A name may begin with a dash or look like an address, and content be a list of addresses.
    return ["-protocol_whitelist", "file", "-format_whitelist", FORMATS, "-i", f"file:{file}"]


def _version() -> str:
    done = subprocess.run(["ffmpeg", "-version"], capture_output=True, check=False)
    words = done.stdout.decode(errors="replace").split()
    return words[2] if len(words) > 2 else "unknown"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{(lines or ['no audio was found'])[-1].rstrip('.')}."
