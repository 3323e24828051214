"""Goes down a ladder of techniques until one fits, and keeps what was said on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import attrs
import numpy as np

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.errors import PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import Loop
from djtrans.planning.beat_features import BeatFeatures, Ear
from djtrans.planning.candidate_group import CandidateGroup, Choice
from djtrans.planning.candidates import Candidate, best_candidate
from djtrans.planning.keys import LONGEST_BARS, KeyRule, agree, key_rule, transposed
from djtrans.planning.looping import find_loop
from djtrans.planning.options import WINDOW_BARS, PlanOptions
from djtrans.planning.scoring import BOTH_SING, LEFT_EARLY
from djtrans.planning.tempo import Tempo, beatless, choose_tempo, unmatched
from djtrans.planning.window import Window

#: Where the one is less sure than this, the window has at most so many bars.
DOWNBEAT_CONFIDENCE, UNSURE_BARS = 0.6, 4

#: What was not taken, and why.
_Refusal: TypeAlias = "tuple[str, str]"


@attrs.frozen(kw_only=True)
class Walk:
    """One way down the ladder.

    Attributes
    ----------
    a, b : Analysis
        Counted in one octave.
    options : PlanOptions
    ears : Pair of Ear, or None
        For A and B; without, windows are not listened to.
    """

    a: Analysis
    b: Analysis
    options: PlanOptions
    ears: Pair[Ear] | None = None

    @property
    def key(self) -> KeyRule:
        """What the keys allow."""
        return key_rule(self.a.key, transposed(self.b.key, self.options.key_shift))

    def down(self, ladder: Sequence[CandidateGroup]) -> Choice:
        """The first rung that holds.

        Raises
        ------
        PlanError
            If none does; the message says why for each technique.
        """
        rejected: list[_Refusal] = []
        for rung in ladder:
            choice = self._try(rung, rejected)
            if choice is not None:
                return choice
        why = "; ".join(_said(rejected))
        hint = "Give other --bars or cues, or --technique cut, which needs least."
        raise PlanError(f"No transition fits. {why}. {hint}")

    def _try(self, rung: CandidateGroup, rejected: list[_Refusal]) -> Choice | None:
        if rung.beatless and not beatless(self.a, self.b):
            return None
        found: list[tuple[Candidate, Analysis, Loop | None]] = []
        for name, technique in rung.techniques.items():
            try:
                tempo = self._tempo(rung, technique)
                lengths = list(self._lengths(rung, technique, tempo))
            except PlanError as error:
                rejected.append((technique.name, str(error)))
                continue
            for bars in lengths:
                try:
                    found.append(self._place(rung, name, technique, bars, tempo))
                except PlanError as error:
                    rejected.append((f"{technique.name} over {bars} bars", str(error)))
        return self._pick(rung, found, rejected)

    def _tempo(self, rung: CandidateGroup, technique: TechniqueDeclaration) -> Tempo:
        """The tempo, if keys and tempos let the technique be."""
        key = self.key
        if technique.harmonic and key.distance > technique.key_limit:
            raise PlanError(
                f"the keys are {key.distance} steps apart, and it takes {technique.key_limit} at "
                "most"
            )
        if technique.harmonic and key.overlap == "never" and not rung.asked:
            raise PlanError(key.reason)
        if rung.beatless:
            return unmatched(self.a, beatless(self.a, self.b))
        return choose_tempo(self.a, self.b, technique, self.options)

    def _lengths(
        self, rung: CandidateGroup, technique: TechniqueDeclaration, tempo: Tempo
    ) -> Iterator[int]:
        """Lengths to try, the technique's own first, then ever shorter ones."""
        shortest, default, longest = technique.bars
        if self.options.bars:
            if not shortest <= self.options.bars <= longest:
                raise PlanError(f"it takes {shortest} to {longest} bars, not {self.options.bars}")
            yield self.options.bars
            return
        wanted = [n for n in reversed(WINDOW_BARS) if max(shortest, rung.at_least) <= n <= default]
        most, why = self._most_bars(technique, tempo)
        within = [n for n in wanted if n <= most]
        if not within and rung.asked:
            within = wanted[-1:]
        if not within:
            least = max(shortest, rung.at_least)
            raise PlanError(f"{why}, so {most} bars at most; it takes {least} at least")
        yield from within

    def _most_bars(self, technique: TechniqueDeclaration, tempo: Tempo) -> tuple[int, str]:
        """The longest window that is wise, and why."""
        sure = min(self.a.grid.downbeat_confidence, self.b.grid.downbeat_confidence)
        if sure < DOWNBEAT_CONFIDENCE and tempo.matched:
            return UNSURE_BARS, f"the ones are not sure (confidence {sure:.2f})"
        if technique.harmonic and self.key.overlap != "free":
            return LONGEST_BARS, self.key.reason
        return WINDOW_BARS[-1], ""

    def _place(
        self,
        rung: CandidateGroup,
        name: str,
        technique: TechniqueDeclaration,
        bars: int,
        tempo: Tempo,
    ) -> tuple[Candidate, Analysis, Loop | None]:
        if not rung.loop:
            place = best_candidate(
                self.a, self.b, name, technique, bars, tempo, self.options, anywhere=rung.last
            )
            return place, self.a, None
        window = Window.of(technique, bars)
        if not window.overlap or self.options.placed("a"):
            raise PlanError("a loop would win nothing")
        loop = find_loop(self.a, window.after)
        looped = self.a.looped(loop.start_bar, loop.bars, loop.repeats)
        there = attrs.evolve(self.options, swap_a_seconds=loop.stop_seconds)
        return best_candidate(looped, self.b, name, technique, bars, tempo, there), looped, loop

    def _pick(
        self,
        rung: CandidateGroup,
        found: list[tuple[Candidate, Analysis, Loop | None]],
        rejected: list[_Refusal],
    ) -> Choice | None:
        """The best of a rung, unless something speaks against it."""
        found = list(found)
        while found:
            # Who asks for a technique wants its own length, unless only a shorter one is clean.
            best = min(
                found,
                key=lambda f: (f[0].clash, -f[0].window.bars if rung.asked else 0, f[0].cost),
            )
            candidate, a, loop = best
            against, notes = self._against(candidate, loop)
            if against and not (rung.asked or rung.last):
                found.remove(best)
                rejected.append((candidate.label, against))
                continue
            rejected += _others(candidate, [c for c, _, _ in found])
            return Choice(
                candidate=candidate,
                tracks=Pair(a, self.b),
                loop=loop,
                key=self.key,
                reasons=(*notes, *([f"although {against}"] if against else [])),
                rejected=_said(rejected),
                warned=bool(against),
            )
        return None

    def _against(self, candidate: Candidate, loop: Loop | None) -> tuple[str, list[str]]:
        """What keeps a candidate from being taken, and what is to be said of it."""
        window, key = candidate.window, self.key
        notes = []
        if loop is not None:
            times = {1: "once", 2: "twice"}.get(loop.repeats, f"{loop.repeats} times")
            notes.append(f"A's last {loop.bars} bars without a voice are repeated {times}")
        if window.overlap:
            notes.append(key.reason)
        most, why = self._most_bars(candidate.technique, candidate.tempo)
        if window.bars > most and why not in notes:
            notes.append(f"{window.bars} bars although {why}")
        if candidate.clash:
            return BOTH_SING, notes
        if candidate.early and not self.options.placed("a"):
            return f"{LEFT_EARLY}, at bar {candidate.swaps.a + 1} of {self.a.grid.bars}", notes
        if window.overlap and key.overlap == "never":
            return "notes of both are heard at once", notes
        if window.overlap and key.overlap == "heard":
            sounds = self.hear(candidate, loop)
            if sounds is None:
                notes.append("the windows were not listened to")
                return "", notes
            fine, said = agree(*sounds)
            return ("", [*notes, said]) if fine else (said, notes)
        return "", notes

    def hear(
        self, candidate: Candidate, loop: Loop | None
    ) -> tuple[BeatFeatures, BeatFeatures] | None:
        """Both windows, beat by beat; up to the swap where A is looped from there."""
        if self.ears is None:
            return None
        bars = candidate.window.bars if loop is None else candidate.window.swap
        sounds = []
        for ear, track, cue in zip(self.ears, (self.a, self.b), candidate.cues, strict=True):
            beats = np.arange(bars * track.grid.beats_per_bar + 1.0)
            sounds.append(ear(track.grid.time_of(track.grid.beat_of_bar(cue) + beats)))
        return sounds[0], sounds[1]


def _others(best: Candidate, found: Sequence[Candidate]) -> list[_Refusal]:
    """The best place of every other technique of a rung, and what is worse about it."""
    others: dict[str, Candidate] = {}
    for candidate in sorted(found, key=lambda c: c.cost):
        if candidate.name != best.name:
            others.setdefault(candidate.name, candidate)
    return [(c.label, c.worse(best)) for c in others.values()]


def _said(refusals: Sequence[_Refusal]) -> tuple[str, ...]:
    """One sentence for each reason, with all that it kept from being taken."""
    by_reason: dict[str, list[str]] = {}
    for label, why in refusals:
        labels = by_reason.setdefault(why, [])
        if label not in labels:
            labels.append(label)
    return tuple(f"{', '.join(labels)}: {why}" for why, labels in by_reason.items())
