"""Candidate plans: the best swap bars of both tracks for a technique and a window length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import TypeAlias

import attrs
import numpy as np

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.planning.audible import audible_mix
from djtrans.planning.confidence import certainty
from djtrans.planning.levels import loudness_trim_db
from djtrans.planning.options import PlanOptions
from djtrans.planning.scoring import (
    BOTH_SING,
    FALLS,
    LEFT_EARLY,
    Faults,
    faults_a,
    faults_b,
    faults_of_mix,
    predicted_values,
    skipped_part,
    unplayed_part,
)
from djtrans.planning.swap_bars import find_swap_bars
from djtrans.planning.technique_gains import BarGains
from djtrans.planning.tempo import Tempo
from djtrans.planning.window import Window

#: Returns the gains of both tracks for a technique, a window and a number of beats per bar.
GainSource: TypeAlias = Callable[[str, Window, int], Pair[BarGains]]
#: Number of the best swap bars of each track whose pairs are evaluated.
_TRIED = 24
#: Number of candidates that are kept for a technique and a length, and the least number of bars by
#: which their swaps differ in one of the tracks.
KEPT, APART_BARS = 3, 8
#: Reduction of the cost per bar of the window: longer windows are preferred if nothing is wrong.
_BAR_WORTH = 0.02
#: Cost of a drop of the level at the swap from which on it counts as a fall: 8 dB.
_MUCH_WEAKER = 1.5
#: Cost of the unplayed part of A from which on a swap counts as too early.
_TOO_EARLY = 1.0


@attrs.frozen(kw_only=True)
class Candidate:
    """A possible plan: a technique, a window and its position in both tracks.

    Attributes
    ----------
    name : str
        Qualified name of the technique.
    technique : TechniqueDeclaration
    window : Window
    tempo : Tempo
    swaps : Pair of int
        Bars of the tracks at the swap; of A the end of the bars that are looped, if any are.
    anchors : Pair of str
        Anchor of each swap bar, one of :data:`djtrans.core.contracts.technique.PLACES`; ``""`` for
        none.
    faults : mapping of str to float
        Cost of each fault, see :mod:`djtrans.planning.scoring`.
    values : mapping of str to float
        Predicted values, see :func:`djtrans.planning.scoring.predicted_values`.
    left_out : Pair of float
        Part of A after the window, and of B before it, 0 to 1.
    """

    name: str
    technique: TechniqueDeclaration
    window: Window
    tempo: Tempo
    swaps: Pair[int]
    anchors: Pair[str]
    faults: Faults
    values: Mapping[str, float]
    left_out: Pair[float]

    @property
    def cost(self) -> float:
        """Sum of the faults, less a bonus for the length; lower is better."""
        return sum(self.faults.values()) - _BAR_WORTH * self.window.bars

    @property
    def cues(self) -> Pair[int]:
        """Bar of each track at which the window starts."""
        window = self.window
        return Pair(self.swaps.a - window.before_a, self.swaps.b - window.swap)

    @property
    def clash(self) -> bool:
        """True if both tracks have vocals at once."""
        return self.faults.get(BOTH_SING, 0.0) > 0.0

    @property
    def early(self) -> bool:
        """True if too much of A would not be played."""
        return self.faults.get(LEFT_EARLY, 0.0) > _TOO_EARLY

    @property
    def falls(self) -> bool:
        """True if the music is much weaker after the swap than before it."""
        return self.faults.get(FALLS, 0.0) > _MUCH_WEAKER

    @property
    def label(self) -> str:
        """Name and length, as in ``"bass-swap over 16 bars"``."""
        return f"{self.technique.name} over {self.window.bars} bars"

    def resembles(self, other: Candidate) -> bool:
        """Return True if both have the same technique and nearly the same swaps."""
        return self.name == other.name and _near(self.swaps, other.swaps)

    def worse(self, than: Candidate) -> str:
        """Return the reason for which a better candidate was preferred."""
        worst = max(self.faults, key=lambda f: self.faults[f] - than.faults.get(f, 0.0), default="")
        if worst and self.faults[worst] > than.faults.get(worst, 0.0):
            return worst
        return "shorter" if self.window.bars < than.window.bars else "lower score"


def best_candidates(
    a: Analysis,
    b: Analysis,
    name: str,
    technique: TechniqueDeclaration,
    bars: int,
    tempo: Tempo,
    options: PlanOptions,
    gains: GainSource,
    *,
    anywhere: bool = False,
    beat: float = 1.0,
) -> list[Candidate]:
    """Find the candidates of lowest cost for a technique and a length.

    Parameters
    ----------
    a, b : Analysis
        In one tempo octave, see :func:`~djtrans.planning.tempo_octave.match_tempo_octaves`.
    name : str
        Qualified name of the technique.
    technique : TechniqueDeclaration
    bars : int
        Length of the window.
    tempo : Tempo
    options : PlanOptions
    gains : GainSource
        Of the technique's curves.
    anywhere : bool
        Allow the swap on any downbeat, not only on phrase boundaries.
    beat : float
        Length of B's beat in beats of the window.

    Returns
    -------
    list of Candidate
        The best first; at most :data:`KEPT`, with positions that differ by at least
        :data:`APART_BARS` bars in one of the tracks.

    Raises
    ------
    PlanError
        If the window fits nowhere.
    """
    window = Window.of(technique, bars, beat)
    # A position that the user has chosen leaves out what it leaves out.
    keep_a, keep_b = (0.0 if options.placed(x) else options.keep(x) for x in "ab")
    bars_a = find_swap_bars(a, "a", technique.place_a, window, options, anywhere=anywhere)
    bars_b = find_swap_bars(b, "b", technique.place_b, window, options, anywhere=anywhere)
    ranked_a = _ranked(
        {
            bar: faults_a(a, bar, _rank(p, technique.place_a), window, keep_a)
            for bar, p in bars_a.items()
        }
    )
    ranked_b = _ranked(
        {
            bar: faults_b(b, bar, _rank(p, technique.place_b), window, keep_b)
            for bar, p in bars_b.items()
        }
    )
    pairs = list(product(ranked_a, ranked_b))
    swaps_a, swaps_b = (np.array([pair[i][0] for pair in pairs]) for i in (0, 1))
    mix = audible_mix(
        a,
        b,
        Pair(swaps_a - window.before_a, swaps_b - window.swap),
        window,
        gains(name, window, a.grid.beats_per_bar),
        loudness_trim_db(a, b),
        options.key_shift,
    )
    values = predicted_values(mix)
    predicted = faults_of_mix(values, certainty(a, b) if tempo.matched else 0.0)
    own = np.array([sum(x.values()) + sum(y.values()) for (_, x), (_, y) in pairs])
    order = np.argsort(own + sum(predicted.values()), kind="stable")
    found: list[Candidate] = []
    for i in order:
        (bar_a, own_a), (bar_b, own_b) = pairs[i]
        if any(_near(Pair(bar_a, bar_b), other.swaps) for other in found):
            continue
        found.append(
            Candidate(
                name=name,
                technique=technique,
                window=window,
                tempo=tempo,
                swaps=Pair(bar_a, bar_b),
                anchors=Pair(bars_a[bar_a], bars_b[bar_b]),
                faults={
                    **own_a,
                    **own_b,
                    **{fault: float(x[i]) for fault, x in predicted.items()},
                },
                values={fault: float(x[i]) for fault, x in values.items()},
                left_out=Pair(unplayed_part(a, bar_a, window), skipped_part(b, bar_b, window)),
            )
        )
        if len(found) == KEPT:
            break
    return found


def _near(first: Pair[int], second: Pair[int]) -> bool:
    return max(abs(x - y) for x, y in zip(first, second, strict=True)) < APART_BARS


def _rank(anchor: str, anchors: tuple[str, ...]) -> int:
    return anchors.index(anchor) if anchor in anchors else len(anchors)


def _ranked(by_bar: dict[int, Faults]) -> list[tuple[int, Faults]]:
    return sorted(by_bar.items(), key=lambda item: sum(item[1].values()))[:_TRIED]
