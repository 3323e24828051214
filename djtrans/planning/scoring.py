"""Costs of the faults of candidates, in A, in B, and in the mix that is predicted.

A cost of 1 is as bad as a failed gate of :mod:`djtrans.metrics.gates`: each fault has a value up to
which it is free, and one at which it costs 1. The names of the faults are the reasons for rejection
in the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.track.analysis import Analysis
from djtrans.planning.anchors import intro_end, outro_start
from djtrans.planning.audible import AudibleMix
from djtrans.planning.usable_range import audible_end
from djtrans.planning.vocals import vocal_continuity
from djtrans.planning.window import Window

#: Cost by name of the fault.
Faults: TypeAlias = "Mapping[str, float]"

BOTH_SING = "both tracks have vocals at once"
LEFT_EARLY = "much of A is left unplayed"
FALLS = "the music is weaker after the swap"
DIPS = "the level dips"
NO_BASS = "the bass is missing"
TWO_BASSES = "two basses play"
TWO_BEATS = "the beats may not coincide"
#: Music that is left out and costs 1, in seconds: between the limits of the placement gate.
LEFT_OUT_SECONDS = 60.0
#: Cost of leaving out more than the user allows, and of each further part of a whole track.
OVER_BOUND, OVER_BOUND_SLOPE = 0.5, 2.0
#: Cost of each anchor that the technique prefers to the one in question.
LOWER_RANK = 0.25


@attrs.frozen
class PredictedFault:
    """Fault of a predicted mix.

    Attributes
    ----------
    free, limit : float
        Value that costs nothing, and the one that costs 1: decibels or bars.
    measure : callable
        Measures the value of mixes, ``[positions]``.
    """

    free: float
    limit: float
    measure: Callable[[AudibleMix], NDArray[Any]]


PREDICTED: Mapping[str, PredictedFault] = {
    FALLS: PredictedFault(2.0, 6.0, AudibleMix.drop_db),
    "the bass is weaker after the swap": PredictedFault(6.0, 18.0, AudibleMix.bass_drop_db),
    DIPS: PredictedFault(1.5, 6.0, lambda mix: mix.deviation_db().a),
    "the level rises": PredictedFault(1.5, 6.0, lambda mix: mix.deviation_db().b),
    NO_BASS: PredictedFault(1.0, 5.0, AudibleMix.bars_without_bass),
    TWO_BASSES: PredictedFault(1.0, 3.0, AudibleMix.bars_with_two_basses),
    BOTH_SING: PredictedFault(1.0, 3.0, AudibleMix.bars_with_two_voices),
    "no beat is played": PredictedFault(2.0, 10.0, AudibleMix.bars_without_beat),
    TWO_BEATS: PredictedFault(0.0, 4.0, AudibleMix.bars_with_two_beats),
    "both tracks are full at once": PredictedFault(4.0, 16.0, AudibleMix.crowded_bars),
    "the notes of both tracks are dissonant": PredictedFault(1.0, 6.0, AudibleMix.dissonant_bars),
}


def faults_a(
    a: Analysis, bar: int, rank: int, window: Window, least: float = 0.0
) -> dict[str, float]:
    """Compute the costs of a swap at a bar of A.

    Parameters
    ----------
    a : Analysis
    bar : int
        Bar of the swap.
    rank : int
        Number of anchors that the technique prefers to that of the bar.
    window : Window
    least : float
        Least part of the track that is to be played, 0 to 1.
    """
    start = bar - window.before_a
    last = audible_end(a) - window.needs_a
    outro = outro_start(a)
    until = last if outro is None else min(outro, last)
    return {
        # Outros are made for mixing: skipping one costs little.
        LEFT_EARLY: _left_out(a, max(0, until - bar) + 0.1 * max(0, last - bar)),
        "more of A is left unplayed than allowed": _over_bound(
            unplayed_part(a, bar, window), least
        ),
        "A has no preferred anchor in range": LOWER_RANK * rank,
        "A's vocals are cut off at its end": 1.5 * vocal_continuity(a, start + window.vocals_leave),
        "A ends within a phrase": 0.1
        * (not window.looped and start + window.bars not in a.phrase_bars),
        "the section boundary in A is uncertain": _unsure(a, bar),
    }


def faults_b(
    b: Analysis, bar: int, rank: int, window: Window, least: float = 0.0
) -> dict[str, float]:
    """Compute the costs of a swap at a bar of B; see :func:`faults_a`."""
    start = bar - window.swap
    intro = intro_end(b) or 0
    enter = start + window.vocals_enter
    return {
        "much of B is skipped": _left_out(b, max(0, bar - intro) + 0.1 * min(bar, intro)),
        "more of B is skipped than allowed": _over_bound(skipped_part(b, bar, window), least),
        "B has no preferred anchor in range": LOWER_RANK * rank,
        "B starts within a vocal line": (0.5 if window.harmonic else 1.5)
        * vocal_continuity(b, enter),
        "B starts within a phrase": 0.1 * (start not in b.phrase_bars),
        "the section boundary in B is uncertain": _unsure(b, bar),
    }


def predicted_values(mix: AudibleMix) -> dict[str, NDArray[np.float64]]:
    """Measure the values of predicted mixes that can be faults, ``[positions]`` each."""
    return {name: fault.measure(mix).astype(float) for name, fault in PREDICTED.items()}


def faults_of_mix(
    values: Mapping[str, NDArray[np.float64]], certainty: float
) -> dict[str, NDArray[np.float64]]:
    """Compute the costs of the faults of predicted mixes, ``[positions]`` each.

    Parameters
    ----------
    values : mapping of str to ndarray
        See :func:`predicted_values`.
    certainty : float
        Certainty that the beats coincide, 0 to 1; 0 if the tracks are not beat-matched.
    """
    counted = {**values, TWO_BEATS: (1.0 - certainty) * values[TWO_BEATS]}
    return {
        name: np.maximum(0.0, (counted[name] - fault.free) / (fault.limit - fault.free))
        for name, fault in PREDICTED.items()
    }


def unplayed_part(a: Analysis, bar: int, window: Window) -> float:
    """Return the part of A's audible bars after it leaves, with the swap at a bar, 0 to 1."""
    end = audible_end(a)
    return _part(end - (bar - window.swap + window.leave), end)


def skipped_part(b: Analysis, bar: int, window: Window) -> float:
    """Return the part of B's audible bars before it enters, with the swap at a bar, 0 to 1."""
    return _part(bar - window.swap + window.enter, audible_end(b))


def _part(bars: int, of: int) -> float:
    return min(1.0, max(0, bars) / max(1, of))


def _left_out(track: Analysis, bars: float) -> float:
    """Return the cost of leaving out some bars."""
    seconds = bars * track.grid.beats_per_bar * 60.0 / track.grid.bpm
    return seconds / LEFT_OUT_SECONDS


def _over_bound(part: float, least: float) -> float:
    """Return the cost of leaving out a part of a track of which at least a part is to be played."""
    over = part - (1.0 - least)
    return OVER_BOUND + OVER_BOUND_SLOPE * over if over > 0.0 else 0.0


def _unsure(track: Analysis, bar: int) -> float:
    """Return the cost of an uncertain section boundary; 0 within a section."""
    section = track.section_at(bar)
    return 0.2 * (1.0 - section.confidence) if section.start_bar == bar else 0.0
