"""Which tempo the window has, and whether both tracks' beats meet there."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.errors import PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.planning.options import PlanOptions
from djtrans.planning.tempo_octave import nearest_octave

#: Up to this tempo difference the window keeps A's tempo; beyond it the tempo moves with the bars.
HOLD_LIMIT = 0.03
#: Grids less sure than this have no beat that could be matched.
BEAT_CONFIDENCE = 0.25


@attrs.frozen
class Tempo:
    """The tempo of the window.

    Attributes
    ----------
    start_bpm, end_bpm : float
        From the first bar to the last, as both tracks are counted.
    matched : bool
        Whether the beats of both tracks meet. If not, each track keeps its own tempo.
    leader : {"a", "b", ""}
        The track whose own beats are the clock; neither where the tempo moves or is a number.
    reason : str
    """

    start_bpm: float
    end_bpm: float
    matched: bool
    leader: str
    reason: str


def has_beat(track: Analysis) -> bool:
    """Whether the track has a beat that can be matched."""
    return track.grid.confidence >= BEAT_CONFIDENCE


def wander(track: Analysis) -> float:
    """How far a track strays from its own tempo, as a fraction: between most of its bars."""
    if track.grid.constant:
        return 0.0
    bars = np.diff(track.grid.downbeat_times)
    if len(bars) < 2:
        return 0.0
    fast, usual, slow = np.percentile(bars, [5.0, 50.0, 95.0])
    return float(max(slow / usual, usual / fast) - 1.0)


def beatless(a: Analysis, b: Analysis) -> str:
    """Which track has no beat that can be matched; empty if both have one."""
    for name, track in (("A", a), ("B", b)):
        if not has_beat(track):
            return f"{name} has no steady beat (confidence {track.grid.confidence:.2f})"
    return ""


def difference(a: Analysis, b: Analysis) -> float:
    """Tempo change of B at A's tempo, as a fraction; both counted in one octave."""
    return a.grid.bpm / b.grid.bpm - 1.0


def tempos_reachable(a: Analysis, b: Analysis, limit: float) -> bool:
    """Whether the beats of both, counted in one octave, can be made to meet at A's tempo."""
    meter = a.grid.beats_per_bar == b.grid.beats_per_bar
    steady = all(has_beat(track) and wander(track) <= limit for track in (a, b))
    return meter and steady and abs(difference(a, b)) <= limit


def choose_tempo(
    a: Analysis, b: Analysis, technique: TechniqueDeclaration, options: PlanOptions
) -> Tempo:
    """The tempo of the window for a technique.

    Parameters
    ----------
    a, b : Analysis
        Counted in one octave.
    technique : TechniqueDeclaration
    options : PlanOptions

    Raises
    ------
    PlanError
        If the technique needs beats that cannot be made to meet.
    """
    apart = _apart(a, b, technique, options)
    if not apart:
        far = abs(difference(a, b)) > HOLD_LIMIT
        if far and not technique.beat_matched and options.tempo == "auto":
            return unmatched(a, "no beats of both are heard at once")
        return _matched(a, b, options)
    if technique.beat_matched or options.tempo != "auto":
        raise PlanError(apart)
    return unmatched(a, apart)


def unmatched(a: Analysis, why: str) -> Tempo:
    """Each track at its own tempo."""
    return Tempo(a.grid.bpm, a.grid.bpm, False, "", f"each track at its own tempo: {why}")


def _apart(a: Analysis, b: Analysis, technique: TechniqueDeclaration, options: PlanOptions) -> str:
    """Why the beats cannot be made to meet; empty if they can."""
    if beatless(a, b):
        return beatless(a, b)
    for name, track in (("A", a), ("B", b)):
        if wander(track) > options.stretch_limit:
            return (
                f"{name}'s own tempo wanders by {100 * wander(track):.1f} %, more than the stretch "
                f"limit of {100 * options.stretch_limit:g} %"
            )
    if a.grid.beats_per_bar != b.grid.beats_per_bar:
        return (
            f"A has {a.grid.beats_per_bar} beats to the bar and B {b.grid.beats_per_bar}, so that "
            "their bars never meet"
        )
    start, end = _ends(a, b, options)
    changes = [abs(bpm / track.grid.bpm - 1.0) for bpm in (start, end) for track in (a, b)]
    limit = options.stretch_limit
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
            f"the tempos differ by {100 * abs(difference(a, b)):.1f} %, and it takes "
            f"{100 * own:g} % at most"
        )
    return ""


def _matched(a: Analysis, b: Analysis, options: PlanOptions) -> Tempo:
    start, end = _ends(a, b, options)
    if start != end:
        return Tempo(start, end, True, "", f"the tempo moves from {start:.4g} to {end:.4g} BPM")
    if options.bpm is not None:
        return Tempo(start, end, True, "", f"both tracks at {start:.4g} BPM, as asked")
    leader = "b" if options.tempo == "b" else "a"
    return Tempo(start, end, True, leader, f"both tracks at {leader.upper()}'s tempo")


def _ends(a: Analysis, b: Analysis, options: PlanOptions) -> tuple[float, float]:
    """Tempo at the start and at the end of the window."""
    bpm_a, bpm_b = a.grid.bpm, b.grid.bpm
    if options.bpm is not None:
        bpm = nearest_octave(options.bpm, bpm_a)
        return bpm, bpm
    if options.tempo == "b":
        return bpm_b, bpm_b
    far = options.tempo == "auto" and abs(difference(a, b)) > HOLD_LIMIT
    return (bpm_a, bpm_b) if far or options.tempo == "ramp" else (bpm_a, bpm_a)
