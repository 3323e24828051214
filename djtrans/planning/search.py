"""Search candidate groups in order for the first acceptable plan, and record the rejections."""

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
from djtrans.planning.beat_features import BeatFeatureExtractor, BeatFeatures
from djtrans.planning.candidate_group import CandidateGroup, Choice
from djtrans.planning.candidates import Candidate, best_candidate
from djtrans.planning.keys import LONGEST_BARS, KeyRule, key_rule, transposed, windows_agree
from djtrans.planning.looping import find_loop
from djtrans.planning.options import WINDOW_BARS, PlanOptions
from djtrans.planning.scoring import BOTH_SING, FALLS, LEFT_EARLY
from djtrans.planning.tempo import Tempo, beatless, choose_tempo, difference, unmatched_tempo
from djtrans.planning.tempo_ratio import match_tempo_ratio
from djtrans.planning.window import Window

#: Below this confidence in the downbeats, the window has at most this many bars.
DOWNBEAT_CONFIDENCE, UNSURE_BARS = 0.6, 4

#: A rejected technique or candidate, and the reason.
_Rejection: TypeAlias = "tuple[str, str]"
#: A candidate, the search for it, with the tracks as it counts them, and A's loop.
_Found: TypeAlias = "tuple[Candidate, PlanSearch, Loop | None]"


