"""Align a track with the timeline of a transition and separate it into stems."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.audio.looping import looped
from djtrans.core.audio.playback import play
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.warping import warp
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.contracts.separator import Separator, SeparatorDeclaration
from djtrans.core.track.lazy_track import LazyTrack
from djtrans.core.track.separation import separate
from djtrans.core.track.stems import Stems
from djtrans.core.track.track import Track
from djtrans.core.transition.gain_ease import GainEase
from djtrans.core.transition.plan import TrackPlan, TransitionPlan, track_seconds
from djtrans.core.util.profiling import timed

#: Bars of context on either side of the window that are separated, too.
MARGIN_BARS = 4


@attrs.frozen
class Span:
    """Span of the timeline in samples; 0 is the start of the window."""

    start: int
    stop: int

    @property
    def samples(self) -> int:
        """Length in samples."""
        return self.stop - self.start


@attrs.frozen(eq=False)
class AlignedTrack:
    """Track on the timeline, including its gain.

    Attributes
    ----------
    mix : Tensor
        ``[channels, samples]`` over `span`.
    span : Span
        Span of `mix`.
    stems : Stems
        Stems over `stems_span`, which sum to the mix.
    stems_span : Span
        Window and the separator's context around it.
    """

    mix: Tensor
    span: Span
    stems: Stems
    stems_span: Span

    def solo(self, span: Span) -> Tensor:
        """Return the unprocessed track over another span, zero beyond `span`."""
        return padded_slice(self.mix, span.start - self.span.start, span.stop - self.span.start)

    def window(self, span: Span) -> Stems:
        """Return the stems over a part of their span."""
        start = self.stems_span.start
        return self.stems.window(span.start - start, span.stop - start)


def window_span(plan: TransitionPlan, sample_rate: int) -> Span:
    """Return the span of the window."""
    return Span(0, round(plan.window_seconds * sample_rate))


def margin_span(plan: TransitionPlan, sample_rate: int) -> Span:
    """Return the span of the window and of the separator's context around it."""
    beats = MARGIN_BARS * plan.beats_per_bar
    refined = plan.refined_bars * plan.beats_per_bar
    last = len(plan.beat_times) - 1
    return Span(
        round(plan.clock_of_beat(-beats) * sample_rate),
        round(plan.clock_of_beat(last + refined + beats) * sample_rate),
    )


def align(track: Track | LazyTrack, side: TrackPlan, span: Span) -> Tensor:
    """Loop, stretch, transpose and scale a track as planned.

    Parameters
    ----------
    track : Track or LazyTrack
        The track.
    side : TrackPlan
        The track's part of the plan.
    span : Span
        Span of the result on the timeline.

    Returns
    -------
    Tensor
        ``[channels, samples]``; zero beyond the ends of the track.
    """
    return _align_audio(track.audio, track.sample_rate, side, span)


def _align_audio(audio: Tensor, rate: int, side: TrackPlan, span: Span) -> Tensor:
    if side.loop is not None:
        audio = looped(audio, side.loop, rate)
    start, stop = span.start / rate, span.stop / rate
    aligned = warp(audio, side.warp, rate, start, stop, semitones=side.key_shift) * side.gain
    if side.gain_ease is not None:
        _ease_gain(aligned, side.gain_ease, side.gain_db, span, rate)
    return aligned


def _ease_gain(
    audio: Tensor, ease: GainEase, before_db: float, span: Span, sample_rate: int
) -> None:
    """Ease the gain of an aligned track ``[channels, samples]``, in place."""
    first, last = (
        min(max(round(seconds * sample_rate) - span.start, 0), span.samples)
        for seconds in (ease.start, ease.stop)
    )
    seconds = (torch.arange(first, last, dtype=torch.float64) + span.start) / sample_rate
    part = ((seconds - ease.start) / (ease.stop - ease.start)).clamp(0.0, 1.0)
    change_db = ease.gain_db - before_db
    audio[:, first:last] *= db_to_amplitude(part * change_db).to(audio)
    audio[:, last:] *= db_to_amplitude(change_db)


def align_and_separate(
    track: Track | LazyTrack,
    side: TrackPlan,
    plan: TransitionPlan,
    span: Span,
    separator: Separator,
    declaration: SeparatorDeclaration,
    progress: FractionCallback | None = None,
    align_mix: Callable[[Track | LazyTrack, TrackPlan, Span], Tensor] = align,
) -> AlignedTrack:
    """Align a track with the timeline and separate the window and its context.

    A separator that computes its stems receives the stretched track, since stems that are stretched
    separately do not sum to the stretched mix. Existing stems are stretched separately, and the
    aligned track is *defined* as their sum, so that there is no discontinuity between the window
    and its context in either case. Planned playback segments are applied last, to the stems and the
    mix together.

    Parameters
    ----------
    track : Track or LazyTrack
        Track at the sample rate and number of channels of the render.
    side : TrackPlan
        The track's part of the plan.
    plan : TransitionPlan
        The plan.
    span : Span
        Span of the result on the timeline; extended to include the separator's context.
    separator : Separator
        The separator.
    declaration : SeparatorDeclaration
        Its declaration.
    progress : callable, optional
        Progress callback.
    align_mix : callable
        :func:`align`, or the same with a cache, for the track that the separator receives.

    Returns
    -------
    AlignedTrack
    """
    rate = track.sample_rate
    margin = margin_span(plan, rate)
    span = Span(min(span.start, margin.start), max(span.stop, margin.stop))
    if declaration.reads_source:
        source = separate(separator, declaration, track.audio, rate, progress=progress)
        parts = [_align_audio(stem, rate, side, span) for stem in source.audio]
        whole = Stems(torch.stack(parts), source.names, rate)
        stems = whole.window(margin.start - span.start, margin.stop - span.start)
        return _played(AlignedTrack(whole.mix, span, stems, margin), side)
    with timed("align"):
        mix = align_mix(track, side, span)
    part = mix[:, margin.start - span.start : margin.stop - span.start]
    start = track_seconds(side.warp, margin.start / rate)
    with timed("stems"):
        stems = separate(separator, declaration, part, rate, start_seconds=start, progress=progress)
    return _played(AlignedTrack(mix, span, stems, margin), side)


def _played(track: AlignedTrack, side: TrackPlan) -> AlignedTrack:
    """Play the end of an aligned track as planned."""
    if not side.playback:
        return track
    stems, margin = track.stems, track.stems_span
    parts = torch.cat([*stems.audio, track.solo(margin)])
    played = play(parts, side.playback, stems.sample_rate, margin.start)
    *audio, solo = played.split(len(track.mix))
    mix = track.mix.clone()
    first = margin.start - track.span.start
    mix[:, first : first + margin.samples] = solo
    mix[:, first + margin.samples :] = 0.0
    return attrs.evolve(track, mix=mix, stems=attrs.evolve(stems, audio=torch.stack(audio)))
