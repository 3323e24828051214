"""Compare decoded audio with the length that its container declares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from djtrans.core.audio.decoding.stream import AudioStream, FloatArray, incomplete, seconds

#: Containers round lengths to packets and leave priming in, some tens of milliseconds.
_TOLERANCE_SECONDS = 0.25


class Limited:
    """Audio without the padding at its end.

    Parameters
    ----------
    audio : AudioStream
    length : int
        Number of samples of the content.
    """

    def __init__(self, audio: AudioStream, length: int) -> None:
        self._audio, self._length = audio, length
        self.decoder, self.sample_rate = audio.decoder, audio.sample_rate
        self.channels = audio.channels
        self.frames = None if audio.frames is None else min(length, audio.frames)

    @property
    def damaged(self) -> bool:
        """See :class:`~djtrans.core.audio.decoding.stream.AudioStream`."""
        return self._audio.damaged

    def blocks(self, start: int = 0) -> Iterator[FloatArray]:
        """Yield ``[samples, channels]`` from a sample to the end of the content."""
        left = self._length - start
        for block in self._audio.blocks(start):
            if left <= 0:
                return
            yield block[:left]
            left -= len(block)


class Declared:
    """Audio that must be as long as its container declares.

    Parameters
    ----------
    file : Path
        Name for messages.
    audio : AudioStream
    declared : float
        Length in seconds.
    """

    def __init__(self, file: Path, audio: AudioStream, declared: float) -> None:
        self._file, self._audio, self._declared = file, audio, declared
        self.decoder, self.sample_rate = audio.decoder, audio.sample_rate
        self.channels, self.frames = audio.channels, audio.frames

    @property
    def damaged(self) -> bool:
        """See :class:`~djtrans.core.audio.decoding.stream.AudioStream`."""
        return self._audio.damaged

    def blocks(self, start: int = 0) -> Iterator[FloatArray]:
        """Yield ``[samples, channels]`` from a sample to the end of the audio."""
        count = start
        for block in self._audio.blocks(start):
            count += len(block)
            yield block
        if count > start and count / self.sample_rate < self._declared - _TOLERANCE_SECONDS:
            raise incomplete(
                self._file, seconds(count, self.sample_rate), f"{self._declared:.2f} s of audio"
            )
