"""Check that the window starts with A alone and ends with B alone, both unprocessed."""

from __future__ import annotations

import attrs

from djtrans.core.audio.arrays import FloatArray, to_db


@attrs.frozen
class Ends:
    """The beat before the window and the beat after it, in dB of the untouched track there.

    Attributes
    ----------
    start_error_a_db : float or None
        What A differs from itself untouched before the window; None if there is no such beat, or
        silence in it.
    start_leak_b_db : float or None
        What is heard of B before it.
    stop_leak_a_db : float or None
        What is heard of A after it: effects may ring on into it.
    stop_error_b_db : float or None
        What B differs from itself untouched after it.
    """

    start_error_a_db: float | None
    start_leak_b_db: float | None
    stop_leak_a_db: float | None
    stop_error_b_db: float | None


def ends(
    a: FloatArray,
    b: FloatArray,
    solo_a: FloatArray,
    solo_b: FloatArray,
    sample_rate: int,
    beat_times: FloatArray,
) -> Ends:
    """Errors and leaks at the ends of a window.

    Parameters
    ----------
    a, b, solo_a, solo_b : ndarray
        ``[channels, samples]``: contributions, and untouched tracks at their level in the mix.
    sample_rate : int
        In Hz.
    beat_times : ndarray
        ``[beats + 1]`` seconds: the window. It is the beat *before* it and the beat *after* it that
        are measured, where no curve moves any more.

    Returns
    -------
    Ends
    """
    first, last = float(beat_times[0]), float(beat_times[-1])
    before = (first - float(beat_times[1] - beat_times[0]), first)
    after = (last, last + float(beat_times[-1] - beat_times[-2]))

    def against(error: FloatArray, solo: FloatArray, part: tuple[float, float]) -> float | None:
        start, stop = (round(t * sample_rate) for t in part)
        if start < 0 or stop > solo.shape[-1]:
            return None
        own = float((solo[:, start:stop] ** 2).mean())
        if own <= 1e-12:
            return None
        ratio = (error[:, start:stop] ** 2).mean(keepdims=True) / own
        return float(to_db(ratio).item())

    return Ends(
        start_error_a_db=against(a - solo_a, solo_a, before),
        start_leak_b_db=against(b, solo_b, before),
        stop_leak_a_db=against(a, solo_a, after),
        stop_error_b_db=against(b - solo_b, solo_b, after),
    )
