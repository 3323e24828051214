"""The longest run of windows in which something holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def longest_run_ms(member: NDArray[np.bool_], hop: int, width: int, sample_rate: int) -> float:
    """Measure the longest run of windows that are members, in milliseconds.

    Parameters
    ----------
    member : ndarray of bool
        ``[windows]``.
    hop, width : int
        Distance of the windows and their length, in samples.
    sample_rate : int
        In Hz.

    Returns
    -------
    float
        From the start of the first window of the run to the end of the last; 0 without a member.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], member.astype(int), [0]])))
    runs = edges[1::2] - edges[::2]
    if not len(runs):
        return 0.0
    return float(((int(runs.max()) - 1) * hop + width) / sample_rate * 1000.0)
