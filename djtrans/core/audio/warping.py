"""Time warping: stretch a track onto a timeline by a piecewise-linear time map."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from djtrans.core.audio.pitch_shift import read_transposed
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.splicing import splice
from djtrans.core.audio.time_map import Piece, pieces
from djtrans.core.audio.time_stretch import is_unity, read
from djtrans.core.audio.validation import check_audio
from djtrans.core.errors import InputError

#: Length of the part before a change of rate in which two pieces are spliced.
SEARCH_SECONDS = 0.25


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
