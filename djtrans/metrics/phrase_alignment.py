"""Distance of the window's start, swap and end from phrase boundaries."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.core.audio.arrays import FloatArray

#: Within this of a line is on it.
ON_LINE_BEATS = 0.25


@attrs.frozen
class PhraseAlignment:
    """Distances to one track's nearest phrase lines, in beats.

    Attributes
    ----------
    start, swap, end : float or None
        From the window's first beat, its swap and its end; None if there is no line or no swap.
    chance : float or None
        Part of the track's bar lines that are phrase lines: how often a bar line picked blindly
        would lie on one.
    off_bar : float or None
        How far the swap lies from the nearest of the track's bar lines, in beats: phrase lines are
        bar lines, and so is every whole bar from one.
    """

    start: float | None = None
    swap: float | None = None
    end: float | None = None
    chance: float | None = None
    off_bar: float | None = None


def phrase_alignment(
    phrase_lines: FloatArray,
    beat_times: FloatArray,
    swap_beat: int | None = None,
    beats_per_bar: int = 4,
) -> PhraseAlignment:
    """Measure the distance of the window's start, swap and end from phrase boundaries.

    Parameters
    ----------
    phrase_lines : ndarray
        ``[lines]``, seconds on the clock of `beat_times`.
    beat_times : ndarray
        ``[beats + 1]``, seconds: the window. Before and after it the tempo of its ends goes on.
    swap_beat : int, optional
    beats_per_bar : int

    Returns
    -------
    PhraseAlignment
    """
    if not len(phrase_lines):
        return PhraseAlignment()
    lines = np.sort(_beats(np.asarray(phrase_lines, dtype=np.float64), beat_times))
    gaps = np.diff(lines)
    chance = float(min(1.0, beats_per_bar * len(gaps) / gaps.sum())) if gaps.sum() > 0 else None

    def distance(beat: float | None) -> float | None:
        return None if beat is None else float(np.abs(lines - beat).min())

    swap = distance(swap_beat)
    return PhraseAlignment(
        start=distance(0.0),
        swap=swap,
        end=distance(len(beat_times) - 1.0),
        chance=chance,
        off_bar=None if swap is None else abs(swap - beats_per_bar * round(swap / beats_per_bar)),
    )


def _beats(seconds: FloatArray, beat_times: FloatArray) -> FloatArray:
    """Convert times to fractional beats of the window."""
    last = len(beat_times) - 1
    inside = np.interp(seconds, beat_times, np.arange(last + 1))
    before = (seconds - beat_times[0]) / (beat_times[1] - beat_times[0])
    after = last + (seconds - beat_times[-1]) / (beat_times[-1] - beat_times[-2])
    return np.where(seconds < beat_times[0], before, np.where(inside >= last, after, inside))
