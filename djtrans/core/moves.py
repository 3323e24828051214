"""Moves that techniques share, drawn on a sheet.

What they have in common is what a DJ's hands have: one track owns the low end at any time, bands
change hands at equal power, what leaves, leaves on a downbeat, and no line is cut that need not be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from djtrans.core.sheet import CurveSheet
from djtrans.core.singing import VOICE, nearest_rest, rests

FADER = "fader/gain"
#: Both faders above this are an overlap of two full tracks.
OVERLAP_GAIN = 0.5
#: A line may begin this much before the downbeat on which its track steps in, or end this much
#: after the one on which its track steps out.
PICKUP_BEATS = 1.0

FloatArray = NDArray[np.float64]


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
    is being sung.
    """
    request = sheet.request
    for stem in stems or sheet.stems:
        at = beat
        if stem == VOICE:
            at = nearest_rest(request, "b", beat, beat - PICKUP_BEATS, sheet.beats[-1])
        sheet.line(f"b/{stem}/{FADER}", [(at, 0.0), (at, 1.0)])


def step_out(sheet: CurveSheet, beat: float, stems: Sequence[str] = ()) -> None:
    """A's faders, or those of some stems, close as a step.

    The voice goes in the rest nearest to it: before the line that would be cut, or at its end.
    """
    request = sheet.request
    for stem in stems or sheet.stems:
        at = beat
        if stem == VOICE:
            latest = min(beat + PICKUP_BEATS, sheet.beats[-1])
            at = nearest_rest(request, "a", beat, sheet.beats[1], latest)
        sheet.line(f"a/{stem}/{FADER}", [(at, 1.0), (at, 0.0)])


def hand_over_voice(sheet: CurveSheet, beat: float, latest: float) -> None:
    """Where both tracks sing, A's voice goes in the rest nearest to a beat, and B's comes after it.

    Drawn over the faders as they are; so draw those first.

    Parameters
    ----------
    sheet : CurveSheet
    beat, latest : float
        Where it is wanted, and the latest beat for A's voice to go.
    """
    request = sheet.request
    if rests(request, "a") is None or rests(request, "b") is None:
        return
    gone = nearest_rest(request, "a", beat, sheet.beats[1], latest)
    here = nearest_rest(request, "b", gone, gone, sheet.beats[-1])
    for track, until in (("a", gone), ("b", here)):
        open_ = sheet.beats < until if track == "a" else sheet.beats >= until
        key = f"{track}/{VOICE}/{FADER}"
        for curve in sheet.read(key).T:
            sheet.curve(key, curve * open_)


def hold_level(sheet: CurveSheet) -> None:
    """Turn both tracks down where both are up, so that the sum of their powers is one track's.

    Each stem's faders are divided by the root of the sum of their squares wherever both exceed
    :data:`OVERLAP_GAIN`, and never turned up.
    """
    for stem in sheet.stems:
        keys = [f"{track}/{stem}/{FADER}" for track in "ab"]
        curves = [sheet.read(key) for key in keys]
        if not all(curve.shape[1] for curve in curves):
            continue
        a, b = (curve[:, 0] for curve in curves)
        both = (a > OVERLAP_GAIN) & (b > OVERLAP_GAIN)
        down = np.where(both, np.minimum(1.0, 1.0 / np.maximum(np.hypot(a, b), 1e-9)), 1.0)
        for key, gain in zip(keys, (a, b), strict=True):
            sheet.curve(key, gain * down)
