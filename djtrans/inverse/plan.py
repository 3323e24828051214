"""Where the tracks of a mix lie on it: as a plan says, or as they are, on the grid of the first."""

from __future__ import annotations

import os

from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.track import Track
from djtrans.core.transition.alignment import Span, window_span
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import load_params
from djtrans.core.transition.plan import TrackPlan, TransitionPlan

#: Lengths that differ by less are the same.
SAME_SECONDS = 0.05
BEATS_PER_BAR = 4
#: No technique is known of a mix: what stands in the plan is the one that says least.
UNKNOWN_TECHNIQUE = "djtrans/fade"


def check_same_length(mix: Track, tracks: Pair[Track]) -> None:
    """Refuse tracks that cannot lie on the mix as they are."""
    for side, track in tracks.items():
        if abs(track.duration_seconds - mix.duration_seconds) > SAME_SECONDS:
            raise InputError(
                f"The mix lasts {mix.duration_seconds:.2f} s and {side.upper()} "
                f"{track.duration_seconds:.2f} s; give tracks that are aligned to the mix, of the "
                "same length within 50 ms, or say how they lie on it with --plan PARAMS."
            )


def read_plan(
    plan: str | os.PathLike[str] | TransitionPlan, mix: Track
) -> tuple[TransitionPlan, int]:
    """A plan, and the sample of the mix at which its window starts."""
    spans: list[Span] = []
    if not isinstance(plan, TransitionPlan):
        content = load_params(plan)
        render, plan = content.provenance.render, content.plan
        scale = mix.sample_rate / render.sample_rate
        spans.append(Span(round(render.start * scale), round(render.stop * scale)))
    spans.append(window_span(plan, mix.sample_rate))
    samples = mix.audio.shape[-1]
    for span in spans:
        if abs(span.samples - samples) <= SAME_SECONDS * mix.sample_rate:
            return plan, -span.start
    wanted = " or ".join(f"{span.samples / mix.sample_rate:.2f} s" for span in spans)
    raise InputError(
        f"The mix lasts {mix.duration_seconds:.2f} s; for this plan give one of {wanted}: the "
        "render with its context, or the window alone."
    )


def plan_on_grid(
    mix: Track, analyses: Pair[Analysis], bpm: float | None, bars: int | None
) -> TransitionPlan:
    """The plan of tracks that lie on the mix already: whole bars, from the first one on."""
    grid = analyses.a.grid
    if bpm is None:
        tempo, start = grid.bpm, float(grid.time_of_bar(0))
        if start < 0.0:
            start = float(grid.time_of_bar(1)) if start < -SAME_SECONDS else 0.0
    elif not 20.0 <= bpm <= 400.0:
        raise InputError(f"bpm = {bpm} is not allowed; give 20 to 400.")
    else:
        tempo, start = bpm, 0.0
    beat = 60.0 / tempo
    whole = int((mix.duration_seconds - start + SAME_SECONDS) / (beat * BEATS_PER_BAR))
    if whole < 1:
        raise InputError(
            f"The mix has no whole bar at {tempo:.2f} BPM; give a longer one, or its tempo (--bpm)."
        )
    if bars is not None and not 1 <= bars <= whole:
        raise InputError(f"bars = {bars} is not allowed; the mix has 1 to {whole} whole bars.")
    count = bars or whole
    beats = count * BEATS_PER_BAR
    a, b = (
        TrackPlan(
            cue_seconds=start,
            cue_bar=0,
            swap_bar=count // 2,
            cue_section="",
            swap_section="",
            swap_on_phrase=False,
            warp=((0.0, start), (1.0, start + 1.0)),
            gain_db=0.0,
            bpm=tempo,
            key=analysis.key.camelot,
        )
        for analysis in analyses
    )
    return TransitionPlan(
        technique=UNKNOWN_TECHNIQUE,
        bars=count,
        swap_beat=(count // 2) * BEATS_PER_BAR,
        beat_times=tuple(i * beat for i in range(beats + 1)),
        a=a,
        b=b,
        key_distance=analyses.a.key.distance(analyses.b.key),
        reasons=(f"recovered from {mix.name}",),
        confidence=grid.confidence if bpm is None else 1.0,
    )
