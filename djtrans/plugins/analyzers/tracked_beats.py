"""Turn the beats of a beat tracker into those of a whole track."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from djtrans.core.errors import InputError
from djtrans.core.track.beat_grid import BeatGrid

BEATS_PER_BAR = 4
_FEWEST_BARS = 4
#: Tolerance for beats outside the ends of the track.
_EDGE_SECONDS = 0.03


def count_beats(tracked: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index the beats of a tracker, counting those that it leaves out.

    Parameters
    ----------
    tracked : ndarray
        ``[beats]`` seconds, increasing, at least two.

    Returns
    -------
    ndarray of int
        ``[beats]``, from 0; a gap of several median intervals counts as that many beats.
    """
    steps = np.diff(tracked)
    counts = np.maximum(np.round(steps / np.median(steps)), 1).astype(np.int64)
    return np.concatenate([[0], np.cumsum(counts)])


def extend_beats(
    tracked: NDArray[np.float64], period: float, duration: float
) -> tuple[int, NDArray[np.float64]]:
    """Extend beats to both ends of a track; return the number of beats added before, and all."""
    before = max(0, int((tracked[0] + _EDGE_SECONDS) / period))
    after = max(0, int((duration + _EDGE_SECONDS - tracked[-1]) / period))
    earlier = tracked[0] - period * np.arange(before, 0, -1)
    later = tracked[-1] + period * np.arange(1, after + 1)
    return before, np.concatenate([earlier, tracked, later])


def require_beats(tracked: NDArray[np.float64], tracker: str) -> None:
    """Raise if a tracker found fewer than two beats.

    Raises
    ------
    InputError
        With the name of the tracker.
    """
    if len(tracked) < 2:
        raise InputError(
            f"{tracker} finds {len(tracked)} beats; give music with a beat, or the analyzer "
            "constant-grid."
        )


def require_bars(grid: BeatGrid, tracker: str) -> None:
    """Raise if a grid has fewer than four whole bars.

    Raises
    ------
    InputError
        With the name of the tracker.
    """
    if grid.bars < _FEWEST_BARS:
        raise InputError(
            f"{tracker} finds {grid.bars} whole bars at {grid.bpm:.1f} BPM; at least "
            f"{_FEWEST_BARS} are needed: give a longer part of the track."
        )
