"""Gestures that techniques are composed of: steps and exchanges of bands between the tracks.

They follow DJ practice: one track provides the low end at any time, bands are exchanged at equal
power, stems leave on a downbeat, and vocal lines are not cut if it can be avoided.
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
#: Beats by which a vocal line may begin before the downbeat on which its track steps in, or end
#: after the downbeat on which its track steps out.
PICKUP_BEATS = 1.0

FloatArray = NDArray[np.float64]


def window_beats(request: CurveRequest) -> tuple[float, float, float]:
    """Return the beats per bar, the swap's beat and the length of the window in beats.

    Raises
    ------
    InputError
        If there is no whole bar before the swap, or none after it.
    """
    bar, swap, end = request.beats_per_bar, request.swap_beat, request.beats
    if not bar <= swap <= end - bar:
        raise InputError(
            f"The swap is on beat {swap:g} of a window of {end:g}; a technique needs a whole bar "
            f"({bar} beats) before it and after it. Give a longer window or another swap."
        )
    return float(bar), float(swap), float(end)


def cutoff(hz: float) -> float:
    """Convert a cutoff in Hz to a filter's normalized cutoff, 0 at 20 Hz and 1 at 20 kHz.

    Examples
    --------
    >>> from djtrans.core import cutoff
    >>> round(cutoff(632.5), 3)
    0.5
    """
    return math.log(hz / 20.0) / math.log(1000.0)


def equal_power(sheet: CurveSheet, start: float, stop: float) -> tuple[FloatArray, FloatArray]:
    """Compute a falling and a rising gain between two beats, ``[frames]``; their squares sum to 1.

    Parameters
    ----------
    sheet : CurveSheet
        Sheet whose frames are used.
    start, stop : float
        Beats at which the crossfade starts and ends.

    Examples
    --------
    >>> import djtrans
    >>> from djtrans.core import equal_power
    >>> layout = djtrans.mixer_layout("dj54")
    >>> sheet = djtrans.CurveSheet(djtrans.CurveRequest(layout=layout, n_frames=8, swap_beat=2))
    >>> falling, rising = equal_power(sheet, 1.0, 3.0)
    >>> rising.round(2).tolist()
    [0.0, 0.0, 0.0, 0.38, 0.71, 0.92, 1.0, 1.0]
    """
    angle = np.clip((sheet.beats - start) / (stop - start), 0.0, 1.0) * (np.pi / 2)
    return np.cos(angle), np.sin(angle)


def exchange_lows(sheet: CurveSheet, *beats: float) -> None:
    """Hand the low end of all stems over from A to B as a step, and back at each further beat.

    Exactly one track has its low end at any time.

    Parameters
    ----------
    sheet : CurveSheet
        Sheet to edit.
    *beats : float
        Beats of the exchanges, increasing.

    Examples
    --------
    >>> import djtrans
    >>> from djtrans.core import exchange_lows
    >>> layout = djtrans.mixer_layout("dj54")
    >>> sheet = djtrans.CurveSheet(djtrans.CurveRequest(layout=layout, n_frames=8, swap_beat=2))
    >>> exchange_lows(sheet, 2.0)
    >>> sheet.read("b/bass/eq/low")[:, 0].tolist()
    [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
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
    """Crossfade one band of all stems from A to B at equal power.

    Parameters
    ----------
    sheet : CurveSheet
        Sheet to edit.
    band : {"mid", "high"}
        Band of the isolator.
    start, stop : float
        Beats at which the crossfade starts and ends.
    least : float
        Lowest linear gain: of B's band before the crossfade, of A's after it.

    Examples
    --------
    >>> import djtrans
    >>> from djtrans.core import exchange_band
    >>> layout = djtrans.mixer_layout("dj54")
    >>> sheet = djtrans.CurveSheet(djtrans.CurveRequest(layout=layout, n_frames=8, swap_beat=2))
    >>> exchange_band(sheet, "high", 1.0, 3.0, least=0.2)
    >>> sheet.read("b/drums/eq/high")[:, 0].round(2).tolist()
    [0.2, 0.2, 0.2, 0.38, 0.71, 0.92, 1.0, 1.0]

    See Also
    --------
    exchange_lows : Exchange the low band as a step.
    """
    falling, rising = equal_power(sheet, start, stop)
    sheet.curve(f"a/*/eq/{band}", np.maximum(falling, least))
    sheet.curve(f"b/*/eq/{band}", np.maximum(rising, least))


def step_in(sheet: CurveSheet, beat: float, stems: Sequence[str] = ()) -> None:
    """Open B's faders, or those of some stems, as a step.

    The vocals enter in the nearest vocal rest: with the pickup of a line, or after the current
    line. Without a rest they fade in over :data:`VOICE_FADE_BEATS`.

    Parameters
    ----------
    sheet : CurveSheet
        Sheet to edit.
    beat : float
        Beat of the step.
    stems : sequence of str
        Stems to open; all by default.

    Examples
    --------
    >>> import djtrans
    >>> from djtrans.core import step_in
    >>> layout = djtrans.mixer_layout("dj54")
    >>> sheet = djtrans.CurveSheet(djtrans.CurveRequest(layout=layout, n_frames=8, swap_beat=2))
    >>> step_in(sheet, 2.0, stems=("drums",))
    >>> sheet.read("b/drums/fader/gain")[:, 0].tolist()
    [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]

    See Also
    --------
    step_out : Close A's faders.
    """
    request, last = sheet.request, sheet.beats[-1]
    for stem in stems or sheet.stems:
        start = stop = beat
        if stem == VOCALS and rests(request, "b") is not None:
            rest = nearest_rest(request, "b", beat, beat - PICKUP_BEATS, last)
            start, stop = (beat, beat + VOICE_FADE_BEATS) if rest is None else (rest, rest)
        sheet.line(f"b/{stem}/{FADER}", [(start, 0.0), (min(stop, last), 1.0)])


def step_out(sheet: CurveSheet, beat: float, stems: Sequence[str] = ()) -> None:
    """Close A's faders, or those of some stems, as a step.

    The vocals leave in the nearest vocal rest: before the line that would be cut, or at its end.
    Without a rest they fade out over :data:`VOICE_FADE_BEATS`.

    Parameters
    ----------
    sheet : CurveSheet
        Sheet to edit.
    beat : float
        Beat of the step.
    stems : sequence of str
        Stems to close; all by default.

    Examples
    --------
    >>> import djtrans
    >>> from djtrans.core import step_out
    >>> layout = djtrans.mixer_layout("dj54")
    >>> sheet = djtrans.CurveSheet(djtrans.CurveRequest(layout=layout, n_frames=8, swap_beat=2))
    >>> step_out(sheet, 2.0)
    >>> sheet.read("a/drums/fader/gain")[:, 0].tolist()
    [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]

    See Also
    --------
    step_in : Open B's faders.
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
    """If both tracks have vocals, mute A's in a rest near a beat and open B's in a later rest.

    The chosen pair of rests minimizes the distance from the beat to A's rest plus that from A's
    rest to B's. If B has no later rest, its vocals fade in over :data:`VOICE_FADE_BEATS`.
    The current vocal faders are multiplied, so set them first.

    Parameters
    ----------
    sheet : CurveSheet
        Sheet to edit.
    beat : float
        Preferred beat of the exchange.
    latest : float
        Latest beat at which A's vocals may leave.
    """
    rests_a, rests_b = (rests(sheet.request, track) for track in "ab")
    if rests_a is None or rests_b is None:
        return
    exits = sheet.beats[rests_a & (sheet.beats >= sheet.beats[1]) & (sheet.beats <= latest)]
    if exits.size == 0:
        return
    entries = np.append(sheet.beats[rests_b], np.inf)
    after = entries[np.searchsorted(entries, exits)]
    if np.isinf(after).all():
        exit_beat = exits[np.argmin(np.abs(exits - beat))]
        gain_b = np.clip((sheet.beats - exit_beat) / VOICE_FADE_BEATS, 0.0, 1.0)
    else:
        best = np.argmin(np.abs(exits - beat) + after - exits)
        exit_beat, gain_b = exits[best], (sheet.beats >= after[best]).astype(float)
    for track, gain in (("a", (sheet.beats < exit_beat).astype(float)), ("b", gain_b)):
        for curve in sheet.read(f"{track}/{VOCALS}/{FADER}").T:
            sheet.curve(f"{track}/{VOCALS}/{FADER}", curve * gain)
