"""Plans a transition: A late, B early, the swap on a phrase line of each, on one common clock."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

import attrs

from djtrans.core.analysis import Analysis
from djtrans.core.config import setting
from djtrans.core.declarations import TechniqueDeclaration
from djtrans.core.errors import InputError, PlanError
from djtrans.core.plan import (
    ClockSection,
    TrackPlan,
    TransitionPlan,
    Warp,
    clock_seconds,
    track_seconds,
)

#: Lengths that a window may have, in bars.
WINDOW_BARS = (1, 2, 4, 8, 16, 24, 32, 48, 64)
#: A's bars this far under its median level are a fade-out or silence: no place for a transition.
FADE_OUT_DB = 6.0
#: No track is turned up or down further than this to meet the other.
TRIM_LIMIT_DB = 12.0


@attrs.frozen(kw_only=True)
class PlanOptions:
    """What a user may ask of the planner.

    Attributes
    ----------
    bars : int
        Length of the window, one of :data:`WINDOW_BARS`; 0 lets the planner choose.
    cue_a_seconds, cue_b_seconds : float or None
        Where the window starts in each track; snapped to the nearest downbeat.
    stretch_limit : float
        Largest tempo change, as a fraction.
    frames_per_beat : int
    """

    bars: int = setting(0, "Bars of the window; 0: choose.", choices=(0, *WINDOW_BARS))
    cue_a_seconds: float | None = None
    cue_b_seconds: float | None = None
    stretch_limit: float = setting(
        0.08, "Largest tempo change, as a fraction.", minimum=0.0, maximum=0.5
    )
    frames_per_beat: int = setting(2, "Frames per beat.", choices=(2, 4, 8))


def nearest_bars(duration_seconds: float, bpm: float, beats_per_bar: int = 4) -> int:
    """The window length, in bars, that comes closest to a duration.

    Parameters
    ----------
    duration_seconds : float
        More than 0.
    bpm : float
        Tempo of the common clock.
    beats_per_bar : int

    Raises
    ------
    InputError
        If the duration is not positive.
    """
    if not duration_seconds > 0:
        raise InputError(f"A duration of {duration_seconds:g} s is not allowed; give more than 0.")
    bar_seconds = beats_per_bar * 60.0 / bpm
    return min(WINDOW_BARS, key=lambda bars: abs(bars * bar_seconds - duration_seconds))


def in_one_octave(a: Analysis, b: Analysis) -> tuple[Analysis, Analysis]:
    """Count both tracks in one octave, by doubling the slower one where that brings them closer."""

    def gap(x: float, y: float) -> float:
        return max(x, y) / min(x, y)

    if gap(2 * a.grid.bpm, b.grid.bpm) < gap(a.grid.bpm, b.grid.bpm):
        return a.doubled(), b
    if gap(a.grid.bpm, 2 * b.grid.bpm) < gap(a.grid.bpm, b.grid.bpm):
        return a, b.doubled()
    return a, b


def plan_transition(
    a: Analysis,
    b: Analysis,
    techniques: dict[str, TechniqueDeclaration],
    options: PlanOptions | None = None,
) -> TransitionPlan:
    """Plan a transition with the first technique that fits.

    Parameters
    ----------
    a, b : Analysis
        The outgoing and the incoming track.
    techniques : dict of str to TechniqueDeclaration
        Candidates by qualified name, the most wanted first.
    options : PlanOptions, optional

    Returns
    -------
    TransitionPlan
        With why it was chosen, and what was rejected.

    Raises
    ------
    PlanError
        If no candidate fits; the message says why for each.
    """
    options = options or PlanOptions()
    for name, cue, analysis in (
        ("A", options.cue_a_seconds, a),
        ("B", options.cue_b_seconds, b),
    ):
        if cue is not None and not 0 <= cue < analysis.duration_seconds:
            raise InputError(
                f"Cue {cue:g} s lies outside track {name}; "
                f"give 0 to {analysis.duration_seconds:.1f} s."
            )
    tempo_a, tempo_b = a.grid.bpm, b.grid.bpm
    a, b = in_one_octave(a, b)
    change = a.grid.bpm / b.grid.bpm - 1.0
    matched = abs(change) <= options.stretch_limit
    rejected: list[str] = []
    for name, technique in techniques.items():
        if technique.beat_matched and not matched:
            rejected.append(
                f"{technique.name}: the tempos differ by {100 * abs(change):.1f} %, more than the "
                f"stretch limit of {100 * options.stretch_limit:g} %"
            )
            continue
        for bars in _lengths(technique, options):
            try:
                cue_a, cue_b, reasons = _place(a, b, technique, bars, options)
            except PlanError as error:
                rejected.append(f"{technique.name} over {bars} bars: {error}")
                continue
            shape = _Shape(technique, name, bars, cue_a, cue_b, matched, (tempo_a, tempo_b))
            return _assemble(a, b, shape, options, reasons, rejected)
        if options.bars and not technique.bars[0] <= options.bars <= technique.bars[2]:
            rejected.append(
                f"{technique.name} takes {technique.bars[0]} to {technique.bars[2]} bars, "
                f"not {options.bars}"
            )
    why = "; ".join(rejected)
    hint = "Give other --bars or cues, or --technique cut, which needs least."
    raise PlanError(f"No transition fits. {why}. {hint}")


@attrs.frozen
class _Shape:
    """What was decided before the clock is laid out."""

    technique: TechniqueDeclaration
    name: str
    bars: int
    cue_a: int
    cue_b: int
    matched: bool
    tempos: tuple[float, float]

    @property
    def swap_bars(self) -> int:
        """Bars from the start of the window to the swap."""
        return self.technique.swap_bars(self.bars)


def _lengths(technique: TechniqueDeclaration, options: PlanOptions) -> Iterator[int]:
    shortest, default, longest = technique.bars
    if options.bars:
        if shortest <= options.bars <= longest:
            yield options.bars
        return
    # The technique's own length first, then ever shorter ones.
    yield from (bars for bars in reversed(WINDOW_BARS) if shortest <= bars <= default)


def _place(
    a: Analysis, b: Analysis, technique: TechniqueDeclaration, bars: int, options: PlanOptions
) -> tuple[int, int, list[str]]:
    """Bars of A and B at which the window starts, and why."""
    before = technique.swap_bars(bars)
    after = bars - before
    reasons: list[str] = []
    cues = []
    for name, track, asked in (
        ("A", a, options.cue_a_seconds),
        ("B", b, options.cue_b_seconds),
    ):
        if asked is not None:
            cues.append(_snap(name, track, asked, bars, reasons))
        elif name == "A":
            cues.append(_late_in(a, before, after, reasons) - before)
        else:
            cues.append(_early_in(b, before, after, reasons) - before)
    return cues[0], cues[1], reasons


def _snap(name: str, track: Analysis, asked: float, bars: int, reasons: list[str]) -> int:
    grid = track.grid
    beat = float(grid.beat_of(asked))
    bar = round((beat - grid.first_downbeat) / grid.beats_per_bar)
    bar = min(max(bar, 0), max(grid.bars - 1, 0))
    if bar + bars > grid.bars:
        raise PlanError(f"from {name}'s cue only {grid.bars - bar} whole bars are left")
    moved = grid.time_of_bar(bar) - asked
    reasons.append(f"cue of {name} as asked, moved {1000 * moved:+.0f} ms to the downbeat")
    return bar


def _late_in(a: Analysis, before: int, after: int, reasons: list[str]) -> int:
    """A's swap bar: the start of its outro if that leaves room, else its last fitting line."""
    levels = a.bar_level_db
    loud = sorted(levels)[len(levels) // 2] - FADE_OUT_DB
    usable = next((i + 1 for i in reversed(range(len(levels))) if levels[i] >= loud), 0)
    lines = [bar for bar in sorted(a.phrase_bars) if bar >= before and bar + after <= usable]
    if not lines:
        raise PlanError(
            f"A has no phrase line with {before} bars before it and {after} audible ones after it"
        )
    ending = list(takewhile(lambda s: s.label == "outro", reversed(a.sections)))
    if ending and ending[-1].start_bar in lines:
        reasons.append("the swap lies where A's outro starts")
        return ending[-1].start_bar
    reasons.append("the swap lies on the last phrase line of A that leaves room")
    return lines[-1]


def _early_in(b: Analysis, before: int, after: int, reasons: list[str]) -> int:
    """B's swap bar: the end of its intro if that leaves room, else its first fitting line."""
    lines = [bar for bar in sorted(b.phrase_bars) if bar >= before and bar + after <= b.grid.bars]
    if not lines:
        raise PlanError(f"B has no phrase line with {before} bars before and {after} after it")
    intro = b.sections[0]
    if intro.label == "intro" and intro.end_bar in lines:
        reasons.append("the swap lies where B's intro ends")
        return intro.end_bar
    reasons.append("the swap lies on the first phrase line of B that leaves room")
    return lines[0]


def _assemble(
    a: Analysis,
    b: Analysis,
    shape: _Shape,
    options: PlanOptions,
    reasons: list[str],
    rejected: list[str],
) -> TransitionPlan:
    per_bar = a.grid.beats_per_bar
    first_a, first_b = a.grid.beat_of_bar(shape.cue_a), b.grid.beat_of_bar(shape.cue_b)
    beats = range(shape.bars * per_bar + 1)
    swap_beat = shape.swap_bars * per_bar
    times_a = [float(a.grid.time_of(first_a + i)) for i in beats]
    times_b = [float(b.grid.time_of(first_b + i)) for i in beats]
    clock = [t - times_a[0] for t in times_a]
    swap = clock[swap_beat]
    warp_a = ((0.0, times_a[0]), (clock[-1], times_a[-1]))
    if shape.matched:
        warp_b = ((0.0, times_b[0]), (clock[-1], times_b[-1]))
        reasons.append("both tracks at A's tempo")
    else:
        # Each at its own tempo: A's beats up to the swap, B's from there.
        clock[swap_beat:] = [swap + t - times_b[swap_beat] for t in times_b[swap_beat:]]
        warp_b = ((swap, times_b[swap_beat]), (swap + 1.0, times_b[swap_beat] + 1.0))
        reasons.append("each track at its own tempo: the tempos are too far apart to match")
    louder = a.levels.short_term_p95_lufs - b.levels.short_term_p95_lufs
    gains = (0.0, min(max(louder, -TRIM_LIMIT_DB), TRIM_LIMIT_DB))
    if gains[1] != louder:
        reasons.append(
            f"B would need {louder:+.1f} dB to meet A's loudness; "
            f"it is trimmed by {gains[1]:+.0f} dB, the limit"
        )

    def on_clock(track: Analysis, warp: Warp, bar: int) -> float:
        return clock_seconds(warp, track.grid.time_of_bar(bar))

    sides = [
        TrackPlan(
            cue_seconds=track_seconds(warp, 0.0),
            cue_bar=cue,
            swap_bar=cue + shape.swap_bars,
            cue_section=track.section_at(cue).label,
            swap_section=track.section_at(cue + shape.swap_bars).label,
            swap_on_phrase=cue + shape.swap_bars in track.phrase_bars,
            warp=warp,
            gain_db=gain,
            bpm=tempo,
            key=track.key.camelot,
            phrase_lines=tuple(on_clock(track, warp, bar) for bar in sorted(track.phrase_bars)),
            sections=tuple(
                ClockSection(
                    s.label,
                    on_clock(track, warp, s.start_bar),
                    on_clock(track, warp, s.end_bar),
                    s.level_db,
                )
                for s in track.sections
            ),
        )
        for track, cue, warp, gain, tempo in zip(
            (a, b),
            (shape.cue_a, shape.cue_b),
            (warp_a, warp_b),
            gains,
            shape.tempos,
            strict=True,
        )
    ]
    return TransitionPlan(
        technique=shape.name,
        bars=shape.bars,
        swap_beat=swap_beat,
        beat_times=tuple(clock),
        a=sides[0],
        b=sides[1],
        key_distance=a.key.distance(b.key),
        beats_per_bar=per_bar,
        frames_per_beat=options.frames_per_beat,
        reasons=tuple(reasons),
        rejected=tuple(rejected),
    )
