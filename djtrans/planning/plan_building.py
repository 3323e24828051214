"""Writes a choice down as a plan: the clock, both tracks on it, their levels, and why."""

from __future__ import annotations

from djtrans.core.contracts.technique import PLACES
from djtrans.core.track.analysis import Analysis
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
from djtrans.planning.keys import KEY_CONFIDENCE
from djtrans.planning.options import PlanOptions
from djtrans.planning.swap_bars import asked_bar
from djtrans.planning.tempo import has_beat
from djtrans.planning.timeline import lay_out

#: No track is turned up or down further than this to meet the other.
TRIM_LIMIT_DB = 12.0
#: How sure a plan can be that is made against advice, or on what was heard of two windows alone.
DOUBTED_CONFIDENCE = 0.5


def build_plan(
    choice: Choice, options: PlanOptions, files: Pair[Analysis], notes: tuple[str, ...]
) -> TransitionPlan:
    """The plan of a choice.

    Parameters
    ----------
    choice : Choice
    options : PlanOptions
    files : Pair of Analysis
        Of the tracks as their files are, in whatever octave.
    notes : tuple of str
        What was decided before.
    """
    candidate, window = choice.candidate, choice.candidate.window
    clock = lay_out(
        choice.tracks,
        candidate.cues,
        window.bars,
        window.swap,
        candidate.tempo,
        options.ease_bars,
        options.nudge_ms / 1000.0,
    )
    louder = files.a.levels.short_term_p95_lufs - files.b.levels.short_term_p95_lufs
    trim = min(max(louder, -TRIM_LIMIT_DB), TRIM_LIMIT_DB)
    reasons = [*_where(choice, options), *choice.reasons, candidate.tempo.reason, *notes]
    if options.key_shift:
        reasons.append(f"B is transposed by {options.key_shift:+d} semitones, as asked")
    if options.nudge_ms:
        reasons.append(f"B is played {options.nudge_ms:+g} ms later than its grid says, as asked")
    if trim != louder:
        reasons.append(
            f"B would need {louder:+.1f} dB to meet A's loudness; it is trimmed by {trim:+.0f} dB, "
            "the limit"
        )
    per_bar = choice.tracks.a.grid.beats_per_bar
    return TransitionPlan(
        technique=candidate.name,
        bars=window.bars,
        swap_beat=window.swap * per_bar,
        beat_times=clock.beat_times,
        a=_side(choice, "a", files.a, clock.warps.a, 0.0, 0),
        b=_side(choice, "b", files.b, clock.warps.b, trim, options.key_shift),
        key_distance=choice.key.distance,
        beats_per_bar=per_bar,
        frames_per_beat=options.frames_per_beat,
        reasons=tuple(dict.fromkeys(reasons)),
        rejected=choice.rejected,
        confidence=_confidence(choice),
    )


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
        place=candidate.places[name],
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


def _where(choice: Choice, options: PlanOptions) -> list[str]:
    """Where the swap lies in both tracks."""
    candidate, said = choice.candidate, []
    for name, place in candidate.places.items():
        who = name.upper()
        if name == "a" and choice.loop is not None:
            said.append("the swap lies where A's loop starts again")
        elif options.placed(name):
            said.append(asked_bar(choice.tracks[name], name, candidate.window, options)[1])
        elif place in ("outro", "intro-end"):
            what, does = place.split("-")[0], "starts" if place == "outro" else "ends"
            said.append(f"the swap lies where {who}'s {what} {does}")
        elif place == "phrase":
            said.append(f"the swap lies on a phrase line of {who}")
        elif not place:
            said.append(f"the swap lies on a downbeat of {who}: no phrase line leaves room")
        else:
            said.append(f"the swap lies at {PLACES[place].replace('any ', 'a ')} of {who}")
    return said


def _confidence(choice: Choice) -> float:
    """The least sure of what the plan rests on."""
    candidate, sure = choice.candidate, [1.0]
    for track in choice.tracks:
        # Even where no beats are matched: the lines that the swap lies on are the grid's.
        sure.append(track.grid.confidence)
        if has_beat(track):
            sure.append(track.grid.downbeat_confidence)
        if candidate.window.overlap and choice.key.overlap == "free":
            # Half sure where the rule begins to trust the key.
            sure.append(min(1.0, track.key.confidence / (2.0 * KEY_CONFIDENCE)))
    heard = candidate.window.overlap and choice.key.overlap == "heard"
    if choice.warned or heard:
        sure.append(DOUBTED_CONFIDENCE)
    return round(min(sure), 3)
