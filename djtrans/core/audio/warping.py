"""Laying a track on a common clock, at a rate that may change from bar to bar."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from djtrans.core.audio.pitch_shift import read_transposed
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.splicing import join
from djtrans.core.audio.time_map import Piece, pieces
from djtrans.core.audio.time_stretch import is_one, read
from djtrans.core.audio.validation import check_audio
from djtrans.core.errors import InputError

#: Two pieces are joined this long before the point between them, at the latest on it.
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
    """Lay a track on a clock and return what sounds from clock time `start` to `stop`.

    The engine keeps one rate per pass. Where the rate changes, both passes are rendered over the
    quarter of a second before the point and joined where they are most alike.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``: the track from its first sample.
    points : sequence of (float, float)
        ``(clock_seconds, track_seconds)``, both increasing; at least two, linear between. The
        first and the last rate go on beyond them.
    sample_rate : int
        In Hz, of the audio and of the clock.
    start, stop : float
        Clock times in seconds.
    semitones : float
        Transposition, -12 to 12; the times stay.

    Returns
    -------
    Tensor
        ``[channels, round(stop * sample_rate) - round(start * sample_rate)]`` float32; zero where
        the track has no sound. At rate 1 without transposition it is a slice: the track's very
        samples, laid on the nearest sample of the clock.

    Raises
    ------
    InputError
        If the points don't increase, or a rate or the transposition is out of range.
    """
    check_audio(audio)
    course = pieces(points)
    first, last = round(start * sample_rate), round(stop * sample_rate)
    if not last > first:
        raise InputError(f"The clock window {start:g} s to {stop:g} s is empty; stop after start.")
    # Whole pieces, whatever the window: every window of a map gets the same samples. Only the two
    # pieces that go on for ever begin and end with it.
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
        sound = _read_piece(audio, piece, sample_rate, begin, end, semitones)
        if parts:
            before = parts.pop()
            seam = join(before[:, -overlap:], sound[:, :overlap], sample_rate)
            parts.append(before[:, :-overlap])
            sound = torch.cat([seam, sound[:, overlap:]], dim=-1)
        else:
            origin = begin
        parts.append(sound)
    return torch.cat(parts, dim=-1)[:, first - origin : last - origin]


def _read_piece(
    audio: Tensor, piece: Piece, sample_rate: int, begin: int, end: int, semitones: float
) -> Tensor:
    """One piece of the map from clock sample `begin` to `end`."""
    if is_one(piece.rate) and semitones == 0.0:
        lead = round((piece.track - piece.clock) * sample_rate)
        return padded_slice(audio, begin + lead, end + lead)
    position = piece.track * sample_rate + (begin - piece.clock * sample_rate) * piece.rate
    if semitones == 0.0:
        return read(audio, position, piece.rate, end - begin, sample_rate)
    return read_transposed(audio, position, piece.rate, end - begin, sample_rate, semitones)
