"""Compact plan of a synthetic transition between two tracks with frame-level features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import torch
from numpy.typing import NDArray

from djtrans.core.contracts.config import as_tuple
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.request import CurveRequest
from djtrans.core.track.features import TrackFeatures
from djtrans.core.track.stem_names import STEMS
from djtrans.core.transition.plan import BeatSection, TrackPlan, TransitionPlan
from djtrans.core.transition.playback import PlaybackSegment
from djtrans.datasets.synthetic.framed_track import FramedTrack


def _as_tuples(values: Iterable[Iterable[Any]]) -> tuple[tuple[Any, ...], ...]:
    return tuple(map(as_tuple, values))


@attrs.frozen(kw_only=True)
class CompositionTrack:
    """One track of a composition.

    Attributes
    ----------
    track : int
        Index in the tracks of the dataset.
    bar : int
        Bar of the track at the start of the window.
    gain_db, stretch, key, place
        As in :class:`~djtrans.core.transition.plan.TrackPlan`; `stretch` as a fraction.
    phrase_beats : tuple of float
        Phrase boundaries in beats of the window.
    sections : tuple of (str, float, float, float)
        Label, start and stop in beats of the window, and level in dB.
    playback : tuple of PlaybackSegment
        Loops and changes of speed of the track's end, in beats of the window, after which it is
        silent; empty if it plays on.

    Examples
    --------
    >>> from djtrans.datasets import CompositionTrack
    >>> track = CompositionTrack(
    ...     track=0, bar=32, gain_db=-1.5, stretch=0.02, key="8A", place="outro-start",
    ...     phrase_beats=(0.0, 32.0), sections=(("outro", 0.0, 64.0, -6.0),),
    ... )
    """

    track: int
    bar: int
    gain_db: float
    stretch: float
    key: str
    place: str
    phrase_beats: tuple[float, ...] = attrs.field(converter=as_tuple)
    sections: tuple[tuple[str, float, float, float], ...] = attrs.field(converter=_as_tuples)
    playback: tuple[PlaybackSegment, ...] = ()

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> CompositionTrack:
        """Read a dictionary that ``attrs.asdict`` wrote."""
        playback = tuple(PlaybackSegment(**each) for each in fields.get("playback", ()))
        return cls(**{**fields, "playback": playback})

    def frames(self, count: int, frames_per_beat: int) -> NDArray[np.int64]:
        """Return the frame of the track's grid that each frame of the window plays.

        Parameters
        ----------
        count : int
            Frames of the window.
        frames_per_beat : int

        Returns
        -------
        ndarray of int
            ``[count]``, from the start of the window; -1 where the track has ended.
        """
        if not self.playback:
            return np.arange(count)
        beats = (np.arange(count) + 0.5) / frames_per_beat
        found = np.where(beats < self.playback[0].start, beats, -1.0)
        for segment in self.playback:
            inside = (beats >= segment.start) & (beats < segment.stop)
            found[inside] = [segment.position_at(float(beat)) for beat in beats[inside]]
        return np.floor(found * frames_per_beat).astype(np.int64).clip(min=-1)


@attrs.frozen(kw_only=True)
class Composition:
    """Fields of a plan that a curve source receives.

    Attributes
    ----------
    technique : str
        Qualified name of the technique that generates the curves.
    bars, swap_beat, beats_per_bar, frames_per_beat : int
        Window, and the beat of its swap.
    bpm : float
        Mean tempo of the window in BPM.
    key_distance : int
        Camelot distance of the keys.
    a, b : CompositionTrack
        The tracks.

    See Also
    --------
    SyntheticDataset : Compositions with their tracks.

    Examples
    --------
    >>> import attrs
    >>> from djtrans.datasets import Composition, CompositionTrack
    >>> track = CompositionTrack(
    ...     track=0, bar=32, gain_db=0.0, stretch=0.0, key="8A", place="phrase",
    ...     phrase_beats=(0.0,), sections=(),
    ... )
    >>> composition = Composition(
    ...     technique="djtrans/bass-swap", bars=16, swap_beat=32, beats_per_bar=4,
    ...     frames_per_beat=2, bpm=126.0, key_distance=0, a=track, b=attrs.evolve(track, track=1),
    ... )
    >>> composition.frames
    128
    """

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
        """Number of frames of the window."""
        return self.bars * self.beats_per_bar * self.frames_per_beat

    def to_json(self) -> dict[str, Any]:
        """Convert to a JSON-ready dictionary."""
        fields = attrs.asdict(self)
        for track in (fields["a"], fields["b"]):
            if not track["playback"]:
                del track["playback"]  # as in files of version 1
        return fields

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Composition:
        """Create a composition from the result of :meth:`to_json`."""
        return cls(
            **{**fields, **{side: CompositionTrack.from_json(fields[side]) for side in "ab"}}
        )


def compose(plan: TransitionPlan, track_a: int, track_b: int) -> Composition:
    """Convert a plan without loops to a composition of the tracks with these indices."""
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
        playback=tuple(segment.mapped(plan.beat_of_clock) for segment in side.playback),
    )


def request_of(
    composition: Composition, tracks: Sequence[FramedTrack], layout: Layout, seed: int
) -> CurveRequest:
    """Create the curve request of a composition, with the features of both tracks."""
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
    window = track.window(start, side.frames(c.frames, c.frames_per_beat))
    beats = c.bars * c.beats_per_bar
    return TrackFeatures(
        bpm=c.bpm,
        beat_times=torch.arange(beats + 1, dtype=torch.float64) * (60.0 / c.bpm),
        level_db=window.level_db + side.gain_db,
        onset=window.onset,
        vocal=window.vocal,
        reference_db=track.reference_db + side.gain_db,
        stem_names=STEMS,
        isolated=track.isolated,
        beats_per_bar=c.beats_per_bar,
        frames_per_beat=c.frames_per_beat,
        key=side.key,
        stretch=side.stretch,
        phrase_beats=side.phrase_beats,
        sections=tuple(BeatSection(*section) for section in side.sections),
        extra=window.extra,
    )
