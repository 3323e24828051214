"""Lays a track on the common clock, trims its level and separates what the window needs."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.looping import looped
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.warping import warp
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.contracts.separator import Separator, SeparatorDeclaration
from djtrans.core.track.separation import separate
from djtrans.core.track.stems import Stems
from djtrans.core.track.track import Track
from djtrans.core.transition.plan import TrackPlan, TransitionPlan, track_seconds

#: Bars on either side of the window that a separator also hears.
MARGIN_BARS = 4


@attrs.frozen
class Span:
    """A stretch of the common clock in samples; 0 is the start of the window."""

    start: int
    stop: int

    @property
    def samples(self) -> int:
        """Length."""
        return self.stop - self.start


@attrs.frozen(eq=False)
class AlignedTrack:
    """A track on the common clock, level trim included.

    Attributes
    ----------
    mix : Tensor
        ``[channels, samples]`` over `span`.
    span : Span
    stems : Stems
        Over `stems_span`; they sum to the mix there.
    stems_span : Span
        The window and the separator's margin around it.
    """

    mix: Tensor
    span: Span
    stems: Stems
    stems_span: Span

    def solo(self, span: Span) -> Tensor:
        """The untouched track over another span, zero where it is not known."""
        return padded_slice(self.mix, span.start - self.span.start, span.stop - self.span.start)

    def window(self, span: Span) -> Stems:
        """The stems over a part of their span."""
        start = self.stems_span.start
        return self.stems.window(span.start - start, span.stop - start)


def window_span(plan: TransitionPlan, sample_rate: int) -> Span:
    """The window in samples."""
    return Span(0, round(plan.window_seconds * sample_rate))


def margin_span(plan: TransitionPlan, sample_rate: int) -> Span:
    """The window and the separator's margin in samples."""
    beats = MARGIN_BARS * plan.beats_per_bar
    refined = plan.refined_bars * plan.beats_per_bar
    last = len(plan.beat_times) - 1
    return Span(
        round(plan.clock_of_beat(-beats) * sample_rate),
        round(plan.clock_of_beat(last + refined + beats) * sample_rate),
    )


def align(track: Track, side: TrackPlan, span: Span) -> Tensor:
    """A track on the common clock: looped, stretched, transposed and trimmed as planned.

    Parameters
    ----------
    track : Track
    side : TrackPlan
        The track's part of the plan.
    span : Span
        What is wanted of the clock.

    Returns
    -------
    Tensor
        ``[channels, samples]``; zero where the track has nothing.
    """
    rate = track.sample_rate
    audio = track.audio if side.loop is None else looped(track.audio, side.loop, rate)
    start, stop = span.start / rate, span.stop / rate
    return warp(audio, side.warp, rate, start, stop, semitones=side.key_shift) * side.gain


def align_and_separate(
    track: Track,
    side: TrackPlan,
    plan: TransitionPlan,
    span: Span,
    separator: Separator,
    declaration: SeparatorDeclaration,
    progress: FractionCallback | None = None,
) -> AlignedTrack:
    """Lay a track on the clock and get its stems over the window and the margin.

    A separator that computes its stems hears the stretched track: stems stretched one by one do
    not sum to the stretched mix. Ready stems exist on the track's own time only; they are
    stretched one by one, and the track on the clock is *defined* as their sum, so that there is
    no seam between window and context either way.

    Parameters
    ----------
    track : Track
        At the rate and channel count of the render.
    side : TrackPlan
    plan : TransitionPlan
    span : Span
        What is wanted of the clock; widened to the separator's margin.
    separator : Separator
    declaration : SeparatorDeclaration
        What is true of it.
    progress : callable, optional

    Returns
    -------
    AlignedTrack
    """
    rate = track.sample_rate
    margin = margin_span(plan, rate)
    span = Span(min(span.start, margin.start), max(span.stop, margin.stop))
    if declaration.reads_source:
        ready = separate(separator, declaration, track.audio, rate, progress=progress)
        parts = [align(attrs.evolve(track, audio=stem), side, span) for stem in ready.audio]
        whole = Stems(torch.stack(parts), ready.names, rate)
        stems = whole.window(margin.start - span.start, margin.stop - span.start)
        return AlignedTrack(whole.mix, span, stems, margin)
    mix = align(track, side, span)
    heard = mix[:, margin.start - span.start : margin.stop - span.start]
    start = track_seconds(side.warp, margin.start / rate)
    stems = separate(separator, declaration, heard, rate, start_seconds=start, progress=progress)
    return AlignedTrack(mix, span, stems, margin)