@attrs.frozen(kw_only=True)
class PlanSearch:
    """Search for the plan of a pair of tracks.

    Attributes
    ----------
    a, b : Analysis
        In one tempo octave.
    options : PlanOptions
    extractors : Pair of BeatFeatureExtractor, or None
        Of A and B; without them the audio of the windows is not compared.
    beat : float
        Length of B's own beat in beats of the window, see
        :func:`~djtrans.planning.tempo_ratio.match_tempo_ratio`.
    """

    a: Analysis
    b: Analysis
    options: PlanOptions
    extractors: Pair[BeatFeatureExtractor] | None = None
    beat: float = 1.0

    @property
    def key(self) -> KeyRule:
        """Overlap that the keys allow."""
        return key_rule(self.a.key, transposed(self.b.key, self.options.key_shift))

    def run(self, groups: Sequence[CandidateGroup]) -> Choice:
        """Return the choice of the first group that has an acceptable candidate.

        Raises
        ------
        PlanError
            If none has; the message gives the reason for each technique.
        """
        rejected: list[_Rejection] = []
        for strict in (True, False):
            for group in groups:
                # Before a resort is taken, the other groups are tried with what is only unwished.
                if strict and (group.resort or group.last):
                    continue
                choice = self._try(group, rejected, strict)
                if choice is not None:
                    return choice
        why = "; ".join(_merge_reasons(rejected))
        hint = "Give other --bars or cues, or --technique cut, which needs the fewest bars."
        raise PlanError(f"No transition fits. {why}. {hint}")

    def _try(
        self, group: CandidateGroup, rejected: list[_Rejection], strict: bool
    ) -> Choice | None:
        if group.beatless and not beatless(self.a, self.b):
            return None
        found: list[_Found] = []
        for name, technique in group.techniques.items():
            try:
                search = self._counted_for(technique)
                tempo = search._tempo(group, technique)
                lengths = list(search._lengths(group, technique, tempo))
            except PlanError as error:
                rejected.append((technique.name, str(error)))
                continue
            for bars in lengths:
                try:
                    found.append(search._place(group, name, technique, bars, tempo))
                except PlanError as error:
                    rejected.append((f"{technique.name} over {bars} bars", str(error)))
        return self._pick(group, found, rejected, strict)

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

    def _lengths(
        self, group: CandidateGroup, technique: TechniqueDeclaration, tempo: Tempo
    ) -> Iterator[int]:
        """Yield the lengths to try, from the technique's default to shorter ones."""
        shortest, default, longest = technique.bars
        if self.options.bars:
            if not shortest <= self.options.bars <= longest:
                raise PlanError(
                    f"the technique takes {shortest} to {longest} bars, not {self.options.bars}"
                )
            yield self.options.bars
            return
        wanted = [n for n in reversed(WINDOW_BARS) if max(shortest, group.at_least) <= n <= default]
        most, why = self._most_bars(technique, tempo)
        within = [n for n in wanted if n <= most]
        if not within and group.asked:
            within = wanted[-1:]
        if not within:
            least = max(shortest, group.at_least)
            raise PlanError(f"{why}, so at most {most} bars; at least {least} are needed")
        yield from within

    def _most_bars(self, technique: TechniqueDeclaration, tempo: Tempo) -> tuple[int, str]:
        """Return the longest advisable window, and the reason."""
        sure = min(self.a.grid.downbeat_confidence, self.b.grid.downbeat_confidence)
        if sure < DOWNBEAT_CONFIDENCE and tempo.matched:
            return UNSURE_BARS, f"the downbeats are uncertain (confidence {sure:.2f})"
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
    ) -> _Found:
        if not group.loop:
            place = best_candidate(
                *(self.a, self.b, name, technique, bars, tempo, self.options),
                anywhere=group.last,
                beat=self.beat,
            )
            return place, self, None
        window = Window.of(technique, bars)
        if not window.overlap or self.options.placed("a"):
            raise PlanError("looping A would not create any extra room")
        loop = find_loop(self.a, window.after)
        looped = self.a.looped(loop.start_bar, loop.bars, loop.repeats)
        there = attrs.evolve(self.options, swap_a_seconds=loop.stop_seconds)
        place = best_candidate(looped, self.b, name, technique, bars, tempo, there)
        return place, attrs.evolve(self, a=looped), loop

    def _pick(
        self,
        group: CandidateGroup,
        found: list[_Found],
        rejected: list[_Rejection],
        strict: bool,
    ) -> Choice | None:
        """Choose the best acceptable candidate of a group; None if there is none."""
        found = list(found)
        while found:
            # A requested technique gets the longest window that avoids a clash of vocals.
            best = min(
                found,
                key=lambda f: (f[0].clash, -f[0].window.bars if group.asked else 0, f[0].cost),
            )
            candidate, search, loop = best
            against, notes = search._against(candidate, loop)
            unwished = "" if against else search._unwished(candidate, loop)
            accepted = group.asked or group.last or (not against and not strict)
            against = against or unwished
            if against and not accepted:
                found.remove(best)
                rejected.append((candidate.label, against))
                continue
            rejected += _others(candidate, [c for c, _, _ in found])
            return Choice(
                candidate=candidate,
                tracks=Pair(search.a, search.b),
                beat=search.beat,
                loop=loop,
                key=self.key,
                reasons=(*notes, *([f"although {against}"] if against else [])),
                rejected=_merge_reasons(rejected),
                warned=bool(against),
            )
        return None

    def _against(self, candidate: Candidate, loop: Loop | None) -> tuple[str, list[str]]:
        """Return why a candidate is not acceptable (empty if it is), and notes for the plan."""
        window, key = candidate.window, self.key
        notes = []
        if loop is not None:
            times = {1: "once", 2: "twice"}.get(loop.repeats, f"{loop.repeats} times")
            notes.append(f"A's last {loop.bars} bars without vocals are repeated {times}")
        if window.harmonic:
            notes.append(key.reason)
        most, why = self._most_bars(candidate.technique, candidate.tempo)
        if window.bars > most and why not in notes:
            notes.append(f"{window.bars} bars although {why}")
        if candidate.clash:
            return BOTH_SING, notes
        if candidate.early and not self.options.placed("a"):
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
            free = placed(name) or (name == "a" and loop is not None)
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


def _others(best: Candidate, found: Sequence[Candidate]) -> list[_Rejection]:
    """Return the best candidate of every other technique of a group, and why it is worse."""
    others: dict[str, Candidate] = {}
    for candidate in sorted(found, key=lambda c: c.cost):
        if candidate.name != best.name:
            others.setdefault(candidate.name, candidate)
    return [(c.label, c.worse(best)) for c in others.values()]


def _merge_reasons(rejections: Sequence[_Rejection]) -> tuple[str, ...]:
    """Merge rejections of the same reason into one sentence each."""
    by_reason: dict[str, list[str]] = {}
    for label, why in rejections:
        labels = by_reason.setdefault(why, [])
        if label not in labels:
            labels.append(label)
    return tuple(f"{', '.join(labels)}: {why}" for why, labels in by_reason.items())
