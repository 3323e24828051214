"""Plans of hand-made analyses with known answers."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from djtrans.core.errors import InputError, PlanError
from djtrans.core.transition.plan import clock_seconds


def test_a_late_b_early_on_phrase_lines(analysis, plan):
    made = plan(analysis(), analysis(bpm=123.0, first=2, lead=0.3))
    assert (made.bars, made.swap_beat, made.n_frames) == (16, 32, 128)
    assert (made.a.swap_bar, made.a.swap_section, made.a.place) == (48, "outro", "outro")
    assert (made.b.swap_bar, made.b.swap_section, made.b.place) == (16, "drop", "intro-end")
    assert made.a.swap_on_phrase
    assert made.b.swap_on_phrase
    assert made.a.cue_seconds == pytest.approx(40 * 2.0)
    assert made.a.stretch_percent == pytest.approx(0.0, abs=1e-9)
    assert made.b.stretch_percent == pytest.approx(100 * (120 / 123 - 1), abs=1e-6)


def test_an_outro_of_several_sections_starts_with_the_first(analysis, plan):
    cut = (("intro", 16), ("outro", 8), ("drop", 24), ("outro", 8), ("outro", 8))
    made = plan(analysis(sections=cut), analysis())
    assert made.a.swap_bar == 48
    assert "the swap lies where A's outro starts" in made.reasons


def test_sections_keep_their_levels(analysis, plan):
    loud = analysis()
    quiet = attrs.evolve(loud, sections=[attrs.evolve(s, level_db=-7.5) for s in loud.sections])
    made = plan(quiet, loud)
    assert {s.level_db for s in made.a.sections} == {-7.5}
    assert {s.level_db for s in made.b.sections} == {s.level_db for s in loud.sections}


def test_both_swaps_fall_on_the_same_clock_time(analysis, plan):
    a, b = analysis(first=1, lead=0.1), analysis(bpm=123.0, first=3, lead=1.7)
    made = plan(a, b)
    for side, track in ((made.a, a), (made.b, b)):
        swap = track.grid.time_of_bar(side.swap_bar)
        assert clock_seconds(side.warp, swap) == pytest.approx(made.swap_seconds, abs=1e-9)
        beats = [track.grid.time_of(track.grid.beat_of_bar(side.cue_bar) + i) for i in range(65)]
        clock = [clock_seconds(side.warp, float(t)) for t in beats]
        assert np.allclose(clock, made.beat_times, atol=1e-9)


def test_a_short_track_gets_a_shorter_window_and_the_plan_says_so(analysis, plan, technique):
    short = analysis(sections=(("intro", 8), ("drop", 4)))
    made = plan(short, analysis())
    assert made.bars == 8
    assert [reason.split(": ") for reason in made.rejected] == [
        [
            "swap over 16 bars",
            "A has no phrase boundary with 8 bars before it and 8 audible bars after it",
        ]
    ]
    with pytest.raises(PlanError, match=r"No transition fits. swap over 16 bars"):
        plan(short, analysis(), bars=16)
    with pytest.raises(PlanError, match="swap: the technique takes 8 to 32 bars, not 4"):
        plan(analysis(), analysis(), bars=4)


def test_a_track_shorter_than_any_window_is_refused_with_the_reason(analysis, plan):
    track = analysis()
    grid = attrs.evolve(track.grid, beat_times=track.grid.beat_times[:4])
    with pytest.raises(PlanError, match=r"B has no whole bar; give a longer track"):
        plan(track, attrs.evolve(track, grid=grid))
    with pytest.raises(PlanError, match="B has no phrase boundary with 4 bars before it"):
        plan(analysis(), analysis(sections=(("drop", 4),)))


def test_a_fade_out_is_no_place_for_a_transition(analysis, plan):
    a = analysis()
    faded = np.zeros(64)
    faded[40:] = -np.arange(24.0)
    made = plan(attrs.evolve(a, bar_level_db=faded), analysis())
    assert made.a.swap_bar + 8 <= 47  # -6 dB is reached in bar 46


def test_silence_is_no_place_for_a_transition(analysis, plan):
    levels = np.zeros(64)
    levels[50:52] = -90.0
    made = plan(attrs.evolve(analysis(), bar_level_db=levels), analysis())
    first = made.a.cue_bar
    assert not {50, 51} & set(range(first, first + made.bars - 1))
    made = plan(analysis(), attrs.evolve(analysis(), bar_level_db=np.roll(levels, -30)))
    assert not {20, 21} & set(range(made.b.swap_bar, made.b.cue_bar + made.bars))


def test_what_follows_in_b_is_worth_it(analysis, plan):
    """The intro is followed by a quiet part; the drop starts eight bars later."""
    b = analysis(sections=(("intro", 16), ("break", 8), ("drop", 40)))
    quiet = np.where(np.arange(64) < 24, -12.0, 0.0)
    assert plan(analysis(), b).b.swap_bar == 16
    assert (
        plan(
            analysis(), attrs.evolve(b, bar_level_db=quiet, bar_loudness_db=quiet, bar_low_db=quiet)
        ).b.swap_bar
        == 24
    )


def test_cues_are_snapped_to_the_downbeat_and_the_shift_is_said(analysis, plan):
    made = plan(analysis(), analysis(), cue_a_seconds=20.3, cue_b_seconds=4.0)
    assert made.a.cue_seconds == pytest.approx(20.0)
    assert made.b.cue_bar == 2
    assert any("cue of A as requested, moved -300 ms" in reason for reason in made.reasons)
    with pytest.raises(InputError, match=r"Cue 1000 s lies outside track B; give 0 to"):
        plan(analysis(), analysis(), cue_b_seconds=1000.0)
    with pytest.raises(InputError, match=r"Cue 129 s lies outside track B; give 0 to 129\.0 s"):
        plan(analysis(), analysis(), cue_b_seconds=129.0)  # its length
    with pytest.raises(PlanError, match="whole bars are left"):
        plan(analysis(), analysis(), cue_a_seconds=120.0)


def test_a_swap_can_be_asked_for(analysis, plan):
    made = plan(analysis(), analysis(), swap_a_seconds=60.9, swap_b_seconds=32.0)
    assert (made.a.swap_bar, made.b.swap_bar) == (30, 16)
    assert made.a.cue_bar == 22
    assert not made.a.swap_on_phrase
    assert made.a.place == ""
    assert made.reasons[0] == "swap of A as requested, moved -900 ms to the downbeat"
    with pytest.raises(PlanError, match="before A's swap there are only 2 whole bars"):
        plan(analysis(), analysis(), swap_a_seconds=4.0)
    with pytest.raises(InputError, match="Swap 999 s lies outside track A"):
        plan(analysis(), analysis(), swap_a_seconds=999.0)


def test_a_cue_of_one_and_the_swap_of_the_other_go_together(analysis, plan):
    made = plan(analysis(), analysis(), cue_a_seconds=40.0, swap_b_seconds=32.0)
    assert (made.a.cue_bar, made.a.swap_bar, made.b.swap_bar) == (20, 28, 16)


@pytest.mark.parametrize(
    ("facts", "label", "places"),
    [
        ({"place_a": ("drop",), "place_b": ("drop",)}, "drop", ("drop", "drop")),
        ({"place_a": ("build-end",), "place_b": ("break",)}, "drop", ("build-end", "break")),
        ({"place_a": ("break",), "place_b": ("section",)}, "break", ("break", "section")),
    ],
)
def test_a_technique_gets_the_place_it_wants(analysis, plan, technique, facts, label, places):
    track = analysis(
        sections=(("intro", 16), ("drop", 16), ("break", 8), ("build", 8), ("drop", 32))
    )
    made = plan(track, track, technique(bars=(4, 8, 8), **facts))
    assert made.a.swap_section == label
    assert (made.a.place, made.b.place) == places


def test_a_technique_whose_place_is_not_there_is_refused(analysis, plan, technique):
    with pytest.raises(PlanError, match="A has no build-end"):
        plan(analysis(), analysis(), technique(place_a=("build-end",)))
    with pytest.raises(PlanError, match="B has no break and no vocal"):
        plan(analysis(), analysis(), technique(place_b=("break", "vocal")))


def test_the_level_trim_meets_a_and_has_a_limit(analysis, plan):
    made = plan(analysis(lufs=-9), analysis(lufs=-13))
    assert made.b.gain_db == pytest.approx(4.0)
    assert made.b.gain == pytest.approx(10 ** (4 / 20))
    with pytest.warns(
        UserWarning, match=r"\+31\.0 dB .* stays 19\.0 dB quieter than A\. Raise .* B"
    ):
        far = plan(analysis(lufs=-9), analysis(lufs=-40))
    assert far.b.gain_db == 12.0
    with pytest.warns(UserWarning, match=r"-31\.0 dB .* stays 19\.0 dB louder than A\. Raise .* A"):
        assert plan(analysis(lufs=-40), analysis(lufs=-9)).b.gain_db == -12.0
    assert plan(analysis(lufs=-9), analysis(lufs=-np.inf)).b.gain_db == 0.0
    assert any("limit" in reason for reason in far.reasons)


def test_b_can_be_nudged_shifted_and_transposed(analysis, plan):
    plain = plan(analysis(), analysis(tonic=4))
    nudged = plan(analysis(), analysis(tonic=4), nudge_ms=12.0)
    for before, after in zip(plain.b.warp, nudged.b.warp, strict=True):
        assert after[0] - before[0] == pytest.approx(0.012)
        assert after[1] == before[1]
    assert nudged.a == plain.a
    shifted = plan(analysis(), analysis(tonic=4), shift_beats=2)
    assert shifted.b.cue_seconds - plain.b.cue_seconds == pytest.approx(2 * 0.5)
    assert "B's downbeats are moved 2 beats later, as requested" in shifted.reasons
    # E minor a tone down is D minor: from one step above A minor to one step below it.
    moved = plan(analysis(), analysis(tonic=4), key_shift=-2)
    assert (moved.key_distance, moved.b.key_shift, moved.b.key) == (1, -2.0, "9A")
    assert plan(analysis(), analysis(tonic=4), key_shift=1).key_distance == 4


def test_a_track_into_itself(analysis, plan):
    track = analysis()
    made = plan(track, track)
    assert (made.a.swap_bar, made.b.swap_bar) == (48, 16)
    assert made.b.stretch_percent == pytest.approx(0.0, abs=1e-9)
    assert (made.b.gain_db, made.key_distance) == (0.0, 0)
