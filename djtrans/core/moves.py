"""Moves that techniques share, drawn on a sheet.

What they have in common with a DJ's hands: one track owns the low end at any time, bands change
hands at equal power, and what ends, ends on a beat that it is given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from djtrans.core.params import faders
from djtrans.core.sheet import CurveSheet

FADER = "fader/gain"
#: Both faders above this are an overlap of two full tracks.
OVERLAP_GAIN = 0.5


def cutoff(hz: float) -> float:
    """The normalized cutoff of a filter, 0 at 20 Hz and 1 at 20 kHz."""
    return math.log(hz / 20.0) / math.log(1000.0)


def exchange_lows(sheet: CurveSheet, *beats: float) -> None:
    """The low end of all stems goes from A to B as a step; at each further beat back or forth.

    Whatever else is drawn, exactly one track then has its lows at any time.
    """
    points, owner = [], 1.0
    for beat in beats:
        points += [(beat, owner), (beat, 1.0 - owner)]
        owner = 1.0 - owner
    sheet.line("a/*/eq/low", points)
    sheet.line("b/*/eq/low", [(beat, 1.0 - value) for beat, value in points])


def exchange_band(
    sheet: CurveSheet, band: str, start: float, stop: float, least: float = 0.0
) -> None:
    """One band of all stems goes from A to B at equal power, done on the beat `stop`.

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
    a, b = equal_power(sheet, start, stop)
    sheet.curve(f"a/*/eq/{band}", np.maximum(a, least))
    sheet.curve(f"b/*/eq/{band}", np.maximum(b, least))


def equal_power(sheet: CurveSheet, start: float, stop: float) -> tuple[np.ndarray, np.ndarray]:
    """Gains of what falls and of what rises, ``[frames]``; their squares sum to 1."""
    turn = np.clip((sheet.beats - start) / max(stop - start, 1e-9), 0.0, 1.0) * (np.pi / 2)
    return np.cos(turn), np.sin(turn)


def step_in(sheet: CurveSheet, beat: float, stems: Sequence[str] = ("*",)) -> None:
    """B's faders open as a step."""
    for stem in stems:
        sheet.line(f"b/{stem}/{FADER}", [(beat, 0.0), (beat, 1.0)])


def step_out(sheet: CurveSheet, beat: float, stems: Sequence[str] = ("*",)) -> None:
    """A's faders close as a step."""
    for stem in stems:
        sheet.line(f"a/{stem}/{FADER}", [(beat, 1.0), (beat, 0.0)])


def hold_level(sheet: CurveSheet) -> None:
    """Turn both tracks down where both are up, so that the sum of their powers is one track's.

    Each stem's faders are divided by the root of the sum of their squares wherever both exceed
    :data:`OVERLAP_GAIN`, and never turned up.
    """
    layout = sheet.request.layout
    for row_a in faders(layout, "a"):
        stem = layout.rows[row_a].stem
        a, b = (sheet.read(f"{track}/{stem}/{FADER}") for track in "ab")
        if not (a.size and b.size):
            continue
        gain_a, gain_b = a[:, 0], b[:, 0]
        both = (gain_a > OVERLAP_GAIN) & (gain_b > OVERLAP_GAIN)
        down = np.where(both, np.minimum(1.0, 1.0 / np.hypot(gain_a, gain_b)), 1.0)
        sheet.curve(f"a/{stem}/{FADER}", gain_a * down)
        sheet.curve(f"b/{stem}/{FADER}", gain_b * down)
