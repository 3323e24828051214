"""Amount of movement in the curves: descriptive, neither much nor little is better."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.core.audio.arrays import FloatArray


@attrs.frozen
class CurveMotion:
    """Motion of the curves, each counted in parts of its range.

    Attributes
    ----------
    moving : int or None
        Number of parameters that move at all; None without curves.
    total_variation : float or None
        Sum of all changes from frame to frame, averaged over those that move: 1 is one way through
        the whole range.
    steepest : float or None
        Largest change in a frame, per beat.
    """

    moving: int | None = None
    total_variation: float | None = None
    steepest: float | None = None


def curve_motion(curves: FloatArray | None, frames_per_beat: float) -> CurveMotion:
    """Total variation and steepest slope of curves.

    Parameters
    ----------
    curves : ndarray or None
        ``[frames, parameters]``, each as a part of its parameter's range, 0 to 1.
    frames_per_beat : float

    Returns
    -------
    CurveMotion
    """
    if curves is None:
        return CurveMotion()
    change = np.abs(np.diff(np.asarray(curves, dtype=np.float64), axis=0))
    variation = change.sum(axis=0)
    moving = variation > 1e-6
    if not moving.any():
        return CurveMotion(0, 0.0, 0.0)
    return CurveMotion(
        int(moving.sum()), float(variation[moving].mean()), float(change.max() * frames_per_beat)
    )
