"""Build the plan of a chosen candidate: timeline, warps, gains and reasons."""

from __future__ import annotations

import warnings

import attrs

from djtrans.core.contracts.technique import PLACES
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.gain_ease import GainEase
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import (
    ClockSection,
    TrackPlan,
    TransitionPlan,
    Warp,
    clock_seconds,
    track_seconds,
)
from djtrans.planning.candidate_group import Choice
from djtrans.planning.confidence import certainty, passing_probability
from djtrans.planning.levels import (
    EASE_PHRASE_BARS,
    TRIM_LIMIT_DB,
    Gains,
    ease_bars,
    loudness_difference_db,
    loudness_trim_db,
    match_loudness,
)
from djtrans.planning.options import PlanOptions
from djtrans.planning.scoring import Faults
from djtrans.planning.swap_bars import requested_bar
from djtrans.planning.timeline import make_timeline

#: Cost from which on a fault is stated in the plan.
LEAST_COST = 0.05
#: Upper limit of the confidence of a plan with warnings.
DOUBTED_CONFIDENCE = 0.5


def build_plan(
    choice: Choice,
    options: PlanOptions,
    files: Pair[Analysis],
    notes: tuple[str, ...],
    headroom_a_db: float = 0.0,
) -> TransitionPlan:
    """Build the plan of a chosen candidate.

    Parameters
    ----------
    choice : Choice
    options : PlanOptions
    files : Pair of Analysis
        Of the tracks in their own tempo octaves.
    notes : tuple of str
        Reasons of earlier decisions.
    headroom_a_db : float
        Gain that A's peaks allow.
    """
    candidate, window = choice.candidate, choice.candidate.window
    timeline = make_timeline(
        choice.tracks,
        candidate.cues,
        window.bars,
        window.swap,
        candidate.tempo,
        options.ease_bars,
        options.nudge_ms / 1000.0,
    )
    gains = match_loudness(files.a, files.b, headroom_a_db)
    louder, trim = loudness_difference_db(*files), loudness_trim_db(*files)
    reasons = [*_swap_reasons(choice, options), *choice.reasons, candidate.tempo.reason, *notes]
    if options.key_shift:
        reasons.append(f"B is transposed by {options.key_shift:+d} semitones, as requested")
    if options.nudge_ms:
        reasons.append(f"B is delayed by {options.nudge_ms:+g} ms, as requested")
    if trim != louder:
        reasons.append(
            f"B would need {louder:+.1f} dB to match A's loudness; the limit is {trim:+.0f} dB"
        )
        quieter, quiet = ("quieter", "B") if louder > 0.0 else ("louder", "A")
        warnings.warn(
            f"B needs {louder:+.1f} dB to match A's loudness, more than the limit of "
            f"{TRIM_LIMIT_DB:g} dB: it stays {abs(louder - trim):.1f} dB {quieter} than A. "
            f"Raise the level of {quiet} first.",
            stacklevel=2,
        )
    per_bar = choice.tracks.a.grid.beats_per_bar
    b = _side(choice, "b", files.b, timeline.warps.b, gains.b, options.key_shift)
    ease = _gain_ease(choice, gains, b.warp, timeline.beat_times[-1], options.ease_bars)
    made = TransitionPlan(
        technique=candidate.name,
        bars=window.bars,
        swap_beat=window.swap * per_bar,
        beat_times=timeline.beat_times,
        a=_side(choice, "a", files.a, timeline.warps.a, gains.a, 0),
        b=attrs.evolve(b, gain_ease=ease),
        key_distance=choice.key.distance,
        beats_per_bar=per_bar,
        frames_per_beat=options.frames_per_beat,
        beat_matched=candidate.tempo.matched and choice.beat == 1.0,
        reasons=tuple(dict.fromkeys(reasons)),
        rejected=choice.rejected,
        cost=round(choice.cost, 3),
        faults=_stated(candidate.faults),
    )
    made = attrs.evolve(made, confidence=_confidence(choice, made))
    ending = candidate.technique.ending
    if ending is None:
        return made
    segments = ending.segments(made.swap_beat, choice.beat)
    playback = tuple(segment.mapped(made.clock_of_beat) for segment in segments)
    lines = made.a.phrase_lines
    if window.looped:
        # The end of the phrase that is looped is where the loops end.
        lines = (*(line for line in lines if line < playback[0].start - 1e-6), made.swap_seconds)
    return attrs.evolve(made, a=attrs.evolve(made.a, playback=playback, phrase_lines=lines))


