"""Choose the tempo of the window, and decide if the tracks are beat-matched."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.errors import PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.planning.options import STRETCH_LIMIT, PlanOptions
from djtrans.planning.tempo_octave import nearest_octave

#: Up to this tempo difference the window keeps A's tempo; beyond it the tempo changes bar by bar.
HOLD_LIMIT = 0.03
#: Confidence of a beat grid, a probability, below which the track is not beat-matched.
BEAT_CONFIDENCE = 0.4


@attrs.frozen
class Tempo:
    """The tempo of the window.

    Attributes
    ----------
    start_bpm, end_bpm : float
        At the first bar and at the last, in the common tempo octave.
    matched : bool
        True if the tracks are beat-matched. If not, each track keeps its own tempo.
    leader : {"a", "b", ""}
        The track whose own beats are the timeline; neither if the tempo changes or is a number.
    reason : str
        Explanation for the plan.
    """

    start_bpm: float
    end_bpm: float
    matched: bool
    leader: str
    reason: str


def has_beat(track: Analysis) -> bool:
    """Return True if the track has a beat that can be matched."""
    return track.grid.confidence >= BEAT_CONFIDENCE


def tempo_variation(track: Analysis) -> float:
    """Return how far bar lengths deviate from their median (5th to 95th percentile), a fraction."""
    if track.grid.constant:
        return 0.0
    bars = np.diff(track.grid.downbeat_times)
    if len(bars) < 2:
        return 0.0
    fast, usual, slow = np.percentile(bars, [5.0, 50.0, 95.0])
    return float(max(slow / usual, usual / fast) - 1.0)


def beatless(a: Analysis, b: Analysis) -> str:
    """Return which track has no beat that can be matched; empty if both have one."""
    for name, track in (("A", a), ("B", b)):
        if not has_beat(track):
            return f"{name} has no steady beat (confidence {track.grid.confidence:.2f})"
    return ""


def difference(a: Analysis, b: Analysis) -> float:
    """Return the tempo change of B at A's tempo, as a fraction; both in one tempo octave."""
    return a.grid.bpm / b.grid.bpm - 1.0


def stretch_limit(technique: TechniqueDeclaration, options: PlanOptions) -> float:
    """Return the largest tempo change: the user's limit, the technique's or the default one."""
    if options.stretch_limit is not None:
        return options.stretch_limit
    return max(STRETCH_LIMIT, technique.tempo_limit or 0.0)


def tempos_reachable(a: Analysis, b: Analysis, limit: float) -> bool:
    """Return True if both tracks, in one tempo octave, can be beat-matched at A's tempo."""
    meter = a.grid.beats_per_bar == b.grid.beats_per_bar
    steady = all(has_beat(track) and tempo_variation(track) <= limit for track in (a, b))
    return meter and steady and abs(difference(a, b)) <= limit


def choose_tempo(
    a: Analysis, b: Analysis, technique: TechniqueDeclaration, options: PlanOptions
) -> Tempo:
    """Choose the tempo of the window for a technique.

    Parameters
    ----------
    a, b : Analysis
        In one tempo octave.
    technique : TechniqueDeclaration
    options : PlanOptions

    Raises
    ------
    PlanError
        If the technique is beat-matched, and the tracks cannot be.
    """
    requested = options.tempo != "auto"
    options = attrs.evolve(
        options,
        tempo=options.tempo if requested else technique.tempo,
        stretch_limit=stretch_limit(technique, options),
    )
    mismatch = _mismatch(a, b, technique, options)
    if not mismatch:
        far = abs(difference(a, b)) > HOLD_LIMIT
        if far and not technique.beat_matched and options.tempo == "auto":
            return unmatched_tempo(a, "their beats are never audible together")
        return _matched(a, b, options)
    if technique.beat_matched or requested:
        raise PlanError(mismatch)
    return unmatched_tempo(a, mismatch)


def unmatched_tempo(a: Analysis, why: str) -> Tempo:
    """Keep each track at its own tempo."""
    return Tempo(a.grid.bpm, a.grid.bpm, False, "", f"each track at its own tempo: {why}")


def _mismatch(
    a: Analysis, b: Analysis, technique: TechniqueDeclaration, options: PlanOptions
) -> str:
    """Return why the tracks cannot be beat-matched; empty if they can."""
    if beatless(a, b):
        return beatless(a, b)
    limit = stretch_limit(technique, options)
    for name, track in (("A", a), ("B", b)):
        if tempo_variation(track) > limit:
            return (
                f"{name}'s tempo varies by {100 * tempo_variation(track):.1f} %, more than the "
                f"stretch limit of {100 * limit:g} %"
            )
    if a.grid.beats_per_bar != b.grid.beats_per_bar:
        return (
            f"A has {a.grid.beats_per_bar} beats per bar and B {b.grid.beats_per_bar}, so their "
            "bars cannot be aligned"
        )
    start, end = _ends(a, b, options)
    changes = [abs(bpm / track.grid.bpm - 1.0) for bpm in (start, end) for track in (a, b)]
    if max(changes) > limit:
        if options.tempo in ("auto", "a"):
            return (
                f"the tempos differ by {100 * abs(difference(a, b)):.1f} %, more than the stretch "
                f"limit of {100 * limit:g} %"
            )
        return (
            f"tempo {options.tempo} changes a track by {100 * max(changes):.1f} %, more than the "
            f"stretch limit of {100 * limit:g} %"
        )
    own = technique.tempo_limit
    if own is not None and abs(difference(a, b)) > own:
        return (
            f"the tempos differ by {100 * abs(difference(a, b)):.1f} %; the technique allows at "
            f"most {100 * own:g} %"
        )
    return ""


def _matched(a: Analysis, b: Analysis, options: PlanOptions) -> Tempo:
    start, end = _ends(a, b, options)
    if start != end:
        return Tempo(start, end, True, "", f"the tempo changes from {start:.4g} to {end:.4g} BPM")
    if options.bpm is not None:
        return Tempo(start, end, True, "", f"both tracks at {start:.4g} BPM, as requested")
    leader = "b" if options.tempo == "b" else "a"
    return Tempo(start, end, True, leader, f"both tracks at {leader.upper()}'s tempo")


def _ends(a: Analysis, b: Analysis, options: PlanOptions) -> tuple[float, float]:
    """Return the tempo at the start and at the end of the window."""
    bpm_a, bpm_b = a.grid.bpm, b.grid.bpm
    if options.bpm is not None:
        bpm = nearest_octave(options.bpm, bpm_a)
        return bpm, bpm
    if options.tempo == "b":
        return bpm_b, bpm_b
    far = options.tempo == "auto" and abs(difference(a, b)) > HOLD_LIMIT
    return (bpm_a, bpm_b) if far or options.tempo == "ramp" else (bpm_a, bpm_a)
