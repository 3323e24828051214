"""Time warping: stretch a track onto a timeline by a piecewise-linear time map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.audio.pitch_shift import read_transposed
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.splicing import splice
from djtrans.core.audio.time_stretch import is_unity, read
from djtrans.core.audio.validation import check_audio
from djtrans.core.errors import InputError

#: Length of the part before a change of rate in which two pieces are spliced.
SEARCH_SECONDS = 0.25
#: Points this close to a line (seconds) lie on it: rounding, no change of rate.
STRAIGHT_SECONDS = 1e-6
#: How far the stretches may stray from the points of the map between them.
TOLERANCE_SECONDS = 5e-4


@attrs.frozen
class Piece:
    """A part of the clock over which a track keeps one rate.

    Attributes
    ----------
    begin, end : float
        Clock seconds; the first piece begins at -inf, the last one ends at inf.
    clock, track : float
        A clock time, and the track time that sounds then.
    rate : float
        Track seconds per clock second.
    """

    begin: float
    end: float
    clock: float
    track: float
    rate: float


def pieces(points: Sequence[tuple[float, float]]) -> list[Piece]:
    """Reduce a time map to the fewest linear pieces within half a millisecond of it.

    Points that lie on a line are dropped, and of a ramp that has a point on every beat as many as
    the tolerance allows (Ramer, Douglas and Peucker [1]_, by track time). The first and the last
    rate, which go on beyond the points, are kept as they are.

    Parameters
    ----------
    points : sequence of (float, float)
        ``(clock_seconds, track_seconds)``, both increasing; at least two.

    Returns
    -------
    list of Piece
        In order, without gaps; one if the rate is constant.

    Raises
    ------
    InputError
        If the points are not finite or don't increase.

    References
    ----------
    .. [1] D. H. Douglas and T. K. Peucker, "Algorithms for the reduction of the number of points
       required to represent a digitized line or its caricature", Cartographica 10(2), 1973.
    """
    line = _checked(points)
    line = line[_kept(line, STRAIGHT_SECONDS)]
    if len(line) > 4:
        inner = line[1:-1]
        line = np.concatenate([line[:1], inner[_kept(inner, TOLERANCE_SECONDS)], line[-1:]])
    corners = [-math.inf, *(float(clock) for clock in line[1:-1, 0]), math.inf]
    rates = np.diff(line[:, 1]) / np.diff(line[:, 0])
    return [
        Piece(begin, end, float(clock), float(track), float(rate))
        for (begin, end), (clock, track), rate in zip(
            pairwise(corners), line[:-1], rates, strict=True
        )
    ]


def warp(
    audio: Tensor,
    points: Sequence[tuple[float, float]],
    sample_rate: int,
    start: float,
    stop: float,
    *,
    semitones: float = 0.0,
) -> Tensor:
    """Stretch a track onto a timeline and return timeline seconds `start` to `stop`.

    The engine has one rate per pass. At a change of rate both passes are rendered over the quarter
    of a second before it, and spliced where they are most similar.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``: the track from its first sample.
    points : sequence of (float, float)
        ``(clock_seconds, track_seconds)``: timeline and track times, both increasing; at least two,
        linear between. The first and the last rate extend beyond them.
    sample_rate : int
        Rate of the audio and of the result in Hz.
    start, stop : float
        Timeline times in seconds.
    semitones : float
        Transposition, -12 to 12.

    Returns
    -------
    Tensor
        ``[channels, round(stop * sample_rate) - round(start * sample_rate)]`` float32; zero beyond
        the ends of the track. At rate 1 without transposition it is a slice of the track, rounded
        to whole samples.

    Raises
    ------
    InputError
        If the points do not increase, the window is empty, or a rate or the transposition is out of
        range.
    """
    check_audio(audio)
    course = pieces(points)
    first, last = round(start * sample_rate), round(stop * sample_rate)
    if not last > first:
        raise InputError(
            f"The window from {start:g} s to {stop:g} s is empty; give a stop after the start."
        )
    # Render whole pieces, so that every window of a map gets the same samples. Only the first and
    # the last piece, which are unbounded, begin and end with the window.
    search = round(SEARCH_SECONDS * sample_rate)
    corners = [round(piece.begin * sample_rate) for piece in course[1:]]
    lengths = [search, *(later - corner for corner, later in pairwise(corners))]
    overlaps = [min(search, max(length, 1)) for length in lengths[: len(corners)]]
    begins = [corner - overlap for corner, overlap in zip(corners, overlaps, strict=True)]
    begins = [min([first, *begins[:1]]), *begins]
    ends = [*corners, max([last, *corners[-1:]])]
    parts: list[Tensor] = []
    origin = first
    for piece, begin, end, overlap in zip(course, begins, ends, [0, *overlaps], strict=True):
        if begin >= last or end <= first:
            continue
        part = _read_piece(audio, piece, sample_rate, begin, end, semitones)
        if parts:
            before = parts.pop()
            seam = splice(before[:, -overlap:], part[:, :overlap], sample_rate)
            parts.append(before[:, :-overlap])
            part = torch.cat([seam, part[:, overlap:]], dim=-1)
        else:
            origin = begin
        parts.append(part)
    return torch.cat(parts, dim=-1)[:, first - origin : last - origin]


def _read_piece(
    audio: Tensor, piece: Piece, sample_rate: int, begin: int, end: int, semitones: float
) -> Tensor:
    """Render one piece of the map from timeline sample `begin` to `end`."""
    if is_unity(piece.rate) and semitones == 0.0:
        lead = round((piece.track - piece.clock) * sample_rate)
        return padded_slice(audio, begin + lead, end + lead)
    position = piece.track * sample_rate + (begin - piece.clock * sample_rate) * piece.rate
    if semitones == 0.0:
        return read(audio, position, piece.rate, end - begin, sample_rate)
    return read_transposed(audio, position, piece.rate, end - begin, sample_rate, semitones)


def _checked(points: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    try:
        line = np.asarray(points, dtype=np.float64)
    except (TypeError, ValueError):
        line = np.empty(0)
    if line.ndim != 2 or line.shape[0] < 2 or line.shape[1] != 2 or not np.isfinite(line).all():
        raise InputError(
            f"Time map {points!r} is not allowed; give at least two finite points "
            f"(clock_seconds, track_seconds)."
        )
    if not (np.diff(line, axis=0) > 0).all():
        raise InputError(f"Time map {points!r} must increase in clock and in track time.")
    return line


def _kept(line: NDArray[np.float64], tolerance: float) -> list[int]:
    """Select the points that are needed to stay within a tolerance of all."""
    kept = {0, len(line) - 1}
    ranges = [(0, len(line) - 1)]
    while ranges:
        first, last = ranges.pop()
        clock, track = line[first : last + 1].T
        # As positions, not slopes: a short step between rounded points has a noisy slope.
        rate = (track[-1] - track[0]) / (clock[-1] - clock[0])
        off = np.abs(track[0] + (clock - clock[0]) * rate - track)
        worst = int(np.argmax(off))
        if off[worst] > tolerance:
            kept.add(first + worst)
            ranges += [(first, first + worst), (first + worst, last)]
    return sorted(kept)
