"""Moves that techniques share, drawn on a sheet.

What they have in common is what a DJ's hands have: one track owns the low end at any time, bands
change hands at equal power, what leaves, leaves on a downbeat, and no line is cut that need not be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.vocal_rests import VOICE_FADE_BEATS, nearest_rest, rests
from djtrans.core.errors import InputError
from djtrans.core.track.stem_names import VOCALS

FADER = "fader/gain"
#: A line may begin this much before the downbeat on which its track steps in, or end this much
#: after the one on which its track steps out.
PICKUP_BEATS = 1.0

FloatArray = NDArray[np.float64]


def window(request: CurveRequest) -> tuple[float, float, float]:
    """Beats of a bar, from the window's start to the swap, and to its end.

    Raises
    ------
    InputError
        If there is no whole bar before the swap, or none after it.
    """
    bar, swap, end = request.beats_per_bar, request.swap_beat, request.beats
    if not bar <= swap <= end - bar:
        raise InputError(
            f"The swap lies on beat {swap:g} of a window of {end:g}; a technique needs a whole bar "
            f"({bar} beats) before it and after it. Give a longer window or another swap."
        )
    return float(bar), float(swap), float(end)


def cutoff(hz: float) -> float:
    """The normalized cutoff of a filter, 0 at 20 Hz and 1 at 20 kHz."""
    return math.log(hz / 20.0) / math.log(1000.0)


def equal_power(sheet: CurveSheet, start: float, stop: float) -> tuple[FloatArray, FloatArray]:
    """Gains of what falls and of what rises between two beats, ``[frames]``.

    Their squares sum to 1.
    """
    turn = np.clip((sheet.beats - start) / (stop - start), 0.0, 1.0) * (np.pi / 2)
    return np.cos(turn), np.sin(turn)


def exchange_lows(sheet: CurveSheet, *beats: float) -> None:
    """The low end of all stems goes from A to B as a step; at each further beat back or forth.

    Whatever else is drawn, exactly one track then has its lows at any time.
    """
    points, owned = [], 1.0
    for beat in beats:
        points += [(beat, owned), (beat, 1.0 - owned)]
        owned = 1.0 - owned
    sheet.line("a/*/eq/low", points)
    sheet.line("b/*/eq/low", [(beat, 1.0 - value) for beat, value in points])


def exchange_band(
    sheet: CurveSheet, band: str, start: float, stop: float, least: float = 0.0
) -> None:
    """One band of all stems goes from A to B at equal power.

    Parameters
    ----------
    sheet : CurveSheet
    band : str
        ``"mid"`` or ``"high"``.
    start, stop : float
        Beats.
    least : float
        Linear gain of the band where it is down: of B's before, of A's after.
    """
    falling, rising = equal_power(sheet, start, stop)
    sheet.curve(f"a/*/eq/{band}", np.maximum(falling, least))
    sheet.curve(f"b/*/eq/{band}", np.maximum(rising, least))


def step_in(sheet: CurveSheet, beat: float, stems: Sequence[str] = ()) -> None:
    """B's faders, or those of some stems, open as a step.

    The voice comes in the rest nearest to it: with the pickup of its line, or after the line that
    is being sung. If it does not rest, it is let in over :data:`VOICE_FADE_BEATS`.
    """
    request, last = sheet.request, sheet.beats[-1]
    for stem in stems or sheet.stems:
        start = stop = beat
        if stem == VOCALS and rests(request, "b") is not None:
            rest = nearest_rest(request, "b", beat, beat - PICKUP_BEATS, last)
            start, stop = (beat, beat + VOICE_FADE_BEATS) if rest is None else (rest, rest)
        sheet.line(f"b/{stem}/{FADER}", [(start, 0.0), (min(stop, last), 1.0)])


def step_out(sheet: CurveSheet, beat: float, stems: Sequence[str] = ()) -> None:
    """A's faders, or those of some stems, close as a step.

    The voice goes in the rest nearest to it: before the line that would be cut, or at its end. If
    it does not rest, it fades over :data:`VOICE_FADE_BEATS`.
    """
    request, last = sheet.request, sheet.beats[-1]
    for stem in stems or sheet.stems:
        start = stop = beat
        if stem == VOCALS and rests(request, "a") is not None:
            latest = min(beat + PICKUP_BEATS, last)
            rest = nearest_rest(request, "a", beat, sheet.beats[1], latest)
            start, stop = (beat - VOICE_FADE_BEATS, beat) if rest is None else (rest, rest)
        sheet.line(f"a/{stem}/{FADER}", [(max(start, 0.0), 1.0), (stop, 0.0)])


def exchange_vocals(sheet: CurveSheet, beat: float, latest: float) -> None:
    """Where both tracks sing, A's voice goes in a rest near to a beat, and B's comes in one after.

    Of all such pairs of rests the one is taken whose first lies nearest to the beat, and whose
    second nearest to the first. If B sings on without a rest, its voice is let in over
    :data:`VOICE_FADE_BEATS`. Drawn over the faders as they are; so draw those first.

    Parameters
    ----------
    sheet : CurveSheet
    beat, latest : float
        Where it is wanted, and the latest beat for A's voice to go.
    """
    rests_a, rests_b = (rests(sheet.request, track) for track in "ab")
    if rests_a is None or rests_b is None:
        return
    leaves = sheet.beats[rests_a & (sheet.beats >= sheet.beats[1]) & (sheet.beats <= latest)]
    if leaves.size == 0:
        return
    enters = np.append(sheet.beats[rests_b], np.inf)
    after = enters[np.searchsorted(enters, leaves)]
    if np.isinf(after).all():
        gone = leaves[np.argmin(np.abs(leaves - beat))]
        let_in = np.clip((sheet.beats - gone) / VOICE_FADE_BEATS, 0.0, 1.0)
    else:
        best = np.argmin(np.abs(leaves - beat) + after - leaves)
        gone, let_in = leaves[best], (sheet.beats >= after[best]).astype(float)
    for track, opened in (("a", (sheet.beats < gone).astype(float)), ("b", let_in)):
        for curve in sheet.read(f"{track}/{VOCALS}/{FADER}").T:
            sheet.curve(f"{track}/{VOCALS}/{FADER}", curve * opened)
