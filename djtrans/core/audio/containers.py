"""Formats and sample rates of the audio files that can be written."""

from __future__ import annotations

import os
from pathlib import Path

from djtrans.core.errors import AudioFileError

#: Writable formats: libsndfile's format and the default subtype, by extension.
WRITABLE = {
    ".wav": ("WAV", "PCM_24"),
    ".flac": ("FLAC", "PCM_24"),
    ".ogg": ("OGG", "VORBIS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
    ".aiff": ("AIFF", "PCM_24"),
    ".aif": ("AIFF", "PCM_24"),
}

_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
#: Highest sample rates in Hz by extension; libsndfile crashes on higher ones of Vorbis.
_HIGHEST = {".flac": 655_350, ".ogg": 200_000}


def check_sample_rate(path: str | os.PathLike[str], sample_rate: int) -> None:
    """Raise if files with an extension cannot have a sample rate.

    Parameters
    ----------
    path : path-like
        The file to write.
    sample_rate : int
        In Hz.

    Raises
    ------
    AudioFileError
        If they cannot.

    Examples
    --------
    >>> check_sample_rate("mix.flac", 96000)
    >>> check_sample_rate("mix.mp3", 96000)
    Traceback (most recent call last):
    ...
    djtrans.core.errors.AudioFileError: Cannot write mix.mp3 at 96000 Hz: .mp3 files have 8000, ...
    """
    extension = Path(path).suffix.lower()
    allowed = ""
    if extension == ".mp3" and sample_rate not in _MP3_RATES:
        allowed = ", ".join(map(str, _MP3_RATES))
    elif sample_rate > _HIGHEST.get(extension, sample_rate):
        allowed = f"at most {_HIGHEST[extension]}"
    if allowed:
        raise AudioFileError(
            f"Cannot write {path} at {sample_rate} Hz: {extension} files have {allowed} Hz; write "
            "a .wav or .flac file, or convert the tracks to 44100 or 48000 Hz first."
        )
