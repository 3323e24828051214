"""Property test: every plan is consistent, or the error gives the reasons."""

from __future__ import annotations

import attrs
import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from djtrans.core.errors import PlanError
from djtrans.core.transition.plan import clock_seconds, track_seconds
from djtrans.planning.candidate_group import CandidateGroup

LABELS = ("intro", "build", "drop", "break", "outro")


@st.composite
def tracks(draw):
    """Facts of any track, odd lengths and levels included."""
    lengths = draw(st.lists(st.integers(1, 20), min_size=1, max_size=6))
    bars = sum(lengths)
    levels = st.lists(st.floats(-100, 0), min_size=bars, max_size=bars)
    unit = st.floats(0, 1)
    return {
        "sections": tuple((draw(st.sampled_from(LABELS)), n) for n in lengths),
        "bpm": draw(st.floats(60, 200)),
        "first": draw(st.integers(0, 2)),
        "lead": draw(st.floats(-0.02, 3)),
        "tonic": draw(st.integers(0, 11)),
        "key_confidence": draw(unit),
        "per_bar": draw(st.sampled_from((4, 4, 4, 3))),
        "confidence": draw(unit),
        "downbeat_confidence": draw(unit),
        "level": draw(st.one_of(st.just([0.0] * bars), levels)),
        "voice": draw(st.lists(unit, min_size=bars, max_size=bars)),
    }


def build(analysis, facts):
    facts = dict(facts)
    level, voice = facts.pop("level"), facts.pop("voice")
    return attrs.evolve(
        analysis(**facts), bar_level_db=level, bar_low_db=level, bar_vocal=np.array(voice)
    )


@settings(max_examples=60)
@given(
    tracks(),
    tracks(),
    st.sampled_from(("auto", "a", "b", "ramp")),
    st.sampled_from((0, 0, 8, 16)),
    st.floats(-50, 50),
)
def test_a_plan_is_valid_or_says_why_not(analysis, plan, technique, one, two, tempo, bars, nudge):
    a, b = build(analysis, one), build(analysis, two)
    loose = {"beat_matched": False, "harmonic": False}
    blend, echo, cut = (
        technique(),
        technique("echo", bars=(2, 4, 8), swap_at=0.75, **loose),
        technique("cut", bars=(2, 2, 2), **loose),
    )

    def group(*techniques, **facts):
        return CandidateGroup(techniques={f"x/{t.name}": t for t in techniques}, **facts)

    groups = [
        group(blend, at_least=8),
        group(blend, at_least=8, loop=True, handicap=0.5),
        group(blend, at_least=4, beatless=True),
        group(echo, handicap=1.0),
        group(cut),
        group(echo, cut, fallback=True, anywhere=True),
    ]
    try:
        made = plan(a, b, groups=groups, tempo=tempo, bars=bars, nudge_ms=nudge)
    except PlanError as error:
        made, message = None, str(error)
    if made is None:
        assert message.startswith("No transition fits. ")
        assert len(message) > 60
        return
    assert np.all(np.diff(made.beat_times) > 0)
    assert made.beat_times[0] == 0.0
    assert len(made.beat_times) == made.bars * made.beats_per_bar + 1
    assert made.n_frames == made.bars * made.beats_per_bar * made.frames_per_beat
    assert 0 < made.swap_beat < made.bars * made.beats_per_bar
    assert made.swap_beat % made.beats_per_bar == 0
    assert 0.0 <= made.confidence <= 1.0
    assert made.reasons
    for side, track in ((made.a, a), (made.b, b)):
        points = np.array(side.warp)
        assert np.all(np.diff(points, axis=0) > 0)
        swap = track_seconds(side.warp, made.swap_seconds)
        ends = track.duration_seconds
        if side.loop is not None:
            ends += side.loop.repeats * (side.loop.stop_seconds - side.loop.start_seconds)
        assert -0.6 < swap <= ends + 0.6
        assert side.cue_bar >= 0
        assert side.swap_on_phrase or any("no phrase boundary" in reason for reason in made.reasons)
        assert np.allclose(clock_seconds(side.warp, swap), made.swap_seconds)
    assert abs(track_seconds(made.a.warp, 0.0) - made.a.cue_seconds) < 1e-9
