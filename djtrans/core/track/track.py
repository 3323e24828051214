"""A track as it was loaded."""

from __future__ import annotations

import os
from pathlib import Path

import attrs
from torch import Tensor

from djtrans.core.audio.io import content_hash, load_audio
from djtrans.core.audio.resampling import resample

#: Shortest track that can be analyzed.
MINIMUM_SECONDS = 8.0


@attrs.frozen(eq=False)
class Track:
    """Audio with its name and rate.

    Attributes
    ----------
    audio : Tensor
        ``[channels, samples]`` float32.
    sample_rate : int
        In Hz.
    name : str
        File name, or whatever it should be called in reports.
    sha256 : str
        Hash of the file's bytes, or ``""`` for audio that came from no file.
    """

    audio: Tensor
    sample_rate: int
    name: str = "track"
    sha256: str = ""

    @property
    def duration_seconds(self) -> float:
        """Length in seconds."""
        return int(self.audio.shape[-1]) / self.sample_rate

    def at_rate(self, sample_rate: int, channels: int) -> Track:
        """The same track at another rate and with another number of channels (1 or 2)."""
        audio = resample(self.audio, self.sample_rate, sample_rate)
        if channels == 1 and len(audio) == 2:
            audio = audio.mean(dim=0, keepdim=True)
        elif channels == 2 and len(audio) == 1:
            audio = audio.expand(2, -1)
        return attrs.evolve(self, audio=audio, sample_rate=sample_rate)


def load_track(path: str | os.PathLike[str]) -> Track:
    """Load an audio file as a track.

    Parameters
    ----------
    path : path-like
        wav, flac, ogg or mp3.

    Raises
    ------
    AudioFileError
        If the file is missing, is no audio, or holds nothing to work with.
    """
    audio, sample_rate = load_audio(path)
    return Track(audio, sample_rate, Path(path).name, content_hash(path))
