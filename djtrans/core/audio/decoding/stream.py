"""Interface of decoded audio."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from djtrans.core.errors import AudioFileError

#: Samples of one block that a decoder yields.
BLOCK = 1 << 16

FloatArray = NDArray[np.float32]


class AudioStream(Protocol):
    """Audio of an open file.

    Attributes
    ----------
    decoder : str
        Name and version of the decoder.
    sample_rate : int
        In Hz.
    channels : int
        Number of channels.
    frames : int or None
        Number of samples of each channel; None if only decoding finds it.
    """

    decoder: str
    sample_rate: int
    channels: int
    frames: int | None

    @property
    def damaged(self) -> bool:
        """True once decoding has replaced damaged frames, or could not find out if it has."""
        ...

    def blocks(self, start: int = 0) -> Iterator[FloatArray]:
        """Yield ``[samples, channels]`` from a sample to the end of the audio.

        Raises
        ------
        AudioFileError
            If it cannot be decoded to its end.
        """
        ...


def skip(blocks: Iterator[FloatArray], start: int) -> Iterator[FloatArray]:
    """Leave out the first samples of blocks."""
    for block in blocks:
        if start < len(block):
            yield block[start:]
        start = max(0, start - len(block))


def incomplete(file: Path, found: str, expected: str) -> AudioFileError:
    """Return the error of a file with less audio than it should have."""
    return AudioFileError(
        f"{file} is incomplete: expected {expected}, found {found}. Copy or export it again."
    )


def seconds(frames: int, sample_rate: int) -> str:
    """Format a length in seconds."""
    return f"{frames / sample_rate:.2f} s"
