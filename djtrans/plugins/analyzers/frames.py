"""Frames of a signal, block by block, so that memory does not grow with its length."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def frame_count(samples: int, hop: int) -> int:
    """Count the frames of a signal; frame ``i`` is centred on sample ``i * hop``."""
    return samples // hop + 1


def frame_blocks(
    signal: NDArray[np.float32], size: int, hop: int, block: int
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield blocks of frames, zero beyond the ends of the signal.

    Parameters
    ----------
    signal : ndarray
        ``[samples]``.
    size, hop : int
        Length of a frame, and samples between frames.
    block : int
        Largest number of frames in a block.

    Yields
    ------
    start : int
        First frame of the block.
    frames : ndarray
        ``[frames, size]``, a view.
    """
    count = frame_count(len(signal), hop)
    for start in range(0, count, block):
        stop = min(start + block, count)
        first, last = start * hop - size // 2, (stop - 1) * hop - size // 2 + size
        part = signal[max(first, 0) : max(last, 0)]
        lead = max(-first, 0)
        padded = np.pad(part, (lead, last - first - lead - len(part)))
        yield start, np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
