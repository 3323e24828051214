"""Frames of a signal, block by block, so that memory does not grow with its length."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from djtrans.plugins.analyzers.signals import Signal


def frame_count(samples: int, hop: int) -> int:
    """Count the frames of a signal; frame ``i`` is centred on sample ``i * hop``."""
    return samples // hop + 1


def frame_blocks(
    signal: Signal,
    size: int,
    hop: int,
    block: int,
    first_frame: int = 0,
    last_frame: int | None = None,
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield blocks of frames, zero beyond the ends of the signal.

    Parameters
    ----------
    signal : Signal
        ``[samples]``.
    size, hop : int
        Length of a frame, and samples between frames.
    block : int
        Largest number of frames in a block.
    first_frame, last_frame : int, optional
        First frame, and the one after the last; all frames by default.

    Yields
    ------
    start : int
        First frame of the block.
    frames : ndarray
        ``[frames, size]``, a view.
    """
    count = frame_count(len(signal), hop)
    end = count if last_frame is None else min(last_frame, count)
    for start in range(first_frame, end, block):
        stop = min(start + block, end)
        first, last = start * hop - size // 2, (stop - 1) * hop - size // 2 + size
        part = signal[max(first, 0) : max(last, 0)]
        lead = max(-first, 0)
        padded = np.pad(part, (lead, last - first - lead - len(part)))
        yield start, np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
