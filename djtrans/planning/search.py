"""Search candidate groups for the acceptable plans of lowest cost, and record the rejections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

import attrs
import numpy as np

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.errors import PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import Loop
from djtrans.planning.beat_features import BeatFeatureExtractor, BeatFeatures
from djtrans.planning.candidate_group import CandidateGroup, Choice
from djtrans.planning.candidates import Candidate, GainSource, best_candidates
from djtrans.planning.keys import LONGEST_BARS, KeyRule, key_rule, transposed, windows_agree
from djtrans.planning.looping import find_loop
from djtrans.planning.options import WINDOW_BARS, PlanOptions
from djtrans.planning.scoring import BOTH_SING, FALLS, LEFT_EARLY
from djtrans.planning.technique_gains import assume_gains
from djtrans.planning.tempo import Tempo, beatless, choose_tempo, difference, unmatched_tempo
from djtrans.planning.tempo_ratio import match_tempo_ratio
from djtrans.planning.window import Window

#: A rejected technique or candidate, and the reason.
_Rejection: TypeAlias = "tuple[str, str]"


@attrs.frozen(kw_only=True)
class _Found:
    """A candidate, its group, the search for it with the tracks as it counts them, and A's loop."""

    candidate: Candidate
    group: CandidateGroup
    search: PlanSearch
    loop: Loop | None = None

    @property
    def cost(self) -> float:
        return self.candidate.cost + self.group.handicap

    @property
    def order(self) -> tuple[float, ...]:
        """Order of preference."""
        if self.group.asked:
            # A requested technique gets the longest window that avoids a clash of vocals.
            return (self.candidate.clash, -self.candidate.window.bars, self.cost)
        return (self.cost,)


