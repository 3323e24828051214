"""Level profile of the mix: dips, bumps and holes relative to the tracks themselves."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.arrays import (
    FloatArray,
    as_audio,
    check_same_length,
    check_sample_rate,
    to_db,
)
from djtrans.core.errors import InputError
from djtrans.metrics.loudness import ABSOLUTE_GATE_LUFS, loudness_power, to_lufs
from djtrans.metrics.runs import longest_run_ms

IntArray = NDArray[np.int_]
#: What short-term loudness means in BS.1770 and EBU R 128.
WINDOW_SECONDS = 3.0
HOP_SECONDS = 0.1
#: A hole is a stretch in which the RMS of 50 ms stays this far under the line.
HOLE_DB = 10.0
HOLE_WINDOW_SECONDS = 0.05
HOLE_HOP_SECONDS = 0.005
#: The tracks' own level around a hole is taken over this.
SOLO_WINDOW_SECONDS = 0.4


@attrs.frozen
class LevelProfile:
    """Loudness of the mix against the straight line between its ends, and against both tracks.

    Attributes
    ----------
    start_lufs, end_lufs : float
        Loudness of the first and the last window: the ends of the line; -70 or more.
    dip_lu : float or None
        How far the loudness falls below the line and the louder track at most, in LU, 0 or more:
        where the music itself is quiet, quiet is no dip.
    bump_lu : float or None
        How far it rises above both, likewise.
    longest_hole_ms : float or None
        Longest stretch in which the level stays well under both, in milliseconds.
    reason : str
        Why there is no line to compare with; empty if there is one.
    """

    start_lufs: float
    end_lufs: float
    dip_lu: float | None = None
    bump_lu: float | None = None
    longest_hole_ms: float | None = None
    reason: str = ""


def level_profile(
    mix: Any,
    sample_rate: int,
    window_seconds: float = WINDOW_SECONDS,
    *,
    solo_a: Any = None,
    solo_b: Any = None,
) -> LevelProfile:
    """Measure dip, bump and longest hole of a mix.

    Parameters
    ----------
    mix : Tensor or ndarray
        ``[channels, samples]``, mono or stereo, at least two windows long. The first and the last
        window are the reference: let them hold A alone and B alone.
    sample_rate : int
        In Hz, 8000 at least.
    window_seconds : float
        Window of the loudness. 3 s is short-term loudness: it is long against a beat, so that the
        pulse of the drums does not read as dips (400 ms windows would), and short against a phrase.
    solo_a, solo_b : Tensor or ndarray, optional
        ``[channels, samples]``: both tracks untouched, at their level in the mix. Without them the
        line is the only standard.

    Returns
    -------
    LevelProfile
        Without dip, bump and hole, but with a reason, where the mix is silent at one of its ends.

    Raises
    ------
    InputError
        If the mix is shorter than two windows.

    Examples
    --------
    >>> import numpy as np
    >>> from djtrans.metrics import level_profile
    >>> tone = 0.5 * np.sin(2 * np.pi * 60 * np.arange(8 * 22050) / 22050)
    >>> level_profile(tone, 22050, window_seconds=1.0).dip_lu
    0.0
    """
    audio = as_audio(mix, "mix")
    solos = [
        as_audio(x, name) for x, name in ((solo_a, "solo_a"), (solo_b, "solo_b")) if x is not None
    ]
    check_same_length(mix=audio, **{f"solo {i}": solo for i, solo in enumerate(solos)})
    check_sample_rate(sample_rate)
    powers = [loudness_power(x, sample_rate) for x in (audio, *solos)]
    return level_profile_of_power(audio, solos, powers, sample_rate, window_seconds)


def level_profile_of_power(
    audio: FloatArray,
    solos: list[FloatArray],
    powers: list[FloatArray],
    sample_rate: int,
    window_seconds: float,
) -> LevelProfile:
    """Measure :func:`level_profile` of checked audio whose power is known.

    `powers` has :func:`~djtrans.metrics.loudness.loudness_power` of the mix and of each solo.
    """
    seconds = audio.shape[-1] / sample_rate
    if not window_seconds > 0 or seconds < 2 * window_seconds:
        raise InputError(
            f"The mix is {seconds:.2f} s long, less than two windows of {window_seconds:g} s; "
            "give more context or a shorter window_seconds."
        )
    lufs, *louder = (_loudness(power, sample_rate, window_seconds) for power in powers)
    start, end = float(lufs[0]), float(lufs[-1])
    if min(start, end) <= ABSOLUTE_GATE_LUFS:
        silent = "beginning" if start <= ABSOLUTE_GATE_LUFS else "end"
        return LevelProfile(start, end, reason=f"the mix is silent at its {silent}")
    line = np.linspace(*_ends_of_line(start, end, louder), len(lufs))
    lower, upper = np.min([line, *_most(louder)], axis=0), np.max([line, *louder], axis=0)
    return LevelProfile(
        start,
        end,
        dip_lu=max(0.0, float((lower - lufs).max())),
        bump_lu=max(0.0, float((lufs - upper).max())),
        longest_hole_ms=_longest_hole_ms(audio, solos, sample_rate, window_seconds),
    )


def _ends_of_line(start: float, end: float, solos: list[FloatArray]) -> tuple[float, float]:
    """Return the ends of the line: the mix's own, or what both tracks have there or usually.

    An end that lies in a break of B, or that a fader holds down, is no standard for the rest.
    """
    if len(solos) < 2:
        return start, end
    half = len(solos[0]) // 2
    usual = float(np.median(solos[0][: half + 1])), float(np.median(solos[1][half:]))
    return max(float(solos[0][0]), usual[0]), max(float(solos[1][-1]), usual[1])


def _loudness(power: FloatArray, sample_rate: int, window_seconds: float) -> FloatArray:
    """Loudness every :data:`HOP_SECONDS`, ``[windows]`` in LUFS, -70 or more."""
    width, hop = round(window_seconds * sample_rate), round(HOP_SECONDS * sample_rate)
    total = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, len(power) - width + 1, hop)
    return np.maximum(to_lufs((total[starts + width] - total[starts]) / width), ABSOLUTE_GATE_LUFS)


def _most(curves: list[FloatArray]) -> list[FloatArray]:
    """Return the pointwise maximum of some curves as a list of one; an empty list for none."""
    return [np.max(curves, axis=0)] if curves else []


def _rms_db(audio: FloatArray, starts: IntArray, width: int) -> FloatArray:
    """RMS level of the stretches of `width` samples that begin at `starts`."""
    total = np.concatenate([[0.0], np.cumsum((audio**2).mean(axis=0))])
    stops = np.minimum(starts + width, len(total) - 1)
    starts = np.maximum(starts, 0)
    return to_db((total[stops] - total[starts]) / np.maximum(stops - starts, 1))


def _longest_hole_ms(
    audio: FloatArray, solos: list[FloatArray], sample_rate: int, window_seconds: float
) -> float:
    """Longest run of short RMS levels more than :data:`HOLE_DB` under both standards.

    The line runs between the RMS levels of A at the beginning and B at the end, or, without the
    tracks, of the mix; the tracks' own level is taken over :data:`SOLO_WINDOW_SECONDS`, so that the
    gaps between their drums do not break a run.
    """
    width = round(HOLE_WINDOW_SECONDS * sample_rate)
    hop = max(1, round(HOLE_HOP_SECONDS * sample_rate))
    starts = np.arange(0, audio.shape[-1] - width + 1, hop)
    level = _rms_db(audio, starts, width)
    end = round(window_seconds * sample_rate)
    first, last = solos if len(solos) == 2 else (audio, audio)
    begin = _rms_db(first, np.array([0]), end)[0]
    finish = _rms_db(last, np.array([audio.shape[-1] - end]), end)[0]
    wide = round(SOLO_WINDOW_SECONDS * sample_rate)
    own = _most([_rms_db(solo, starts + width // 2 - wide // 2, wide) for solo in solos])
    under = level < np.min([np.linspace(begin, finish, len(level)), *own], axis=0) - HOLE_DB
    return longest_run_ms(under, hop, width, sample_rate)
