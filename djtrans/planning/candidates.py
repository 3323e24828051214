"""Candidate plans: the best swap bars of both tracks for a technique and a window length."""

from __future__ import annotations

from itertools import product

import attrs

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.planning.options import PlanOptions
from djtrans.planning.scoring import (
    BOTH_SING,
    FALLS,
    LEFT_EARLY,
    Faults,
    faults_a,
    faults_b,
    faults_together,
)
from djtrans.planning.swap_bars import find_swap_bars
from djtrans.planning.tempo import Tempo
from djtrans.planning.usable_range import audible_end
from djtrans.planning.window import Window

#: Number of the best swap bars of each track whose pairs are evaluated.
_TRIED = 12
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

    def worse(self, than: Candidate) -> str:
        """Return the reason for which a better candidate was preferred."""
        worst = max(self.faults, key=lambda f: self.faults[f] - than.faults.get(f, 0.0), default="")
        if worst and self.faults[worst] > than.faults.get(worst, 0.0):
            return worst
        return "shorter" if self.window.bars < than.window.bars else "lower score"


def best_candidate(
    a: Analysis,
    b: Analysis,
    name: str,
    technique: TechniqueDeclaration,
    bars: int,
    tempo: Tempo,
    options: PlanOptions,
    *,
    anywhere: bool = False,
    beat: float = 1.0,
) -> Candidate:
    """Find the candidate of lowest cost for a technique and a length.

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
    anywhere : bool
        Allow the swap on any downbeat, not only on phrase boundaries.
    beat : float
        Length of B's beat in beats of the window.

    Raises
    ------
    PlanError
        If the window fits nowhere.
    """
    window = Window.of(technique, bars, beat)
    bars_a = find_swap_bars(a, "a", technique.place_a, window, options, anywhere=anywhere)
    bars_b = find_swap_bars(b, "b", technique.place_b, window, options, anywhere=anywhere)
    ranked_a = _ranked(
        {bar: faults_a(a, bar, _rank(p, technique.place_a), window) for bar, p in bars_a.items()}
    )
    ranked_b = _ranked(
        {bar: faults_b(b, bar, _rank(p, technique.place_b), window) for bar, p in bars_b.items()}
    )
    return min(
        (
            Candidate(
                name=name,
                technique=technique,
                window=window,
                tempo=tempo,
                swaps=Pair(bar_a, bar_b),
                anchors=Pair(bars_a[bar_a], bars_b[bar_b]),
                faults={**own_a, **own_b, **faults_together(a, bar_a, b, bar_b, window)},
                left_out=Pair(
                    left_out_part(a, audible_end(a), bar_a - window.swap + window.leave),
                    left_out_part(b, bar_b - window.swap + window.enter, 0),
                ),
            )
            for (bar_a, own_a), (bar_b, own_b) in product(ranked_a, ranked_b)
        ),
        key=lambda candidate: candidate.cost,
    )


def left_out_part(track: Analysis, stop: int, start: int) -> float:
    """Return the bars from `start` to `stop` as a part of the audible ones, 0 to 1."""
    return min(1.0, max(0, stop - start) / max(1, audible_end(track)))


def _rank(anchor: str, anchors: tuple[str, ...]) -> int:
    return anchors.index(anchor) if anchor in anchors else len(anchors)


def _ranked(by_bar: dict[int, Faults]) -> list[tuple[int, Faults]]:
    return sorted(by_bar.items(), key=lambda item: sum(item[1].values()))[:_TRIED]
