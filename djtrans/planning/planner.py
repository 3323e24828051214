"""Plan a transition from groups of candidate techniques, with a downbeat correction of B."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from djtrans.core.errors import InputError, PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TransitionPlan
from djtrans.planning.beat_features import BeatFeatureExtractor
from djtrans.planning.candidate_group import CandidateGroup, Choice
from djtrans.planning.candidates import GainSource
from djtrans.planning.downbeat_shift import best_shift
from djtrans.planning.options import PlanOptions
from djtrans.planning.plan_building import build_plan
from djtrans.planning.search import PlanSearch
from djtrans.planning.technique_gains import assume_gains
from djtrans.planning.tempo_octave import match_tempo_octaves


def plans_from_groups(
    a: Analysis,
    b: Analysis,
    groups: Sequence[CandidateGroup],
    options: PlanOptions | None = None,
    gains: GainSource = assume_gains,
    extractors: Pair[BeatFeatureExtractor] | None = None,
    count: int = 1,
    headroom_a_db: float = 0.0,
) -> list[TransitionPlan]:
    """Plan the transitions of lowest cost among candidate groups.

    Parameters
    ----------
    a, b : Analysis
        The outgoing and the incoming track.
    groups : sequence of CandidateGroup
        Those with `fallback` are considered in order, after the others.
    options : PlanOptions, optional
    gains : GainSource
        Gains of both tracks through the curves of the techniques.
    extractors : Pair of BeatFeatureExtractor, optional
        Feature extractors of A and B, used where keys or downbeats are uncertain.
    count : int
        Largest number of plans.
    headroom_a_db : float
        Gain that A's peaks allow; a quiet A is raised by no more.

    Returns
    -------
    list of TransitionPlan
        The best first, each with its reasons and the rejected candidates. Two plans differ in the
        technique, or by at least 8 bars in the swap of a track.

    Raises
    ------
    InputError
        If a cue or a swap lies outside its track.
    PlanError
        If no candidate fits; the message gives the reason for each.
    """
    options = options or PlanOptions()
    files = Pair(a, b)
    for name, track in files.items():
        _check_inside(name, track, options)
        if track.grid.bars < 1:
            raise PlanError(f"{name.upper()} has no whole bar; give a longer track.")
    a, b = match_tempo_octaves(a, b)
    notes = []
    if options.shift_beats:
        b = b.shifted(options.shift_beats)
        notes.append(f"{_later(options.shift_beats)}, as requested")
    search = PlanSearch(a=a, b=b, options=options, gains=gains, extractors=extractors)
    if options.shift_beats is None:
        shift = _shift(search.run(groups), extractors, a, b)
        if shift:
            search = attrs.evolve(search, b=b.shifted(shift))
            notes.append(f"{_later(shift)}: bass, snare and chords then coincide with A's")
    chosen: list[Choice] = []
    for choice in search.choices(groups):
        if not any(choice.candidate.resembles(other.candidate) for other in chosen):
            chosen.append(choice)
        if len(chosen) == count:
            break
    return [build_plan(choice, options, files, tuple(notes), headroom_a_db) for choice in chosen]


def _shift(
    choice: Choice, extractors: Pair[BeatFeatureExtractor] | None, a: Analysis, b: Analysis
) -> int:
    """Return the downbeat shift of B in beats; 0 without beat matching or audio."""
    counted = [track.grid.bpm for track in choice.tracks] != [a.grid.bpm, b.grid.bpm]
    if counted or not choice.candidate.tempo.matched:
        return 0
    search = PlanSearch(a=a, b=b, options=PlanOptions(), extractors=extractors)
    features = search.beat_features(choice.candidate, choice.loop)
    if features is None:
        return 0
    confidence = min(track.grid.downbeat_confidence for track in (a, b))
    return best_shift(*features, confidence, a.grid.beats_per_bar)


def _later(beats: int) -> str:
    return f"B's downbeats are moved {beats} beat{'s' * (beats > 1)} later"


def _check_inside(name: str, track: Analysis, options: PlanOptions) -> None:
    for what, asked in (("Cue", options.cue_seconds(name)), ("Swap", options.swap_seconds(name))):
        if asked is not None and not 0 <= asked < track.duration_seconds:
            raise InputError(
                f"{what} {asked:g} s lies outside track {name.upper()}; "
                f"give 0 to {track.duration_seconds:.1f} s."
            )
