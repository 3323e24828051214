"""Presence of a track in a mix over time, from the correlation of their fluxes."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d

from djtrans.datasets.mixes.alignment.band_flux import FRAME_RATE, FloatArray
from djtrans.datasets.mixes.alignment.tempo_line import TempoLine

#: Two bars: long enough to avoid chance correlation, and short enough to find starts to 2 s.
WINDOW_SECONDS = 4.0
#: A track is clear where its correlation exceeds this fraction of its 98th percentile.
_CLEAR = 0.85
#: Partial correlation from which on a track counts as audible beside another one.
AUDIBLE_BESIDE = 0.2
#: Correlation from which on it counts as audible if the other track is unknown: two tracks that
#: share only their beats reach 0.4 to 0.7.
AUDIBLE_ALONE = 0.7
#: Longest pause within an audible part, such as a break or a masked moment.
_PAUSE_SECONDS = 8.0


def expected_flux(track: FloatArray, line: TempoLine, frames: int) -> FloatArray:
    """Warp the flux of a track to a mix, ``[bands, frames]``; 0 outside the track."""
    at = line.track(np.arange(frames) / FRAME_RATE) * FRAME_RATE  # type: ignore[arg-type]
    index = np.arange(track.shape[1])
    rows = [np.interp(at, index, band, left=0.0, right=0.0) for band in track]
    return np.asarray(np.stack(rows), dtype=np.float32)


def similarity(one: FloatArray, other: FloatArray) -> FloatArray:
    """Correlate two fluxes over :data:`WINDOW_SECONDS` around each frame.

    Parameters
    ----------
    one, other : ndarray
        ``[bands, frames]``, aligned.

    Returns
    -------
    ndarray
        ``[frames]``, -1 to 1; 0 where either is silent.
    """
    length = round(WINDOW_SECONDS * FRAME_RATE)

    def mean(values: FloatArray) -> np.ndarray:
        return np.asarray(
            uniform_filter1d(values.mean(axis=0, dtype=np.float64), length, mode="nearest")
        )

    power = np.maximum(mean(one**2), 0.0) * np.maximum(mean(other**2), 0.0)
    return np.asarray(mean(one * other) / np.sqrt(power + 1e-4), dtype=np.float32)


def clear(scores: FloatArray) -> np.ndarray:
    """Return a mask ``[frames]`` of where a track is clearest, from its correlation."""
    return np.asarray(scores >= _CLEAR * np.percentile(scores, 98))


def partial(of_mix: FloatArray, of_other: FloatArray, between: FloatArray) -> FloatArray:
    """Compute the partial correlation of a track and a mix, given another track.

    Beat-matched tracks are correlated with each other, and each with a mix of the other.

    Parameters
    ----------
    of_mix, of_other, between : ndarray
        ``[frames]``: correlation of the mix with this track, with the other, and of both tracks.
    """
    rest = np.maximum((1.0 - of_other**2) * (1.0 - between**2), 1e-3)
    return np.asarray((of_mix - of_other * between) / np.sqrt(rest), dtype=np.float32)


def longest_run(mask: np.ndarray) -> tuple[float, float] | None:
    """Return the longest run of a mask in seconds, short pauses included; None if it is empty."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    if len(edges) == 0:
        return None
    runs = [[int(edges[0]), int(edges[1])]]
    for begin, end in edges[2:].reshape(-1, 2):
        if begin - runs[-1][1] <= _PAUSE_SECONDS * FRAME_RATE:
            runs[-1][1] = int(end)
        else:
            runs.append([int(begin), int(end)])
    begin, end = max(runs, key=lambda run: run[1] - run[0])
    return begin / FRAME_RATE, end / FRAME_RATE
