"""Check the content of params files, which users and other programs edit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from djtrans.core.contracts.config import LARGEST_SEED
from djtrans.core.contracts.technique import PLACES
from djtrans.core.errors import FormatError, InputError
from djtrans.core.transition.output_level import read_level
from djtrans.core.transition.plan import TrackPlan, TransitionPlan
from djtrans.core.transition.playback import MOST_SPEED, PlaybackSegment

if TYPE_CHECKING:
    from djtrans.core.curves.params import TransitionParams
    from djtrans.core.transition.params_file import Provenance

#: Bounds of the numbers of a plan. They exclude damage, not unusual music.
_MOST_BARS, _MOST_BEATS, _MOST_SECONDS = 100_000, 64, 86_400.0
_STRETCH = (0.05, 20.0)
_GAINS_DB = (-120.0, 60.0)
_BPM = (1.0, 2_000.0)
_RATES = (1_000, 768_000)
_MOST_FRAMES_PER_BEAT = 10_000.0
_MOST_VERSIONS = 1_000_000
_MOST_COST = 1_000_000.0
_KEY = re.compile(r"(1[0-2]|[1-9])[AB]|")
_ISOLATIONS = ("good", "weak", "unknown")


def check_plan(plan: TransitionPlan) -> None:
    """Raise FormatError with the name of the first field of a plan that is not valid."""
    _raise_first(_plan_problems(plan))


def check_provenance(provenance: Provenance) -> None:
    """Raise FormatError with the name of the first field of a provenance that is not valid."""
    _raise_first(_provenance_problems(provenance))


def check_rate(frames_per_beat: Any) -> float:
    """Return the number of frames per beat; raise FormatError if it is not valid."""
    number = isinstance(frames_per_beat, int | float) and not isinstance(frames_per_beat, bool)
    if not number or not 0.0 < frames_per_beat <= _MOST_FRAMES_PER_BEAT:
        raise FormatError(
            f"frames_per_beat is {frames_per_beat!r}; give a number above 0, up to "
            f"{_MOST_FRAMES_PER_BEAT:g}"
        )
    # An integer unless the curves were resampled; other programs write 2.0 for 2.
    return int(frames_per_beat) if frames_per_beat == int(frames_per_beat) else frames_per_beat


def check_rows(values: Any, frames: int, parameters: int) -> None:
    """Raise FormatError if curves are not ``frames`` rows of ``parameters`` numbers."""
    if not isinstance(values, list):
        raise FormatError("values is not a list; give a row of numbers for each frame")
    for index, row in enumerate(values):
        if not isinstance(row, list) or len(row) != parameters:
            found = f"{len(row)} numbers" if isinstance(row, list) else "no list"
            raise FormatError(f"values[{index}] has {found}; give {parameters}")
        for column, value in enumerate(row):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise FormatError(f"values[{index}][{column}] is {value!r}; give a number")
    if len(values) != frames:
        raise FormatError(
            f"values has {len(values)} frames, but the window of the plan has {frames}; give that "
            "many rows"
        )


def check_ranges(params: TransitionParams) -> None:
    """Raise FormatError if a curve leaves the range of its parameter."""
    for row in params.layout.rows:
        p, curve = row.parameter, params.values[:, row.index]
        invalid = ~((curve >= p.minimum) & (curve <= p.maximum))
        if invalid.any():
            frame = int(invalid.nonzero()[0])
            raise FormatError(
                f"{row.key} is {float(curve[frame]):g} in frame {frame}; "
                f"give {p.minimum:g} to {p.maximum:g}"
            )


def _raise_first(problems: Iterator[str]) -> None:
    # Later checks rely on earlier ones, so only the first problem is computed.
    if problem := next(problems, None):
        raise FormatError(problem)


def _plan_problems(plan: TransitionPlan) -> Iterator[str]:
    yield from _number("plan.bars", plan.bars, 1, _MOST_BARS)
    yield from _number("plan.beats_per_bar", plan.beats_per_bar, 1, _MOST_BEATS)
    yield from _number("plan.frames_per_beat", plan.frames_per_beat, 1, _MOST_FRAMES_PER_BEAT)
    beats, expected = plan.beat_times, plan.bars * plan.beats_per_bar + 1
    if len(beats) != expected:
        yield f"plan.beat_times has {len(beats)} times; {plan.bars} bars have {expected}"
    if abs(beats[0]) > 1e-6:
        yield f"plan.beat_times[0] is {beats[0]:g}; give 0, the start of the window"
    yield from _increasing("plan.beat_times", beats)
    yield from _number("plan.beat_times[-1]", beats[-1], 0, _MOST_SECONDS)
    yield from _number("plan.swap_beat", plan.swap_beat, 0, len(beats) - 1)
    yield from _number("plan.key_distance", plan.key_distance, 0, 12)
    yield from _number("plan.confidence", plan.confidence, 0, 1)
    yield from _number("plan.cost", plan.cost, -_MOST_COST, _MOST_COST)
    for index, (_, cost) in enumerate(plan.faults):
        yield from _number(f"plan.faults[{index}][1]", cost, -_MOST_COST, _MOST_COST)
    yield from _number("plan.refined_bars", plan.refined_bars, 0, _MOST_BARS)
    if not plan.technique:
        yield "plan.technique is empty; give the name of a technique"
    for name, side in plan.sides.items():
        yield from _side_problems(f"plan.{name}", side)
        yield from _playback_problems(f"plan.{name}.playback", side.playback, beats[-1])


def _side_problems(where: str, side: TrackPlan) -> Iterator[str]:
    yield from _number(f"{where}.bpm", side.bpm, *_BPM)
    yield from _number(f"{where}.gain_db", side.gain_db, *_GAINS_DB)
    if side.gain_ease is not None:
        ease = side.gain_ease
        yield from _number(f"{where}.gain_ease.gain_db", ease.gain_db, *_GAINS_DB)
        yield from _number(f"{where}.gain_ease.bars", ease.bars, 1, _MOST_BARS)
        for name, at in (("start", ease.start), ("stop", ease.stop)):
            field = f"{where}.gain_ease.{name}"
            yield from _number(field, at, -_MOST_SECONDS, _MOST_SECONDS)
        yield from _increasing(f"{where}.gain_ease (start, stop)", [ease.start, ease.stop])
    yield from _number(f"{where}.key_shift", side.key_shift, -24, 24)
    yield from _number(f"{where}.cue_seconds", side.cue_seconds, -_MOST_SECONDS, _MOST_SECONDS)
    yield from _number(f"{where}.cue_bar", side.cue_bar, -_MOST_BARS, _MOST_BARS)
    yield from _number(f"{where}.swap_bar", side.swap_bar, -_MOST_BARS, _MOST_BARS)
    if not _KEY.fullmatch(side.key):
        yield f"{where}.key is {side.key!r}; give a Camelot code, 1A to 12B"
    if side.place and side.place not in PLACES:
        yield f"{where}.place is {side.place!r}; give one of {', '.join(PLACES)}"
    if len(side.warp) < 2:
        yield f"{where}.warp has {len(side.warp)} points; give 2 or more"
    for axis, what in enumerate(("clock", "track")):
        yield from _increasing(f"{where}.warp ({what} seconds)", [p[axis] for p in side.warp])
    for (clock_0, track_0), (clock_1, track_1) in pairwise(side.warp):
        rate = (track_1 - track_0) / (clock_1 - clock_0)
        yield from _number(f"the tempo ratio of {where}.warp", rate, *_STRETCH)
    if side.loop is not None:
        loop = side.loop
        yield from _number(f"{where}.loop.bars", loop.bars, 1, _MOST_BARS)
        yield from _number(f"{where}.loop.repeats", loop.repeats, 1, _MOST_BARS)
        yield from _number(f"{where}.loop.start_seconds", loop.start_seconds, 0, _MOST_SECONDS)
        yield from _increasing(
            f"{where}.loop (start_seconds, stop_seconds)", [loop.start_seconds, loop.stop_seconds]
        )
    for index, line in enumerate(side.phrase_lines):
        yield from _number(f"{where}.phrase_lines[{index}]", line, -_MOST_SECONDS, _MOST_SECONDS)
    for index, section in enumerate(side.sections):
        for name in ("start", "stop"):
            at = getattr(section, name)
            field = f"{where}.sections[{index}].{name}"
            yield from _number(field, at, -_MOST_SECONDS, _MOST_SECONDS)
        field = f"{where}.sections[{index}].level_db"
        yield from _number(field, section.level_db, -1000, 1000)
        if section.stop < section.start:
            yield (
                f"{where}.sections[{index}] stops at {section.stop:g} before it starts at "
                f"{section.start:g}"
            )


def _playback_problems(
    where: str, segments: Sequence[PlaybackSegment], window_seconds: float
) -> Iterator[str]:
    for index, segment in enumerate(segments):
        field = f"{where}[{index}]"
        before = segments[index - 1].stop if index else segment.start
        if segment.start != before:
            yield f"{field}.start is {segment.start:g}; give {before:g}, where the one before stops"
        yield from _number(f"{field}.start", segment.start, 0, window_seconds)
        yield from _increasing(f"{field} (start, stop)", [segment.start, segment.stop])
        yield from _number(f"{field}.stop", segment.stop, 0, window_seconds + 1e-6)
        for name in ("speed", "end_speed"):
            speed = getattr(segment, name)
            yield from _number(f"{field}.{name}", speed, -MOST_SPEED, MOST_SPEED)
        for end, at in (("start", segment.start), ("stop", segment.stop)):
            position = segment.position_at(at)
            yield from _number(
                f"the position at the {end} of {field}", position, -window_seconds, window_seconds
            )


def _provenance_problems(provenance: Provenance) -> Iterator[str]:
    if set(provenance.tracks) != {"a", "b"}:
        yield f"tracks has {', '.join(provenance.tracks) or 'no track'}; give a and b"
    for name, track in provenance.tracks.items():
        version = track.separator.version
        yield from _number(f"tracks.{name}.separator.version", version, 0, _MOST_VERSIONS)
        if track.isolation not in _ISOLATIONS:
            yield (
                f"tracks.{name}.isolation is {track.isolation!r}; give one of "
                f"{', '.join(_ISOLATIONS)}"
            )
    yield from _number("technique.version", provenance.technique.version, 0, _MOST_VERSIONS)
    for effect, version in provenance.mixer.versions.items():
        yield from _number(f"mixer.versions[{effect!r}]", version, 0, _MOST_VERSIONS)
    render = provenance.render
    yield from _number("render.sample_rate", render.sample_rate, *_RATES)
    yield from _number("render.channels", render.channels, 1, 2)
    yield from _number("render.seed", render.seed, 0, LARGEST_SEED)
    try:
        read_level(render.level)
    except InputError as error:
        yield f"render.{str(error).rstrip('.')}"
    longest = _MOST_SECONDS * render.sample_rate
    yield from _number("render.start", render.start, -longest, longest)
    yield from _number("render.stop", render.stop, render.start + 1, render.start + longest)
    if provenance.model is not None:
        yield from _number("model.steps", provenance.model.steps, 1, 1_000_000)
    if provenance.fit is not None:
        yield from _number("fit.steps", provenance.fit.steps, 0, 1_000_000)


def _number(field: str, value: float, low: float, high: float) -> Iterator[str]:
    if not (math.isfinite(value) and low <= value <= high):
        yield f"{field} is {_text(value)}; give {_text(low)} to {_text(high)}"


def _text(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _increasing(field: str, values: Sequence[float]) -> Iterator[str]:
    for index, (before, after) in enumerate(pairwise(values), 1):
        if not after > before:
            yield (
                f"{field} does not increase: {after:g} at index {index} follows {before:g}; give "
                "increasing times"
            )
