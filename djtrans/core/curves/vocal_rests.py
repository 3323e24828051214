"""Where a voice rests, so that a fader can be moved without cutting a line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.audio.decibels import db_to_power
from djtrans.core.curves.params import faders
from djtrans.core.curves.request import CurveRequest
from djtrans.core.track.stem_names import VOCALS

#: A voice rests where its stem is this far under the usual level of its track, in the bands above
#: the bass.
REST_DB = 25.0
#: Shorter pauses are inside a line.
REST_BEATS = 1.0
#: Where a voice does not rest, its fader moves over this: at once would cut the line.
VOICE_FADE_BEATS = 2.0


def silent_frames(request: CurveRequest, track: str) -> NDArray[np.bool_] | None:
    """On which frames a track's vocal stem is silent, ``[frames]``; None if there is none to ask.

    A stem that other sounds leak into says nothing of the voice, and moving it alone would take
    them along: the voice then goes where its track goes.

    Parameters
    ----------
    request : CurveRequest
    track : {"a", "b"}
    """
    features = request.features_a if track == "a" else request.features_b
    if features is None or not features.isolated or VOCALS not in features.stem_names:
        return None
    level = features.level_db.detach().cpu().double().numpy()[..., 1:]
    power = (db_to_power(level)).sum(axis=-1)
    least = power.sum(axis=-1).mean() * db_to_power(-REST_DB)
    return np.asarray(power[:, features.stem_names.index(VOCALS)] < least)


def rests(request: CurveRequest, track: str) -> NDArray[np.bool_] | None:
    """On which frames a track's voice may come or go without cutting a line.

    Parameters
    ----------
    request : CurveRequest
    track : {"a", "b"}

    Returns
    -------
    ndarray of bool or None
        ``[frames]``: true on the frames of a rest that lasts :data:`REST_BEATS` or more, but for
        its first, into which a tail may ring. None where nothing is known, or there is no line.
    """
    silent = silent_frames(request, track)
    if silent is None or silent.all():
        return None
    out = np.zeros_like(silent)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent.astype(int), [0]])))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        # At the ends of the window a rest may go on outside.
        is_whole = start > 0 and stop < len(silent)
        if not is_whole or stop - start >= REST_BEATS * request.frames_per_beat:
            out[start + (start > 0) : stop] = True
    return out


def nearest_rest(
    request: CurveRequest, track: str, beat: float, low: float, high: float
) -> float | None:
    """The beat nearest to another one on which a track's voice may come or go.

    Parameters
    ----------
    request : CurveRequest
    track : {"a", "b"}
    beat : float
        Where it is wanted.
    low, high : float
        Earliest and latest beat.

    Returns
    -------
    float or None
        A frame of a rest; None where it does not rest between `low` and `high`, or nothing is known
        of it.
    """
    found = rests(request, track)
    if found is None:
        return None
    beats = request.frame_beats
    near = beats[found & (beats >= low) & (beats <= high)]
    return float(near[np.argmin(np.abs(near - beat))]) if near.size else None


def spare_lines(values: Tensor, request: CurveRequest) -> Tensor:
    """Curves whose vocal faders take two beats from end to end, wherever the voice does not rest.

    A fader that was drawn faster opens later, or closes earlier: it is lowered, never raised.
    Where nothing is known of the voice its curve stays as it was drawn.

    Parameters
    ----------
    values : Tensor
        ``[frames, parameters]``.
    request : CurveRequest

    Returns
    -------
    Tensor
        Same shape; a new tensor.
    """
    out = values.detach().clone()
    for track in ("a", "b"):
        free = rests(request, track)
        rows = [r for r in faders(request.layout, track) if request.layout.rows[r].stem == VOCALS]
        if free is None or not rows:
            continue
        reach = np.where(free, np.inf, 1.0 / (VOICE_FADE_BEATS * request.frames_per_beat))
        for row in rows:
            parameter = request.layout.rows[row].parameter
            gain = out[:, row].numpy()  # the same memory
            far = reach * (parameter.maximum - parameter.minimum)
            for frame in range(1, len(gain)):
                gain[frame] = min(gain[frame], gain[frame - 1] + far[frame])
            for frame in range(len(gain) - 1, 0, -1):
                gain[frame - 1] = min(gain[frame - 1], gain[frame] + far[frame])
    return out
