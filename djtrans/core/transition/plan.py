"""Plan of a transition: cue points, window, swap, tempo map, gains and reasons.

*Clock* times are seconds on the timeline of the transition, 0 at the start of the window; *track*
times are seconds from the first sample of the track's file.
"""

from __future__ import annotations

import bisect
from itertools import pairwise
from typing import TypeAlias

import attrs

from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.transition.gain_ease import GainEase
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.playback import PlaybackSegment

#: Points (clock seconds, track seconds) of a piecewise-linear time map.
Warp: TypeAlias = "tuple[tuple[float, float], ...]"


def track_seconds(warp: Warp, clock_seconds: float) -> float:
    """Convert a clock time to track time; linear between the points and beyond them."""
    later = next((i for i, (clock, _) in enumerate(warp[1:-1], 1) if clock > clock_seconds), -1)
    after = later % len(warp)
    (clock_0, track_0), (clock_1, track_1) = warp[after - 1], warp[after]
    return track_0 + (clock_seconds - clock_0) * (track_1 - track_0) / (clock_1 - clock_0)


def clock_seconds(warp: Warp, track_seconds_: float) -> float:
    """Convert a track time to clock time; the inverse of :func:`track_seconds`."""
    return track_seconds(tuple((track, clock) for clock, track in warp), track_seconds_)


@attrs.frozen
class ClockSection:
    """Section of a track on the timeline.

    Attributes
    ----------
    label : str
        Label of the section.
    start, stop : float
        Clock seconds.
    level_db : float
        Level relative to the track's loudest section.
    """

    label: str
    start: float
    stop: float
    level_db: float = 0.0


@attrs.frozen
class BeatSection:
    """Section of a track in beats of the window; it may extend beyond the window.

    Attributes
    ----------
    label : str
        Label of the section.
    start, stop : float
        Beats of the window.
    level_db : float
        Level relative to the track's loudest section.
    """

    label: str
    start: float
    stop: float
    level_db: float = 0.0


@attrs.frozen(kw_only=True)
class Loop:
    """Loop: bars of a track that are repeated, because its outro is too short for the window.

    The loop is applied before all other processing: all times and bars of the plan refer to the
    *looped* track, which is longer by `repeats` times the loop.

    Attributes
    ----------
    start_bar, bars : int
        First bar and number of bars, counted as in the plan.
    repeats : int
        Number of additional repeats.
    start_seconds, stop_seconds : float
        Start and end of the bars in seconds of the track's file.

    Examples
    --------
    >>> from djtrans.core import Loop
    >>> loop = Loop(start_bar=60, bars=4, repeats=2, start_seconds=120.0, stop_seconds=128.0)
    >>> loop.added_seconds
    16.0
    """

    start_bar: int
    bars: int
    repeats: int
    start_seconds: float
    stop_seconds: float

    @property
    def added_seconds(self) -> float:
        """Length that the loop adds to the track, in seconds."""
        return self.repeats * (self.stop_seconds - self.start_seconds)


@attrs.frozen(kw_only=True)
class TrackPlan:
    """Plan of one track of a transition.

    Attributes
    ----------
    cue_seconds : float
        Track time of the cue point, at which the window starts: a downbeat.
    cue_bar, swap_bar : int
        Bars of the track at the start of the window and at the swap, counted in the tempo octave
        that both tracks share.
    cue_section, swap_section : str
        Labels of the sections of these bars.
    swap_on_phrase : bool
        True if the swap is on a phrase boundary of the track.
    place : str
        Anchor at the swap, one of :data:`djtrans.core.contracts.technique.PLACES`; empty if none.
    warp : tuple of (float, float)
        Time map from the timeline to the track: points (clock seconds, track seconds), linear
        between and beyond them. Two points are a constant rate.
    gain_db : float
        Gain, constant up to the `gain_ease`.
    bpm : float
        Tempo of the track's file.
    key : str
        Camelot code of the track's file.
    key_shift : float
        Transposition in semitones.
    loop : Loop or None
        Bars that are repeated.
    playback : tuple of PlaybackSegment
        Loops and changes of speed of the track's end, in clock seconds and without gaps, after
        which it is silent; empty if it plays on. Applied after the warp, to stems and mix alike.
    gain_ease : GainEase or None
        Return to the track's own level after the window.
    phrase_lines : tuple of float
        Clock times of the track's phrase boundaries.
    sections : tuple of ClockSection
        Sections of the track, in order and without gaps.
    """

    cue_seconds: float
    cue_bar: int
    swap_bar: int
    cue_section: str
    swap_section: str
    swap_on_phrase: bool
    place: str = "phrase"
    warp: Warp
    gain_db: float
    bpm: float
    key: str
    key_shift: float = 0.0
    loop: Loop | None = None
    playback: tuple[PlaybackSegment, ...] = ()
    gain_ease: GainEase | None = None
    phrase_lines: tuple[float, ...] = ()
    sections: tuple[ClockSection, ...] = ()

    @property
    def music(self) -> tuple[float, float] | None:
        """Clock times of the start and the end of the track's sections; None without sections."""
        return (self.sections[0].start, self.sections[-1].stop) if self.sections else None

    @property
    def stretch_percent(self) -> float:
        """Largest tempo change relative to the file, in percent; positive is faster."""
        changes = (
            (track_1 - track_0) / (clock_1 - clock_0) - 1.0
            for (clock_0, track_0), (clock_1, track_1) in pairwise(self.warp)
        )
        return 100.0 * max(changes, key=abs)

    @property
    def gain(self) -> float:
        """Gain up to the `gain_ease`, linear."""
        return float(db_to_amplitude(self.gain_db))

    @property
    def own_gain_db(self) -> float:
        """Gain after the `gain_ease`."""
        return self.gain_db if self.gain_ease is None else self.gain_ease.gain_db

    def gain_db_at(self, clock_seconds: float) -> float:
        """Return the gain at a clock time."""
        ease = self.gain_ease
        return self.gain_db if ease is None else ease.gain_db_at(clock_seconds, self.gain_db)


