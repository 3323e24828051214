"""Length, sample rate and hash of audio files, without torch."""

from __future__ import annotations

import os
from pathlib import Path

from djtrans.core.audio.decoding.opening import check_is_file, open_audio
from djtrans.core.errors import AudioFileError
from djtrans.core.util.atomic_files import reason
from djtrans.core.util.checksums import file_hash


def audio_seconds(path: str | os.PathLike[str]) -> float:
    """Return the length of an audio file in seconds, as it is decoded."""
    with open_audio(Path(os.path.expanduser(path))) as stream:
        frames = stream.frames
        if frames is None:
            frames = sum(len(block) for block in stream.blocks())
        return frames / stream.sample_rate


def audio_sample_rate(path: str | os.PathLike[str]) -> int:
    """Return the sample rate of an audio file in Hz."""
    with open_audio(Path(os.path.expanduser(path))) as stream:
        return stream.sample_rate


def content_hash(audio_path: str | os.PathLike[str]) -> str:
    """Compute the SHA-256 of a file's bytes in hexadecimal, which identifies a track in caches."""
    file = Path(os.path.expanduser(audio_path))
    check_is_file(file)
    try:
        return file_hash(file)
    except OSError as error:
        raise AudioFileError(f"Cannot read {file}: {reason(error)}") from None
