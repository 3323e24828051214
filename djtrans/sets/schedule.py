"""Schedule of a set: the parts of the tracks between its boundaries, and when each track plays."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from djtrans.core.audio.warping import SEARCH_SECONDS
from djtrans.core.errors import InputError, PlanError
from djtrans.core.transition.alignment import Span
from djtrans.core.transition.plan import TransitionPlan, track_seconds
from djtrans.sets.boundaries import Boundary, Gap, edge, rendered_span
from djtrans.sets.endings import Entry, end_of, entry_of
from djtrans.sets.options import SetOptions
from djtrans.sets.scanning import SetTrack
from djtrans.sets.tempo_map import TempoMap, tempo_map

#: Fade at an end of a track that is not faded out.
_EDGE_SECONDS = 0.005


@attrs.frozen(kw_only=True)
class Part:
    """Part of a track between two boundaries.

    Attributes
    ----------
    track : int
        Index of the track.
    begin : int
        First sample in the set.
    tempo : TempoMap
    overlaps : tuple of int
        Samples at either end that are spliced with a rendered transition.
    fades : tuple of int
        Samples at either end that are faded.
    """

    track: int
    begin: int
    tempo: TempoMap
    overlaps: tuple[int, int]
    fades: tuple[int, int]

    @property
    def end(self) -> int:
        """The sample of the set after the last one."""
        return self.begin + self.tempo.samples


@attrs.frozen(kw_only=True)
class TrackTimes:
    """Times of one track of a set, in seconds of the mix unless stated otherwise.

    Attributes
    ----------
    number : int
        Position, from 1.
    label, path : str
        Artist and title, and the file.
    enters, starts : float
        Where it becomes part of the mix, and where it takes over: the swap.
    ends, leaves : float
        Where the next track takes over, and where it is gone.
    starts_at : float
        Track time that sounds at `starts`.
    bpm : float
        Tempo of the file.
    key : str
        Camelot code.
    gain_db : float
        Gain in the mix.

    Examples
    --------
    >>> from djtrans.sets import TrackTimes
    >>> times = TrackTimes(
    ...     number=1, label="A", path="a.wav", enters=0.0, starts=0.0, ends=90.0, leaves=98.0,
    ...     starts_at=0.5, bpm=126.0, key="8A", gain_db=-2.0,
    ... )
    >>> times.seconds
    90.0
    """

    number: int
    label: str
    path: str
    enters: float
    starts: float
    ends: float
    leaves: float
    starts_at: float
    bpm: float
    key: str
    gain_db: float

    @property
    def seconds(self) -> float:
        """Time of the track, from swap to swap."""
        return self.ends - self.starts


@attrs.frozen(kw_only=True)
class Schedule:
    """Schedule of a set.

    Attributes
    ----------
    sample_rate, samples : int
        In Hz, and the length.
    parts : tuple of Part
        One for each track.
    origins : tuple of int
        Sample of the set at the start of the window of each transition, or of the pause of a gap.
    spans : tuple of Span or None
        Rendered part of each transition on its own timeline; None for a gap.
    times : tuple of TrackTimes
    """

    sample_rate: int
    samples: int
    parts: tuple[Part, ...]
    origins: tuple[int, ...]
    spans: tuple[Span | None, ...]
    times: tuple[TrackTimes, ...]


def make_schedule(
    tracks: Sequence[SetTrack],
    boundaries: Sequence[Boundary],
    gains_db: Sequence[float],
    options: SetOptions,
    sample_rate: int,
) -> Schedule:
    """Place tracks and boundaries in the set.

    Parameters
    ----------
    tracks : sequence of SetTrack
        In the order of the set.
    boundaries : sequence of TransitionPlan or Gap
        Settled, see :func:`djtrans.sets.boundaries.settled`; one fewer than tracks.
    gains_db : sequence of float
        Gain of each track.
    options : SetOptions
    sample_rate : int
        In Hz.

    Raises
    ------
    InputError
        If two boundaries contradict each other.
    """
    parts: list[Part] = []
    origins: list[int] = []
    spans: list[Span | None] = []
    begin = 0
    for index, track in enumerate(tracks):
        before = boundaries[index - 1] if index else None
        after = boundaries[index] if index < len(boundaries) else None
        entry = entry_of(track, before, sample_rate)
        try:
            part = make_part(index, begin, track, entry, after, options, sample_rate)
        except PlanError as error:
            raise InputError(_contradiction(index, track, str(error))) from None
        parts.append(part)
        if isinstance(after, Gap):
            spans.append(None)
            origins.append(part.end)
            begin = part.end + round(after.pause_seconds * sample_rate)
        elif after is not None:
            span = rendered_span(after, sample_rate)
            spans.append(span)
            origins.append(part.end - part.overlaps[1] - span.start)
            begin = origins[-1] + span.stop - _overlap(sample_rate)
    times = [
        _times(i, track, parts[i], boundaries, origins, gains_db[i], sample_rate)
        for i, track in enumerate(tracks)
    ]
    return Schedule(
        sample_rate=sample_rate,
        samples=parts[-1].end,
        parts=tuple(parts),
        origins=tuple(origins),
        spans=tuple(spans),
        times=tuple(times),
    )


def make_part(
    index: int,
    begin: int,
    track: SetTrack,
    entry: Entry,
    after: Boundary | None,
    options: SetOptions,
    sample_rate: int,
) -> Part:
    """Place the part of a track between two boundaries; None is the end of the set.

    Raises
    ------
    PlanError
        If they leave too little of the track.
    """
    overlap = _overlap(sample_rate)
    short = round(_EDGE_SECONDS * sample_rate)
    start, fade_in = entry.seconds - entry.rate * overlap / sample_rate, 0
    if not entry.mixed:
        start, fade_in = round(entry.seconds * sample_rate) / sample_rate, short
    fade_out, rate_out = 0, 1.0
    if isinstance(after, TransitionPlan):
        first = rendered_span(after, sample_rate).start + overlap
        stop, rate_out = edge(after.a.warp, first, sample_rate, last=False)
    else:
        end, natural = end_of(track, entry, options), track.end_seconds
        fade = options.fade_seconds if end < natural else 0.0
        if isinstance(after, Gap):
            end, fade = after.end_seconds, after.fade_seconds
        stop, fade_out = (
            round(end * sample_rate) / sample_rate,
            max(short, round(fade * sample_rate)),
        )
    overlaps = (overlap if entry.mixed else 0, overlap if isinstance(after, TransitionPlan) else 0)
    made = tempo_map(
        start,
        stop,
        (entry.rate, rate_out),
        overlaps=overlaps,
        ease_seconds=options.ease_bars * track.bar_seconds,
        bar_seconds=track.bar_seconds,
        sample_rate=sample_rate,
    )
    if made.samples < sum(overlaps) + fade_in + short:
        raise PlanError("two boundaries leave too little of a track between them")
    fades = (fade_in, min(fade_out, made.samples - overlaps[0] - fade_in))
    return Part(track=index, begin=begin, tempo=made, overlaps=overlaps, fades=fades)


def _overlap(sample_rate: int) -> int:
    return round(SEARCH_SECONDS * sample_rate)


def _times(
    index: int,
    track: SetTrack,
    part: Part,
    boundaries: Sequence[Boundary],
    origins: Sequence[int],
    gain_db: float,
    sample_rate: int,
) -> TrackTimes:
    enters = starts = part.begin / sample_rate
    starts_at = part.tempo.points[0][1]
    if index and isinstance(before := boundaries[index - 1], TransitionPlan):
        enters = origins[index - 1] / sample_rate
        starts = enters + before.swap_seconds
        starts_at = entry_of(track, before, sample_rate).counted_from
    ends = leaves = part.end / sample_rate
    if index < len(boundaries) and isinstance(after := boundaries[index], TransitionPlan):
        window = origins[index] / sample_rate
        ends, leaves = window + after.swap_seconds, window + after.window_seconds
    return TrackTimes(
        number=index + 1,
        label=track.label,
        path=track.path,
        enters=enters,
        starts=starts,
        ends=ends,
        leaves=leaves,
        starts_at=starts_at,
        bpm=track.analysis.grid.bpm,
        key=track.analysis.key.camelot,
        gain_db=gain_db,
    )


def tempo_at(part: Part, bpm: float, sample: int, sample_rate: int) -> float:
    """Return the tempo of a part, in BPM, at a sample of the set."""
    clock = (sample - part.begin) / sample_rate
    points = part.tempo.points
    track_0, track_1 = (track_seconds(points, clock + step) for step in (0.0, 0.01))
    return bpm * (track_1 - track_0) / 0.01


def _contradiction(index: int, track: SetTrack, why: str) -> str:
    around = {0: "the start and boundary 1"}.get(index, f"boundaries {index} and {index + 1}")
    return (
        f"Track {index + 1}, {track.name}: {why} ({around}); replace the params file of one of "
        "them, or delete it to have it planned again."
    )
