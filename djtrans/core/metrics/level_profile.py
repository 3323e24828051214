"""How steady the mix stays: dips, bumps and holes against the way from A's loudness to B's."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from djtrans.core.errors import InputError
from djtrans.core.metrics.arrays import FloatArray, as_audio, check_sample_rate, to_db

#: What short-term loudness means in BS.1770 and EBU R 128.
WINDOW_SECONDS = 3.0
HOP_SECONDS = 0.1
#: A hole is a stretch in which the RMS of 50 ms stays this far under the line.
HOLE_DB = 10.0
HOLE_WINDOW_SECONDS = 0.05
HOLE_HOP_SECONDS = 0.005
#: The absolute gate of BS.1770: what is under it is silence.
SILENT_LUFS = -70.0


@attrs.frozen
class LevelProfile:
    """Loudness of the mix against the straight line between its ends.

    Attributes
    ----------
    start_lufs, end_lufs : float
        Loudness of the first and the last window: the ends of the line; -70 or more.
    dip_lu : float or None
        How far the loudness falls below the line at most, in LU, 0 or more.
    bump_lu : float or None
        How far it rises above, likewise.
    longest_hole_ms : float or None
        Longest stretch in which the level stays well under the line, in milliseconds.
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
    mix: Any, sample_rate: int, window_seconds: float = WINDOW_SECONDS
) -> LevelProfile:
    """Dip, bump and longest hole of a mix.

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

    Returns
    -------
    LevelProfile
        Without dip, bump and hole, but with a reason, where the mix is silent at one of its ends.

    Raises
    ------
    InputError
        If the mix is shorter than two windows.
    """
    import torch

    from djtrans.core.loudness import short_term_lufs

    audio = as_audio(mix, "mix")
    check_sample_rate(sample_rate)
    seconds = audio.shape[-1] / sample_rate
    if not window_seconds > 0 or seconds < 2 * window_seconds:
        raise InputError(
            f"The mix is {seconds:.2f} s long, less than two windows of {window_seconds:g} s; "
            "give more context or a shorter window_seconds."
        )
    tensor = torch.from_numpy(audio).float()
    lufs = short_term_lufs(tensor, sample_rate, window_seconds, HOP_SECONDS)
    lufs = np.maximum(lufs, SILENT_LUFS)
    start, end = float(lufs[0]), float(lufs[-1])
    if min(start, end) <= SILENT_LUFS:
        silent = "beginning" if start <= SILENT_LUFS else "end"
        return LevelProfile(start, end, reason=f"the mix is silent at its {silent}")
    apart = lufs - np.linspace(start, end, len(lufs))
    return LevelProfile(
        start,
        end,
        dip_lu=max(0.0, float(-apart.min())),
        bump_lu=max(0.0, float(apart.max())),
        longest_hole_ms=_longest_hole_ms(audio, sample_rate, window_seconds),
    )


def _longest_hole_ms(audio: FloatArray, sample_rate: int, window_seconds: float) -> float:
    """Longest run of short RMS levels more than :data:`HOLE_DB` under the line between the ends."""
    power = (audio**2).mean(axis=0)
    total = np.concatenate([[0.0], np.cumsum(power)])
    width = round(HOLE_WINDOW_SECONDS * sample_rate)
    starts = np.arange(0, len(power) - width + 1, max(1, round(HOLE_HOP_SECONDS * sample_rate)))
    level = to_db((total[starts + width] - total[starts]) / width)
    end = round(window_seconds * sample_rate)
    ends = to_db(np.array([power[:end].mean(), power[-end:].mean()]))
    under = level < np.linspace(ends[0], ends[1], len(level)) - HOLE_DB
    edges = np.flatnonzero(np.diff(np.concatenate([[0], under.astype(int), [0]])))
    runs = edges[1::2] - edges[::2]
    if not len(runs):
        return 0.0
    # A run of n windows is low from the start of the first to the end of the last.
    hop = float(starts[1] - starts[0]) if len(starts) > 1 else 0.0
    return float(((int(runs.max()) - 1) * hop + width) / sample_rate * 1000.0)
