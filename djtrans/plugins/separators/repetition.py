"""Repeating part of a signal: loops repeat, vocals hardly ever.

The way of REPET-SIM [1]_: a frame is compared with all others, and what it has in common with
those most like it is background. Dance music suits it, its loops come back sample by sample.

References
----------
.. [1] Z. Rafii, B. Pardo, "Music/voice separation using the similarity matrix", ISMIR 2012.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float32]

#: How many frames a frame is compared with, and how far off they are at least.
_NEIGHBOURS, _APART_SECONDS = 16, 1.0
#: Frames worked on at once.
_BLOCK = 256
_TINY = 1e-12


def repeating(level: _Array, frames_per_second: float) -> _Array:
    """Estimate the part of each frame that repeats elsewhere.

    Parameters
    ----------
    level : ndarray
        ``[bins, frames]`` float32, linear and not negative.
    frames_per_second : float

    Returns
    -------
    ndarray
        ``[bins, frames]``: the median of the most similar frames, at most `level`. Audio too
        short to have any is all background.
    """
    rows = np.ascontiguousarray(level.T)
    frames = len(rows)
    apart = round(_APART_SECONDS * frames_per_second)
    if frames <= apart + _NEIGHBOURS:
        return level.copy()
    # The root, so that a few loud bins do not decide alone.
    features = np.sqrt(rows)
    features /= np.linalg.norm(features, axis=1, keepdims=True) + _TINY
    positions = np.arange(frames)
    found = np.empty_like(rows)
    for start in range(0, frames, _BLOCK):
        block = slice(start, start + _BLOCK)
        likeness = features[block] @ features.T
        likeness[np.abs(positions[block, None] - positions) < apart] = -1.0
        nearest = np.argpartition(likeness, -_NEIGHBOURS, axis=1)[:, -_NEIGHBOURS:]
        ordered = np.sort(rows[nearest], axis=1)
        median = ordered[:, _NEIGHBOURS // 2 - 1 : _NEIGHBOURS // 2 + 1].mean(axis=1)
        np.minimum(median, rows[block], out=found[block])
    return np.ascontiguousarray(found.T)