def _side(
    choice: Choice, name: str, file: Analysis, warp: Warp, gain_db: float, key_shift: int
) -> TrackPlan:
    track, candidate = choice.tracks[name], choice.candidate
    cue, swap = candidate.cues[name], candidate.swaps[name]

    def on_clock(bar: int) -> float:
        return clock_seconds(warp, track.grid.time_of_bar(bar))

    return TrackPlan(
        cue_seconds=track_seconds(warp, 0.0),
        cue_bar=cue,
        swap_bar=swap,
        cue_section=track.section_at(cue).label,
        swap_section=track.section_at(swap).label,
        swap_on_phrase=swap in track.phrase_bars,
        place=candidate.anchors[name],
        warp=warp,
        gain_db=gain_db,
        bpm=file.grid.bpm,
        key=track.key.camelot,
        key_shift=float(key_shift),
        loop=choice.loop if name == "a" else None,
        phrase_lines=tuple(on_clock(bar) for bar in sorted(track.phrase_bars)),
        sections=tuple(
            ClockSection(s.label, on_clock(s.start_bar), on_clock(s.end_bar), s.level_db)
            for s in track.sections
        ),
    )


def _stated(faults: Faults) -> tuple[tuple[str, float], ...]:
    """Return the faults that cost something, the worst first."""
    costs = ((fault, round(cost, 3)) for fault, cost in faults.items())
    return tuple(sorted((x for x in costs if x[1] >= LEAST_COST), key=lambda x: -x[1]))


def _gain_ease(
    choice: Choice, gains: Gains, warp: Warp, start: float, least_bars: int
) -> GainEase | None:
    """Return B to its own level over the phrases after the window."""
    if gains.b_own == gains.b or not least_bars:
        return None
    track, candidate = choice.tracks.b, choice.candidate
    first = candidate.cues.b + candidate.window.bars
    last = first + ease_bars(gains.b_own - gains.b, least_bars)
    phrases = (bar for bar in track.phrase_bars if last <= bar < last + EASE_PHRASE_BARS)
    last = min(phrases, default=last)
    stop = clock_seconds(warp, track.grid.time_of_bar(last))
    return GainEase(start=start, stop=stop, gain_db=gains.b_own, bars=last - first)


def _swap_reasons(choice: Choice, options: PlanOptions) -> list[str]:
    """Describe the position of the swap in both tracks."""
    candidate, reasons = choice.candidate, []
    for name, anchor in candidate.anchors.items():
        track = name.upper()
        if name == "a" and choice.loop is not None:
            reasons.append("the swap lies where A's loop repeats")
        elif name == "a" and candidate.window.looped and not options.placed(name):
            reasons.append(f"A's bars up to bar {candidate.swaps.a + 1} are looped to the swap")
        elif options.placed(name):
            reasons.append(requested_bar(choice.tracks[name], name, candidate.window, options)[1])
        elif anchor in ("outro", "intro-end"):
            section, verb = anchor.split("-")[0], "starts" if anchor == "outro" else "ends"
            reasons.append(f"the swap lies where {track}'s {section} {verb}")
        elif anchor == "phrase":
            reasons.append(f"the swap lies on a phrase boundary of {track}")
        elif not anchor:
            reasons.append(
                f"the swap lies on a downbeat of {track}: no phrase boundary leaves enough bars"
            )
        else:
            reasons.append(f"the swap lies at {PLACES[anchor].replace('any ', 'a ')} of {track}")
    return reasons


def _confidence(choice: Choice, plan: TransitionPlan) -> float:
    """Return the probability that the grids are right and the gates pass."""
    music_a, music_b = plan.a.music, plan.b.music
    unplayed = 0.0 if music_a is None else music_a[1] - plan.window_seconds
    skipped = 0.0 if music_b is None else -music_b[0]
    found = certainty(*choice.tracks) * passing_probability(
        choice.candidate.values, max(unplayed, skipped), plan.beat_matched
    )
    return round(min(found, DOUBTED_CONFIDENCE) if choice.warned else found, 3)