@attrs.frozen(kw_only=True)
class TransitionPlan:
    """Plan of a transition.

    Attributes
    ----------
    technique : str
        Qualified name of the technique.
    bars : int
        Length of the window in bars.
    swap_beat : int
        Beat of the window of the swap.
    beat_times : tuple of float
        Clock times of the window's beats and of its end.
    beats_per_bar, frames_per_beat : int
        Meter and time resolution of the curves.
    beat_matched : bool
        True if the beats of both tracks coincide one by one; False if each track keeps its own
        tempo, or their tempos have another ratio.
    a, b : TrackPlan
        Plans of both tracks.
    key_distance : int
        Camelot distance of the tracks.
    reasons, rejected : tuple of str
        Reasons for the plan, and rejected candidates with reasons.
    confidence : float
        Probability, 0 to 1, that the grids are right and that the transition passes the gates.
    cost : float
        Cost by which the planner compared it with other candidates; lower is better.
    faults : tuple of (str, float)
        Faults that the planner predicts, and their costs: 1 is as bad as a failed gate.
    refined_bars : int
        Bars by which the window was shortened at its end after separation; the separated span
        extends further by as much.

    Examples
    --------
    >>> import djtrans
    >>> structure = (("intro", 16), ("drop", 32), ("outro", 16))
    >>> song = djtrans.synthesize(djtrans.TrackSpec(bpm=126, structure=structure))
    >>> analysis = djtrans.analyze_track(djtrans.Track(song.audio, song.sample_rate))
    >>> plan = djtrans.plan_transition(analysis, analysis, technique="bass-swap")
    >>> plan.bars * plan.beats_per_bar == len(plan.beat_times) - 1
    True

    See Also
    --------
    djtrans.plan_transition : Plan a transition between two analyzed tracks.
    """

    technique: str
    bars: int
    swap_beat: int
    beat_times: tuple[float, ...]
    a: TrackPlan
    b: TrackPlan
    key_distance: int
    beats_per_bar: int = 4
    frames_per_beat: int = 2
    beat_matched: bool = True
    reasons: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    confidence: float = 1.0
    cost: float = 0.0
    faults: tuple[tuple[str, float], ...] = ()
    refined_bars: int = 0

    @property
    def sides(self) -> Pair[TrackPlan]:
        """Plans of both tracks."""
        return Pair(self.a, self.b)

    @property
    def on_phrase(self) -> tuple[str, ...]:
        """Tracks whose swap lies on a phrase boundary: ``"A"``, ``"B"``, both or none."""
        return tuple(name.upper() for name, side in self.sides.items() if side.swap_on_phrase)

    @property
    def n_frames(self) -> int:
        """Number of frames of the window."""
        return self.bars * self.beats_per_bar * self.frames_per_beat

    @property
    def window_seconds(self) -> float:
        """Length of the window in seconds."""
        return self.beat_times[-1]

    @property
    def swap_seconds(self) -> float:
        """Clock time of the swap."""
        return self.beat_times[self.swap_beat]

    def clock_of_beat(self, beat: float) -> float:
        """Convert a beat to clock time; the tempo extends beyond the window."""
        last = len(self.beat_times) - 1
        index = min(max(int(beat // 1), 0), last - 1)
        left, right = self.beat_times[index], self.beat_times[index + 1]
        return left + (beat - index) * (right - left)

    def beat_of_clock(self, clock_seconds: float) -> float:
        """Convert a clock time to a beat; the inverse of :meth:`clock_of_beat`."""
        after = bisect.bisect_right(self.beat_times, clock_seconds)
        index = min(max(after - 1, 0), len(self.beat_times) - 2)
        left, right = self.beat_times[index], self.beat_times[index + 1]
        return index + (clock_seconds - left) / (right - left)

    def phrase_beats(self, side: TrackPlan) -> tuple[float, ...]:
        """Return the beats of the window, ends included, on which a phrase of a track starts."""
        last = self.beat_times[-1]
        inside = (t for t in side.phrase_lines if -1e-6 <= t <= last + 1e-6)
        return tuple(round(self.beat_of_clock(t), 6) for t in inside)

    def beat_sections(self, side: TrackPlan) -> tuple[BeatSection, ...]:
        """Return the sections of a track that overlap the window, in beats of the window."""
        last = self.beat_times[-1]
        return tuple(
            BeatSection(
                s.label, self.beat_of_clock(s.start), self.beat_of_clock(s.stop), s.level_db
            )
            for s in side.sections
            if s.stop > 0.0 and s.start < last
        )
