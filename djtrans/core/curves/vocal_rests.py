"""Detect vocal rests, in which a vocal fader can move without cutting a line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.audio.decibels import db_to_power
from djtrans.core.curves.params import faders
from djtrans.core.curves.request import CurveRequest
from djtrans.core.track.stem_names import VOCALS

#: The vocal stem is silent this far below the mean level of its track, in the bands above the bass.
REST_DB = 25.0
#: Shorter pauses are part of a line.
REST_BEATS = 1.0
#: Duration of a vocal fade outside of rests, in beats: a step would cut the line.
VOICE_FADE_BEATS = 2.0


def silent_frames(request: CurveRequest, track: str) -> NDArray[np.bool_] | None:
    """Find the frames on which a track's vocal stem is silent.

    A stem with leakage of other stems does not show when the vocals are silent, and fading it alone
    would fade the leakage too: the vocals then follow their track.

    Parameters
    ----------
    request : CurveRequest
        Request with the features of the tracks.
    track : {"a", "b"}
        The track.

    Returns
    -------
    ndarray of bool or None
        ``[frames]``; None without features or without an isolated vocal stem.
    """
    features = request.features_a if track == "a" else request.features_b
    if features is None or not features.isolated or VOCALS not in features.stem_names:
        return None
    level = features.level_db.detach().cpu().double().numpy()[..., 1:]
    power = (db_to_power(level)).sum(axis=-1)
    least = power.sum(axis=-1).mean() * db_to_power(-REST_DB)
    return np.asarray(power[:, features.stem_names.index(VOCALS)] < least)


def rests(request: CurveRequest, track: str) -> NDArray[np.bool_] | None:
    """Find the frames on which a track's vocals may enter or leave without cutting a line.

    Parameters
    ----------
    request : CurveRequest
        Request with the features of the tracks.
    track : {"a", "b"}
        The track.

    Returns
    -------
    ndarray of bool or None
        ``[frames]``: True on the frames of a rest of :data:`REST_BEATS` or more, except its first,
        into which a tail may ring. None if unknown (see :func:`silent_frames`) or all silent.
    """
    silent = silent_frames(request, track)
    if silent is None or silent.all():
        return None
    out = np.zeros_like(silent)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent.astype(int), [0]])))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        # A rest at an end of the window may continue outside of it.
        is_whole = start > 0 and stop < len(silent)
        if not is_whole or stop - start >= REST_BEATS * request.frames_per_beat:
            out[start + (start > 0) : stop] = True
    return out


def nearest_rest(
    request: CurveRequest, track: str, beat: float, low: float, high: float
) -> float | None:
    """Find the beat nearest to a given one on which a track's vocals may enter or leave.

    Parameters
    ----------
    request : CurveRequest
        Request with the features of the tracks.
    track : {"a", "b"}
        The track.
    beat : float
        Preferred beat.
    low, high : float
        Earliest and latest beat.

    Returns
    -------
    float or None
        Beat of a frame of a rest; None if no rest is known between `low` and `high`.
    """
    found = rests(request, track)
    if found is None:
        return None
    beats = request.frame_beats
    near = beats[found & (beats >= low) & (beats <= high)]
    return float(near[np.argmin(np.abs(near - beat))]) if near.size else None


def limit_vocal_fades(values: Tensor, request: CurveRequest) -> Tensor:
    """Limit the slope of vocal faders outside of rests to full range in two beats.

    A faster fader opens later, or closes earlier: gains are lowered, never raised. Curves of
    vocals without known rests are not changed.

    Parameters
    ----------
    values : Tensor
        ``[frames, parameters]``.
    request : CurveRequest
        Request with the features of the tracks.

    Returns
    -------
    Tensor
        Same shape; a new tensor.
    """
    out = values.detach().clone()
    for track in ("a", "b"):
        is_rest = rests(request, track)
        rows = [r for r in faders(request.layout, track) if request.layout.rows[r].stem == VOCALS]
        if is_rest is None or not rows:
            continue
        slope = np.where(is_rest, np.inf, 1.0 / (VOICE_FADE_BEATS * request.frames_per_beat))
        for row in rows:
            parameter = request.layout.rows[row].parameter
            gain = out[:, row].numpy()  # a view of `out`
            limit = slope * (parameter.maximum - parameter.minimum)
            for frame in range(1, len(gain)):
                gain[frame] = min(gain[frame], gain[frame - 1] + limit[frame])
            for frame in range(len(gain) - 1, 0, -1):
                gain[frame - 1] = min(gain[frame - 1], gain[frame] + limit[frame])
    return out
