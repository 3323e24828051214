"""Over which part of a mix a track is heard, along the line on which it plays."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d

from djtrans.datasets.mixes.alignment.band_flux import FRAME_RATE, FloatArray
from djtrans.datasets.mixes.alignment.tempo_line import Line

#: Two bars: long enough that chance is rare, short enough that an entry is found to two seconds.
WINDOW_SECONDS = 4.0
#: A part is clearly heard where it is this near to the best of its likeness.
_CLEAR = 0.85
#: Partial correlation from which on a track counts as heard beside another one.
HEARD_BESIDE = 0.2
#: Correlation from which on it counts as heard where the other track is not known: two tracks that
#: share no more than their beats come to 0.4 to 0.7.
HEARD_ALONE = 0.7
#: A pause up to this long is part of what is heard: a break, a moment below the other track.
_PAUSE_SECONDS = 8.0


def expected_flux(track: FloatArray, line: Line, frames: int) -> FloatArray:
    """The flux of a track on the clock of a mix, ``[bands, frames]``; 0 where it has nothing."""
    at = line.track(np.arange(frames) / FRAME_RATE) * FRAME_RATE  # type: ignore[arg-type]
    index = np.arange(track.shape[1])
    rows = [np.interp(at, index, band, left=0.0, right=0.0) for band in track]
    return np.asarray(np.stack(rows), dtype=np.float32)


def likeness(one: FloatArray, other: FloatArray) -> FloatArray:
    """Correlation of two fluxes over the few seconds around each frame.

    Parameters
    ----------
    one, other : ndarray
        ``[bands, frames]`` on one clock.

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


def clear(alike: FloatArray) -> np.ndarray:
    """Where a track is heard at its clearest, a mask ``[frames]``."""
    return np.asarray(alike >= _CLEAR * np.percentile(alike, 98))


def partial(of_mix: FloatArray, of_other: FloatArray, between: FloatArray) -> FloatArray:
    """What a track explains of a mix beside another track: the partial correlation.

    Two tracks that are beat-matched are like each other, and each is like a mix of the other one.

    Parameters
    ----------
    of_mix, of_other, between : ndarray
        ``[frames]``: likeness of the mix with this track, with the other one, and of the tracks.
    """
    rest = np.maximum((1.0 - of_other**2) * (1.0 - between**2), 1e-3)
    return np.asarray((of_mix - of_other * between) / np.sqrt(rest), dtype=np.float32)


def longest_run(heard: np.ndarray) -> tuple[float, float] | None:
    """The longest part of a mask in seconds, short pauses included; None where there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], heard, [False]]).astype(int)))
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
