"""A composed transition: a plan over two framed tracks, small enough to keep by the million."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import torch

from djtrans.core.contracts.config import as_tuple
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.request import CurveRequest
from djtrans.core.track.features import TrackFeatures
from djtrans.core.track.stem_names import STEMS
from djtrans.core.transition.plan import BeatSection, TrackPlan, TransitionPlan
from djtrans.datasets.synthetic.framed_track import FramedTrack


def _as_tuples(values: Iterable[Iterable[Any]]) -> tuple[tuple[Any, ...], ...]:
    return tuple(map(as_tuple, values))


@attrs.frozen(kw_only=True)
class CompositionTrack:
    """One track of it.

    Attributes
    ----------
    track : int
        Index among the framed tracks.
    bar : int
        The track's bar at the start of the window.
    gain_db, stretch, key, place
        As in the plan.
    phrase_beats : tuple of float
    sections : tuple of (str, float, float, float)
        Label, start and stop in beats of the window, level.
    """

    track: int
    bar: int
    gain_db: float
    stretch: float
    key: str
    place: str
    phrase_beats: tuple[float, ...] = attrs.field(converter=as_tuple)
    sections: tuple[tuple[str, float, float, float], ...] = attrs.field(converter=_as_tuples)


@attrs.frozen(kw_only=True)
class Composition:
    """A plan by what a curve model is told of it."""

    technique: str
    bars: int
    swap_beat: int
    beats_per_bar: int
    frames_per_beat: int
    bpm: float
    key_distance: int
    a: CompositionTrack
    b: CompositionTrack

    @property
    def frames(self) -> int:
        """Frames of the window."""
        return self.bars * self.beats_per_bar * self.frames_per_beat

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return attrs.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Composition:
        """The inverse of :meth:`to_json`."""
        return cls(
            **{**fields, "a": CompositionTrack(**fields["a"]), "b": CompositionTrack(**fields["b"])}
        )


def compose(plan: TransitionPlan, track_a: int, track_b: int) -> Composition:
    """A plan over the framed tracks of these indices; without a loop, which they do not have."""
    return Composition(
        technique=plan.technique,
        bars=plan.bars,
        swap_beat=plan.swap_beat,
        beats_per_bar=plan.beats_per_bar,
        frames_per_beat=plan.frames_per_beat,
        bpm=60.0 * (len(plan.beat_times) - 1) / plan.window_seconds,
        key_distance=plan.key_distance,
        a=_side(plan, plan.a, track_a),
        b=_side(plan, plan.b, track_b),
    )


def _side(plan: TransitionPlan, side: TrackPlan, track: int) -> CompositionTrack:
    return CompositionTrack(
        track=track,
        bar=side.cue_bar,
        gain_db=side.gain_db,
        stretch=side.stretch_percent / 100.0,
        key=side.key,
        place=side.place,
        phrase_beats=plan.phrase_beats(side),
        sections=tuple(attrs.astuple(section) for section in plan.beat_sections(side)),
    )


def request_of(
    composition: Composition, tracks: Sequence[FramedTrack], layout: Layout, seed: int
) -> CurveRequest:
    """What a curve model would be asked to draw, features included."""
    c = composition
    return CurveRequest(
        layout=layout,
        n_frames=c.frames,
        swap_beat=c.swap_beat,
        frames_per_beat=c.frames_per_beat,
        beats_per_bar=c.beats_per_bar,
        seed=seed,
        phrase_beats_a=c.a.phrase_beats,
        phrase_beats_b=c.b.phrase_beats,
        technique=c.technique,
        place_a=c.a.place,
        place_b=c.b.place,
        key_distance=c.key_distance,
        features_a=_features(c, c.a, tracks),
        features_b=_features(c, c.b, tracks),
    )


def _features(
    c: Composition, side: CompositionTrack, tracks: Sequence[FramedTrack]
) -> TrackFeatures:
    track = tracks[side.track]
    start = side.bar * c.beats_per_bar * c.frames_per_beat
    level, onset, vocal = track.window(start, c.frames)
    beats = c.bars * c.beats_per_bar
    return TrackFeatures(
        bpm=c.bpm,
        beat_times=torch.arange(beats + 1, dtype=torch.float64) * (60.0 / c.bpm),
        level_db=level + side.gain_db,
        onset=onset,
        vocal=vocal,
        reference_db=track.reference_db + side.gain_db,
        stem_names=STEMS,
        isolated=track.isolated,
        beats_per_bar=c.beats_per_bar,
        frames_per_beat=c.frames_per_beat,
        key=side.key,
        stretch=side.stretch,
        phrase_beats=side.phrase_beats,
        sections=tuple(BeatSection(*section) for section in side.sections),
        extra={name: array[start : start + c.frames] for name, array in track.extra.items()},
    )
