"""Inputs of the exporters: a transition, its audio, and its tracks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import attrs
from torch import Tensor

from djtrans.core.curves.breakpoints import Breakpoints, breakpoints
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import ParamsFile
from djtrans.core.transition.plan import Loop, TrackPlan, TransitionPlan, track_seconds

#: Relative difference of tempos that are written as one.
_SAME_TEMPO = 1e-6


@attrs.frozen(eq=False, kw_only=True)
class ExportAudio:
    """Rendered audio of a transition, ``[channels, samples]`` float32 each, of equal length.

    Attributes
    ----------
    mix : Tensor
        The mix.
    heard : mapping of str to Tensor
        Stems after the mixer, by ``"a/drums"``. Their sum is the mix before the master chain. The
        parts of a track that were not separated, if there are any, are ``"a/unseparated"``.
    sources : mapping of str to Tensor
        The same stems before the mixer: aligned with the timeline, at the level of the mix.
    """

    mix: Tensor
    heard: Mapping[str, Tensor]
    sources: Mapping[str, Tensor]


@attrs.frozen(eq=False, kw_only=True)
class ExportTrack:
    """Track of a transition.

    Attributes
    ----------
    path : Path
        The file.
    duration_seconds : float
        Its length.
    sample_rate : int
        Its sample rate in Hz.
    analysis : Analysis
        Its beat grid, key and sections.
    """

    path: Path
    duration_seconds: float
    sample_rate: int
    analysis: Analysis


@attrs.frozen(eq=False, kw_only=True)
class ExportInputs:
    """A transition, ready to be exported.

    Times are seconds of the *audio*, 0 at its first sample, unless stated otherwise.

    Attributes
    ----------
    name : str
        Name of the result without its suffix.
    content : ParamsFile
        Curves, plan and provenance.
    rendered : ExportAudio or None
        None unless the exporter needs ``"audio"``.
    files : Pair of ExportTrack, or None
        None unless the exporter needs ``"tracks"``.
    """

    name: str
    content: ParamsFile
    rendered: ExportAudio | None = None
    files: Pair[ExportTrack] | None = None

    @property
    def params(self) -> TransitionParams:
        """Curves."""
        return self.content.params

    @property
    def plan(self) -> TransitionPlan:
        """Plan."""
        return self.content.plan

    @property
    def audio(self) -> ExportAudio:
        """Rendered audio; an exporter that uses it declares that it needs it."""
        if self.rendered is None:
            raise InputError("There is no audio: the exporter does not declare needs=('audio',).")
        return self.rendered

    @property
    def tracks(self) -> Pair[ExportTrack]:
        """Both tracks; an exporter that uses them declares that it needs them."""
        if self.files is None:
            raise InputError(
                "There are no tracks: the exporter does not declare needs=('tracks',)."
            )
        return self.files

    @property
    def sample_rate(self) -> int:
        """Sample rate of the audio in Hz."""
        return self.content.provenance.render.sample_rate

    @property
    def start_seconds(self) -> float:
        """Start of the window."""
        return -self.content.provenance.render.start / self.sample_rate

    @property
    def duration_seconds(self) -> float:
        """Length of the audio."""
        render = self.content.provenance.render
        return (render.stop - render.start) / self.sample_rate

    @property
    def marks(self) -> tuple[tuple[str, float], ...]:
        """Names and times of the start, the swap and the end of the window."""
        plan = self.plan
        clock = (("start", 0.0), ("swap", plan.swap_seconds), ("end", plan.window_seconds))
        return tuple((name, self.start_seconds + seconds) for name, seconds in clock)

    def breakpoints(self, key: str) -> Breakpoints:
        """Compute the breakpoints of a curve; see :func:`djtrans.core.breakpoints`."""
        return [(self.start_seconds + t, value) for t, value in breakpoints(self.params, key)]

    def file_seconds(self, track: str, seconds: float) -> float:
        """Convert a time of the audio to the time of a track's file.

        Parameters
        ----------
        track : {"a", "b"}
            The track.
        seconds : float
            Time of the audio.

        Returns
        -------
        float
            Seconds from the first sample of the file; in a repeat of a loop, those of the looped
            bars. Loops and brakes at the end of A (`playback`) are left out of account.
        """
        side: TrackPlan = self.plan.sides[track]
        position = track_seconds(side.warp, seconds - self.start_seconds)
        return position if side.loop is None else _unlooped(position, side.loop)

    @property
    def bars(self) -> BarLines:
        """Bar lines of the audio, for the timeline of a sequencer."""
        return BarLines(self.plan, self.start_seconds, self.duration_seconds)


@attrs.frozen
class BarLines:
    """Timeline of a sequencer, on which the window starts on a bar line.

    The project starts with the last bar line at or before the start of the audio.

    Attributes
    ----------
    plan : TransitionPlan
    start_seconds : float
        Start of the window in the audio.
    duration_seconds : float
        Length of the audio.
    """

    plan: TransitionPlan
    start_seconds: float
    duration_seconds: float

    @property
    def lead_beats(self) -> int:
        """Beats of the project before the window, in whole bars."""
        before = -self.plan.beat_of_clock(-self.start_seconds)
        per_bar = self.plan.beats_per_bar
        return max(0, math.ceil(before / per_bar - 1e-9)) * per_bar

    @property
    def audio_seconds(self) -> float:
        """Start of the audio in seconds of the project."""
        return -self.plan.clock_of_beat(-self.lead_beats) - self.start_seconds

    def beat(self, seconds: float) -> float:
        """Convert a time of the audio to a beat of the project."""
        return self.lead_beats + self.plan.beat_of_clock(seconds - self.start_seconds)

    @property
    def tempos(self) -> tuple[tuple[int, float], ...]:
        """Beats of the project from which on a tempo applies, and the tempo in BPM."""
        times = self.plan.beat_times
        found: list[tuple[int, float]] = []
        for index, (begin, end) in enumerate(pairwise(times)):
            bpm = 60.0 / (end - begin)
            if not found:
                found.append((0, bpm))
            elif abs(bpm / found[-1][1] - 1.0) > _SAME_TEMPO:
                found.append((self.lead_beats + index, bpm))
        return tuple(found)


def _unlooped(seconds: float, loop: Loop) -> float:
    """Convert seconds of the looped track to those of its file."""
    if seconds < loop.stop_seconds:
        return seconds
    if seconds >= loop.stop_seconds + loop.added_seconds:
        return seconds - loop.added_seconds
    length = loop.stop_seconds - loop.start_seconds
    return loop.start_seconds + (seconds - loop.start_seconds) % length
