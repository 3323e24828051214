"""Mono signals that are computed where they are read, so that no second copy of a track is held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs
import numpy as np
import scipy.signal
from numpy.typing import NDArray

from djtrans.core.audio.polarity import channel_signs, to_mono

Samples = NDArray[np.float32]

#: Samples that are read at once where the whole signal is measured.
_BLOCK = 1 << 20
#: Samples of the longest signal that is stored: 64 MiB, 25 minutes at 11025 Hz.
_MOST_STORED = 1 << 24
#: Samples of the result on either side that the filter of the downsampling covers, and one more.
_FILTER_MARGIN = 11


class Signal(Protocol):
    """Signal ``[samples]`` that is read by slices with a step of 1; an array is one."""

    def __len__(self) -> int:
        """Return the number of samples."""
        ...

    def __getitem__(self, part: slice, /) -> Samples:
        """Return the samples of a part."""
        ...


@attrs.frozen(eq=False)
class ComputedSignal:
    """Signal whose parts are computed when they are read.

    Attributes
    ----------
    samples : int
        Length.
    read : callable
        Computes ``[stop - start]`` samples for a start and a stop within the signal.
    """

    samples: int
    read: Callable[[int, int], Samples]

    def __len__(self) -> int:
        """Return the number of samples."""
        return self.samples

    def __getitem__(self, part: slice) -> Samples:
        """Return the samples of a part."""
        start, stop, _ = part.indices(self.samples)
        return self.read(start, max(start, stop))


def mono_signal(audio: Samples) -> Signal:
    """Average the channels of ``[channels, samples]``, those of opposite polarity inverted."""
    if len(audio) == 1:
        return audio[0]
    signs = channel_signs(audio)
    return ComputedSignal(
        audio.shape[1], lambda start, stop: to_mono(audio[:, start:stop], signs)[0]
    )


def downsampled(signal: Signal, factor: int) -> Signal:
    """Downsample a signal by a whole factor, as :func:`scipy.signal.resample_poly` does."""
    if factor == 1:
        return signal

    def read(start: int, stop: int) -> Samples:
        first = max(0, start - _FILTER_MARGIN)
        part = signal[first * factor : (stop + _FILTER_MARGIN) * factor]
        low = scipy.signal.resample_poly(part, 1, factor)[start - first : stop - first]
        return np.asarray(low, dtype=np.float32)

    return ComputedSignal(-(-len(signal) // factor), read)


def stored(signal: Signal) -> Signal:
    """Compute a signal that is read several times, block by block; a very long one stays as it is.

    The memory of an analysis thus grows with the length of a track only up to a limit.
    """
    if len(signal) > _MOST_STORED:
        return signal
    samples = np.empty(len(signal), dtype=np.float32)
    for start in range(0, len(signal), _BLOCK):
        samples[start : start + _BLOCK] = signal[start : start + _BLOCK]
    return samples


def peak(signal: Signal) -> float:
    """Compute the largest magnitude of a signal, 0 if it is empty."""
    parts = (signal[start : start + _BLOCK] for start in range(0, len(signal), _BLOCK))
    return max((float(max(part.max(), -part.min())) for part in parts), default=0.0)
