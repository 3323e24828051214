"""The plan of a transition: where, how long, how fast, how loud, and why. Data only.

All times named *clock* are seconds on the common clock, 0 at the start of the window; all times
named *track* are seconds from the first sample of the track's file.
"""

from __future__ import annotations

import bisect
from itertools import pairwise
from typing import TypeAlias

import attrs

from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.transition.pair import Pair

#: Points (clock seconds, track seconds) that lay a track on the common clock.
Warp: TypeAlias = "tuple[tuple[float, float], ...]"


def track_seconds(warp: Warp, clock_seconds: float) -> float:
    """Track time that sounds at a clock time; linear between the points and beyond them."""
    later = next((i for i, (clock, _) in enumerate(warp[1:-1], 1) if clock > clock_seconds), -1)
    after = later % len(warp)
    (clock_0, track_0), (clock_1, track_1) = warp[after - 1], warp[after]
    return track_0 + (clock_seconds - clock_0) * (track_1 - track_0) / (clock_1 - clock_0)


def clock_seconds(warp: Warp, track_seconds_: float) -> float:
    """Clock time at which a track time sounds; the inverse of :func:`track_seconds`."""
    return track_seconds(tuple((track, clock) for clock, track in warp), track_seconds_)


@attrs.frozen
class ClockSection:
    """A section of a track on the common clock, in seconds.

    `level_db` is relative to the track's loudest section.
    """

    label: str
    start: float
    stop: float
    level_db: float = 0.0


@attrs.frozen
class BeatSection:
    """A section of a track in beats of the window; it may begin before it and end after it.

    Attributes
    ----------
    label : str
    start, stop : float
        In beats.
    level_db : float
        Relative to the track's loudest section.
    """

    label: str
    start: float
    stop: float
    level_db: float = 0.0


@attrs.frozen(kw_only=True)
class Loop:
    """Bars of a track that are repeated before it goes on, where it is too short to mix out of.

    The loop is cut into the track before anything else is done to it: every time and every bar of
    the plan counts along the *looped* track, which is `repeats` times the loop longer.

    Attributes
    ----------
    start_bar, bars : int
        The bars that are repeated, counted as the plan counts.
    repeats : int
        How many times they are heard again.
    start_seconds, stop_seconds : float
        The same in seconds of the track's file.
    """

    start_bar: int
    bars: int
    repeats: int
    start_seconds: float
    stop_seconds: float

    @property
    def added_seconds(self) -> float:
        """How much longer the track becomes."""
        return self.repeats * (self.stop_seconds - self.start_seconds)


@attrs.frozen(kw_only=True)
class TrackPlan:
    """One track's part of the plan.

    Attributes
    ----------
    cue_seconds : float
        Track time at which the window starts: a downbeat.
    cue_bar, swap_bar : int
        Bars of the track at the start of the window and at the swap (counted as the plan counts:
        in the octave that both tracks share).
    cue_section, swap_section : str
        Sections that these bars lie in.
    swap_on_phrase : bool
        Whether the swap lies on one of the track's own phrase lines.
    place : str
        What of the track lies at the swap, one of
        :data:`djtrans.core.contracts.technique.PLACES`; empty where none of them does.
    warp : tuple of (float, float)
        Points (clock seconds, track seconds), linear between and beyond: how the track is laid on
        the common clock. Two points are one constant rate.
    gain_db : float
        Static level trim.
    bpm : float
        Tempo of the track's file.
    key : str
        Camelot code, as found in the file.
    key_shift : float
        Transposition in semitones, tempo unchanged.
    loop : Loop or None
        Bars that are repeated.
    phrase_lines : tuple of float
        Clock time of every phrase line of the track.
    sections : tuple of ClockSection
        The track's sections on the clock, in order, without gaps.
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
    phrase_lines: tuple[float, ...] = ()
    sections: tuple[ClockSection, ...] = ()

    @property
    def stretch_percent(self) -> float:
        """The largest tempo change against the file, in percent; positive is faster."""
        changes = (
            (track_1 - track_0) / (clock_1 - clock_0) - 1.0
            for (clock_0, track_0), (clock_1, track_1) in pairwise(self.warp)
        )
        return 100.0 * max(changes, key=abs)

    @property
    def gain(self) -> float:
        """The level trim as a linear gain."""
        return float(db_to_amplitude(self.gain_db))


@attrs.frozen(kw_only=True)
class TransitionPlan:
    """A plan that can be rendered.

    Attributes
    ----------
    technique : str
        Qualified name of the technique that the plan was made for.
    bars : int
        Length of the window.
    swap_beat : int
        Beat of the window on which the exchange ends.
    beat_times : tuple of float
        Clock time of each beat of the window, and of its end.
    beats_per_bar, frames_per_beat : int
    a, b : TrackPlan
    key_distance : int
        Steps on the Camelot wheel between the tracks.
    reasons, rejected : tuple of str
        Why it is so, and what was not chosen and why.
    confidence : float
        How sure the planner is, 0 to 1: the least sure of what the plan rests on.
    refined_bars : int
        By how many bars the window was shortened at its end when the stems were there. What the
        separator heard reached so much further.
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
    reasons: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    confidence: float = 1.0
    refined_bars: int = 0

    @property
    def sides(self) -> Pair[TrackPlan]:
        """Both tracks' parts of the plan."""
        return Pair(self.a, self.b)

    @property
    def on_phrase(self) -> tuple[str, ...]:
        """Tracks whose swap lies on a phrase boundary: ``"A"``, ``"B"``, both or none."""
        return tuple(name.upper() for name, side in self.sides.items() if side.swap_on_phrase)

    @property
    def n_frames(self) -> int:
        """Frames of the window."""
        return self.bars * self.beats_per_bar * self.frames_per_beat

    @property
    def window_seconds(self) -> float:
        """Length of the window."""
        return self.beat_times[-1]

    @property
    def swap_seconds(self) -> float:
        """Clock time of the swap."""
        return self.beat_times[self.swap_beat]

    def clock_of_beat(self, beat: float) -> float:
        """Clock time of a beat; before and after the window the tempo goes on."""
        last = len(self.beat_times) - 1
        index = min(max(int(beat // 1), 0), last - 1)
        left, right = self.beat_times[index], self.beat_times[index + 1]
        return left + (beat - index) * (right - left)

    def beat_of_clock(self, clock_seconds: float) -> float:
        """Beat at a clock time; the inverse of :meth:`clock_of_beat`."""
        after = bisect.bisect_right(self.beat_times, clock_seconds)
        index = min(max(after - 1, 0), len(self.beat_times) - 2)
        left, right = self.beat_times[index], self.beat_times[index + 1]
        return index + (clock_seconds - left) / (right - left)

    def phrase_beats(self, side: TrackPlan) -> tuple[float, ...]:
        """Beats of the window, ends included, on which a phrase of a track starts."""
        last = self.beat_times[-1]
        inside = (t for t in side.phrase_lines if -1e-6 <= t <= last + 1e-6)
        return tuple(round(self.beat_of_clock(t), 6) for t in inside)

    def beat_sections(self, side: TrackPlan) -> tuple[BeatSection, ...]:
        """The sections of a track that the window touches, in beats of the window."""
        last = self.beat_times[-1]
        return tuple(
            BeatSection(
                s.label, self.beat_of_clock(s.start), self.beat_of_clock(s.stop), s.level_db
            )
            for s in side.sections
            if s.stop > 0.0 and s.start < last
        )