@attrs.frozen(kw_only=True)
class PlanSearch:
    """Search for the plan of a pair of tracks.

    Attributes
    ----------
    a, b : Analysis
        In one tempo octave.
    options : PlanOptions
    gains : GainSource
        Gains of both tracks through the curves of the techniques.
    extractors : Pair of BeatFeatureExtractor, or None
        Of A and B; without them the audio of the windows is not compared.
    beat : float
        Length of B's own beat in beats of the window, see
        :func:`~djtrans.planning.tempo_ratio.match_tempo_ratio`.
    """

    a: Analysis
    b: Analysis
    options: PlanOptions
    gains: GainSource = assume_gains
    extractors: Pair[BeatFeatureExtractor] | None = None
    beat: float = 1.0

    @property
    def key(self) -> KeyRule:
        """Overlap that the keys allow."""
        return key_rule(self.a.key, transposed(self.b.key, self.options.key_shift))

    def run(self, groups: Sequence[CandidateGroup]) -> Choice:
        """Return the acceptable candidate of lowest cost.

        Raises
        ------
        PlanError
            If there is none; the message gives the reason for each technique.
        """
        return next(self.choices(groups))

    def choices(self, groups: Sequence[CandidateGroup]) -> Iterator[Choice]:
        """Yield the acceptable candidates in the order of their cost.

        Raises
        ------
        PlanError
            If there is none; the message gives the reason for each technique.
        """
        rejected: list[_Rejection] = []
        none = True
        for fallback, members in groupby(groups, key=lambda group: group.fallback):
            for batch in [[group] for group in members] if fallback else [list(members)]:
                found = [f for group in batch for f in self._find(group, rejected)]
                for choice in self._accept(found, rejected):
                    none = False
                    yield choice
                if not none:
                    return
        why = "; ".join(_merge_reasons(rejected))
        hint = "Give other --bars or cues, or --technique cut, which needs the fewest bars."
        raise PlanError(f"No transition fits. {why}. {hint}")

    def _find(self, group: CandidateGroup, rejected: list[_Rejection]) -> Iterator[_Found]:
        """Yield the candidates of a group, and record why others are not possible."""
        if group.beatless and not beatless(self.a, self.b):
            return
        for name, technique in group.techniques.items():
            try:
                search = self._counted_for(technique)
                tempo = search._tempo(group, technique)
                lengths = list(search._lengths(group, technique))
            except PlanError as error:
                rejected.append((technique.name, str(error)))
                continue
            for bars in lengths:
                try:
                    yield from search._place(group, name, technique, bars, tempo)
                except PlanError as error:
                    rejected.append((f"{technique.name} over {bars} bars", str(error)))

    def _accept(self, found: Sequence[_Found], rejected: list[_Rejection]) -> Iterator[Choice]:
        """Yield the acceptable ones of candidates in order, with the reasons against others."""
        ordered = sorted(found, key=lambda f: f.order)
        for best in ordered:
            candidate, group, search = best.candidate, best.group, best.search
            against, notes = search._against(candidate, best.loop)
            accepted = not against or group.asked or group.anywhere
            if not accepted:
                rejected.append((candidate.label, against))
                continue
            against = against or search._unwished(candidate, best.loop)
            yield Choice(
                candidate=candidate,
                tracks=Pair(search.a, search.b),
                beat=search.beat,
                loop=best.loop,
                key=self.key,
                reasons=(*notes, *([f"although {against}"] if against else [])),
                rejected=_merge_reasons([*rejected, *_others(best, ordered)]),
                warned=bool(against),
                cost=best.cost,
            )

    def _counted_for(self, technique: TechniqueDeclaration) -> PlanSearch:
        """Return the search with the bars of the faster track counted as the technique needs."""
        a, b, beat = match_tempo_ratio(self.a, self.b, technique.tempo_ratios)
        return attrs.evolve(self, a=a, b=b, beat=beat)

    def _tempo(self, group: CandidateGroup, technique: TechniqueDeclaration) -> Tempo:
        """Choose the tempo; raise PlanError if keys or tempos rule the technique out."""
        key = self.key
        if technique.harmonic and key.distance > technique.key_limit:
            raise PlanError(
                f"the keys are {key.distance} steps apart; the technique allows at most "
                f"{technique.key_limit}"
            )
        if technique.harmonic and key.overlap == "never" and not group.asked:
            raise PlanError(key.reason)
        apart = abs(difference(self.a, self.b))
        if apart < technique.tempo_least and not group.asked:
            raise PlanError(
                f"the tempos differ by {100 * apart:.1f} %; the technique is for differences of "
                f"{100 * technique.tempo_least:g} % or more"
            )
        if group.beatless:
            return unmatched_tempo(self.a, beatless(self.a, self.b))
        return choose_tempo(self.a, self.b, technique, self.options)

    def _lengths(self, group: CandidateGroup, technique: TechniqueDeclaration) -> Iterator[int]:
        """Yield the lengths to try, from the technique's default to shorter ones."""
        shortest, default, longest = technique.bars
        if self.options.bars:
            if not shortest <= self.options.bars <= longest:
                raise PlanError(f"the technique takes {technique.lengths}, not {self.options.bars}")
            yield self.options.bars
            return
        wanted = [n for n in reversed(WINDOW_BARS) if max(shortest, group.at_least) <= n <= default]
        most, why = self._most_bars(technique)
        within = [n for n in wanted if n <= most]
        if not within and group.asked:
            within = wanted[-1:]
        if not within:
            least = max(shortest, group.at_least)
            raise PlanError(f"{why}, so at most {most} bars; at least {least} are needed")
        yield from within

    def _most_bars(self, technique: TechniqueDeclaration) -> tuple[int, str]:
        """Return the longest advisable window, and the reason."""
        if technique.harmonic and self.key.overlap != "free":
            return LONGEST_BARS, self.key.reason
        return WINDOW_BARS[-1], ""

    def _place(
        self,
        group: CandidateGroup,
        name: str,
        technique: TechniqueDeclaration,
        bars: int,
        tempo: Tempo,
    ) -> Iterator[_Found]:
        """Yield the best positions of a technique and a length."""
        search, options, loop = self, self.options, None
        if group.loop:
            window = Window.of(technique, bars)
            if not window.overlap or self.options.placed("a"):
                raise PlanError("looping A would not create any extra room")
            loop = find_loop(self.a, window.after)
            search = attrs.evolve(self, a=self.a.looped(loop.start_bar, loop.bars, loop.repeats))
            options = attrs.evolve(self.options, swap_a_seconds=loop.stop_seconds)
        for candidate in best_candidates(
            *(search.a, search.b, name, technique, bars, tempo, options, self.gains),
            anywhere=group.anywhere,
            beat=self.beat,
        ):
            yield _Found(candidate=candidate, group=group, search=search, loop=loop)

    def _against(self, candidate: Candidate, loop: Loop | None) -> tuple[str, list[str]]:
        """Return why a candidate is not acceptable (empty if it is), and notes for the plan."""
        window, key = candidate.window, self.key
        notes = []
        if loop is not None:
            times = {1: "once", 2: "twice"}.get(loop.repeats, f"{loop.repeats} times")
            notes.append(f"A's last {loop.bars} bars without vocals are repeated {times}")
        if window.harmonic:
            notes.append(key.reason)
        most, why = self._most_bars(candidate.technique)
        if window.bars > most and why not in notes:
            notes.append(f"{window.bars} bars although {why}")
        if candidate.clash:
            return BOTH_SING, notes
        limited = self.options.latest_swap_a_seconds is not None
        if candidate.early and not limited and not self.options.placed("a"):
            bar = f"bar {candidate.swaps.a + 1} of {self.a.grid.bars}"
            return f"{LEFT_EARLY}, with the swap at {bar}", notes
        if window.harmonic and key.overlap == "never":
            return "notes of both tracks overlap", notes
        if window.harmonic and key.overlap == "compare":
            features = self.beat_features(candidate, loop)
            if features is None:
                notes.append("the audio of the windows was not compared")
                return "", notes
            consonant, reason = windows_agree(*features)
            return ("", [*notes, reason]) if consonant else (reason, notes)
        return "", notes

    def _unwished(self, candidate: Candidate, loop: Loop | None) -> str:
        """Return why another place would be better, though this one is possible; "" if not."""
        placed = self.options.placed
        if candidate.falls and not (placed("a") and placed("b")):
            return FALLS
        for name, part in candidate.left_out.items():
            limited = self.options.latest_swap_a_seconds is not None
            free = placed(name) or (name == "a" and (limited or loop is not None))
            if part > 1.0 - self.options.keep(name) and not free:
                return _left_out(name, part, self.options.keep(name))
        return ""

    def beat_features(
        self, candidate: Candidate, loop: Loop | None
    ) -> tuple[BeatFeatures, BeatFeatures] | None:
        """Extract the features of both windows.

        Up to the swap if A is looped from there; if A is looped up to the swap, of the bars that
        are looped and of as many bars of B before it.
        """
        if self.extractors is None:
            return None
        window, cues = candidate.window, candidate.cues
        bars = window.bars if loop is None else window.swap
        if window.looped:
            bars = window.before_a
            cues = attrs.evolve(cues, b=candidate.swaps.b - bars)
        found = []
        for extract, track, cue in zip(self.extractors, (self.a, self.b), cues, strict=True):
            beats = np.arange(bars * track.grid.beats_per_bar + 1.0)
            found.append(extract(track.grid.time_of(track.grid.beat_of_bar(cue) + beats)))
        return found[0], found[1]


def _left_out(name: str, part: float, keep: float) -> str:
    left = "left unplayed" if name == "a" else "skipped"
    return f"{100 * part:.0f} % of {name.upper()} {left}, at most {100 * (1 - keep):.0f} % allowed"


def _others(best: _Found, found: Sequence[_Found]) -> list[_Rejection]:
    """Return the best candidate of every other technique, and why it is worse."""
    others: dict[str, _Found] = {}
    for other in found:
        if other.candidate.name != best.candidate.name and other.cost >= best.cost:
            others.setdefault(other.candidate.name, other)
    return [(f.candidate.label, f.candidate.worse(best.candidate)) for f in others.values()]


def _merge_reasons(rejections: Sequence[_Rejection]) -> tuple[str, ...]:
    """Merge rejections of the same reason into one sentence each."""
    by_reason: dict[str, list[str]] = {}
    for label, why in rejections:
        labels = by_reason.setdefault(why, [])
        if label not in labels:
            labels.append(label)
    return tuple(f"{', '.join(labels)}: {why}" for why, labels in by_reason.items())
