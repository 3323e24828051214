"""One technique over so many bars: the places where it would go best."""

from __future__ import annotations

from itertools import product

import attrs

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.planning.options import PlanOptions
from djtrans.planning.scoring import (
    BOTH_SING,
    LEFT_EARLY,
    Faults,
    faults_a,
    faults_b,
    faults_together,
)
from djtrans.planning.swap_bars import swap_lines
from djtrans.planning.tempo import Tempo
from djtrans.planning.window import Window

#: Bars of each track that are tried on each other, the best ones.
_TRIED = 12
#: What a bar of window is worth: longer is better while nothing speaks against it.
_BAR_WORTH = 0.02
#: A place that costs more than this for what is passed over of A is not late in it.
_TOO_EARLY = 1.0


@attrs.frozen(kw_only=True)
class Candidate:
    """A place for a technique.

    Attributes
    ----------
    name : str
        Qualified name of the technique.
    technique : TechniqueDeclaration
    window : Window
    tempo : Tempo
    swaps : Pair of int
        Bars of the tracks at the swap.
    places : Pair of str
        What they are, one of :data:`djtrans.core.contracts.technique.PLACES`; ``""`` for none.
    faults : mapping of str to float
        What speaks against it, and how much.
    """

    name: str
    technique: TechniqueDeclaration
    window: Window
    tempo: Tempo
    swaps: Pair[int]
    places: Pair[str]
    faults: Faults

    @property
    def cost(self) -> float:
        """All that speaks against it."""
        return sum(self.faults.values()) - _BAR_WORTH * self.window.bars

    @property
    def cues(self) -> Pair[int]:
        """Bars of the tracks at which the window starts."""
        return self.swaps.map(lambda bar: bar - self.window.swap)

    @property
    def clash(self) -> bool:
        """Whether both sing at once."""
        return self.faults.get(BOTH_SING, 0.0) > 0.0

    @property
    def early(self) -> bool:
        """Whether too much of A would go unheard."""
        return self.faults.get(LEFT_EARLY, 0.0) > _TOO_EARLY

    @property
    def label(self) -> str:
        """``"bass-swap over 16 bars"``."""
        return f"{self.technique.name} over {self.window.bars} bars"

    def worse(self, than: Candidate) -> str:
        """What speaks against this one more than against another one."""
        worst = max(self.faults, key=lambda f: self.faults[f] - than.faults.get(f, 0.0), default="")
        if worst and self.faults[worst] > than.faults.get(worst, 0.0):
            return worst
        return "shorter" if self.window.bars < than.window.bars else "no better"


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
) -> Candidate:
    """The best place for a technique over so many bars.

    Parameters
    ----------
    a, b : Analysis
        Counted in one octave.
    name : str
        Qualified name of the technique.
    technique : TechniqueDeclaration
    bars : int
    tempo : Tempo
    options : PlanOptions
    anywhere : bool
        Whether any downbeat will do, rather than a phrase line.

    Raises
    ------
    PlanError
        If it fits nowhere.
    """
    window = Window.of(technique, bars)
    lines_a = swap_lines(a, "a", technique.place_a, window, options, anywhere=anywhere)
    lines_b = swap_lines(b, "b", technique.place_b, window, options, anywhere=anywhere)
    ranked_a = _ranked(
        {bar: faults_a(a, bar, _wish(p, technique.place_a), window) for bar, p in lines_a.items()}
    )
    ranked_b = _ranked(
        {bar: faults_b(b, bar, _wish(p, technique.place_b), window) for bar, p in lines_b.items()}
    )
    return min(
        (
            Candidate(
                name=name,
                technique=technique,
                window=window,
                tempo=tempo,
                swaps=Pair(bar_a, bar_b),
                places=Pair(lines_a[bar_a], lines_b[bar_b]),
                faults={**own_a, **own_b, **faults_together(a, bar_a, b, bar_b, window)},
            )
            for (bar_a, own_a), (bar_b, own_b) in product(ranked_a, ranked_b)
        ),
        key=lambda candidate: candidate.cost,
    )


def _wish(place: str, places: tuple[str, ...]) -> int:
    return places.index(place) if place in places else len(places)


def _ranked(by_bar: dict[int, Faults]) -> list[tuple[int, Faults]]:
    return sorted(by_bar.items(), key=lambda item: sum(item[1].values()))[:_TRIED]
