"""Plans a transition: A late, B early, the swap on a phrase line of each, on one common clock."""

from __future__ import annotations

from collections.abc import Sequence

from djtrans.core.errors import InputError, PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TransitionPlan
from djtrans.planning.beat_features import Ear
from djtrans.planning.candidate_group import CandidateGroup, Choice
from djtrans.planning.downbeat_shift import best_shift
from djtrans.planning.options import PlanOptions
from djtrans.planning.plan_building import build_plan
from djtrans.planning.search import Walk
from djtrans.planning.tempo_octave import match_tempo_octaves


def plan_transition(
    a: Analysis,
    b: Analysis,
    ladder: Sequence[CandidateGroup],
    options: PlanOptions | None = None,
    ears: Pair[Ear] | None = None,
) -> TransitionPlan:
    """Plan a transition with the first rung of a ladder that holds.

    Parameters
    ----------
    a, b : Analysis
        The outgoing and the incoming track.
    ladder : sequence of CandidateGroup
        What to try, the most wanted first.
    options : PlanOptions, optional
    ears : Pair of Ear, optional
        To listen to windows of the tracks, where keys or ones are in doubt.

    Returns
    -------
    TransitionPlan
        With why it was chosen, and what was rejected.

    Raises
    ------
    InputError
        If a cue or a swap lies outside its track.
    PlanError
        If no candidate fits; the message says why for each.
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
        notes.append(f"{_later(options.shift_beats)}, as asked")
    choice = Walk(a=a, b=b, options=options, ears=ears).down(ladder)
    shift = 0 if options.shift_beats is not None else _shift(choice, ears, a, b)
    if shift:
        b = b.shifted(shift)
        notes.append(f"{_later(shift)}: bass, snare and chords then fall together")
        choice = Walk(a=a, b=b, options=options, ears=ears).down(ladder)
    return build_plan(choice, options, files, tuple(notes))


def _shift(choice: Choice, ears: Pair[Ear] | None, a: Analysis, b: Analysis) -> int:
    """By how many beats B's one should move, for a choice whose beats sound together."""
    if not choice.candidate.tempo.matched:
        return 0
    sounds = Walk(a=a, b=b, options=PlanOptions(), ears=ears).hear(choice.candidate, choice.loop)
    if sounds is None:
        return 0
    sure = min(track.grid.downbeat_confidence for track in (a, b))
    return best_shift(*sounds, sure, a.grid.beats_per_bar)


def _later(beats: int) -> str:
    return f"B's one is taken to be {beats} beat{'s' * (beats > 1)} later"


def _check_inside(name: str, track: Analysis, options: PlanOptions) -> None:
    for what, asked in (("Cue", options.cue_seconds(name)), ("Swap", options.swap_seconds(name))):
        if asked is not None and not 0 <= asked < track.duration_seconds:
            raise InputError(
                f"{what} {asked:g} s lies outside track {name.upper()}; "
                f"give 0 to {track.duration_seconds:.1f} s."
            )
