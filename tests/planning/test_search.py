"""What ``auto`` chooses, rung by rung, and what it says of those it passed over."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from djtrans.core.errors import PlanError
from djtrans.core.transition.pair import Pair
from djtrans.planning.beat_features import BeatFeatures
from djtrans.planning.candidate_group import CandidateGroup


@pytest.fixture
def ladder(technique):
    """The shape of the real one, with techniques of known facts."""
    blend, long = technique("blend"), technique("long", bars=(16, 32, 64))
    sweep = technique("sweep", bars=(4, 8, 16), swap_at=0.25)
    drop = technique("drop", bars=(4, 8, 8), swap_at=0.75, harmonic=False, place_a=("build-end",))
    fade = technique("fade", bars=(4, 8, 16))
    loose = {"beat_matched": False, "harmonic": False}
    echo = technique("echo", bars=(2, 4, 8), swap_at=0.75, **loose)
    cut = technique("cut", bars=(2, 2, 2), **loose)

    def rung(*techniques, **facts):
        return CandidateGroup(techniques={f"x/{t.name}": t for t in techniques}, **facts)

    return [
        rung(blend, long, at_least=8),
        rung(drop, sweep, at_least=4),
        rung(blend, at_least=8, loop=True),
        rung(fade, at_least=4, beatless=True),
        rung(echo),
        rung(cut),
        rung(echo, cut, last=True),
    ]


def sound(note):
    """A window that holds one note."""
    chroma = np.zeros((64, 12))
    chroma[:, note] = 1.0
    return BeatFeatures(np.ones(64), np.ones(64), chroma)


def test_a_blend_where_there_is_room(analysis, plan, ladder):
    made = plan(analysis(), analysis(), ladder=ladder)
    assert (made.technique, made.bars) == ("x/long", 32)
    busy = analysis(sections=(("drop", 64),))
    made = plan(busy, busy, ladder=ladder)
    assert (made.technique, made.bars) == ("x/blend", 16)
    assert "long over 16 bars: no better" in made.rejected


def test_four_bars_where_the_ones_are_unsure(analysis, plan, ladder):
    unsure = analysis(downbeat_confidence=0.5)
    made = plan(analysis(), unsure, ladder=ladder)
    assert (made.technique, made.bars) == ("x/sweep", 4)
    assert any("ones are not sure (confidence 0.50), so 4 bars at most" in r for r in made.rejected)
    # Who asks for a blend gets its shortest, and who asks for a length gets that.
    assert plan(analysis(), unsure).bars == 8
    asked = plan(analysis(), unsure, ladder=ladder, bars=16)
    assert asked.bars == 16
    assert "16 bars although the ones are not sure (confidence 0.50)" in asked.reasons


def test_keys_far_apart_keep_notes_apart(analysis, plan, ladder):
    far = analysis(tonic=6)  # F sharp minor, three steps from A minor
    made = plan(analysis(), far, ladder=ladder)
    assert made.technique == "x/echo"
    assert made.key_distance == 3
    assert (
        "blend, long, sweep: keys 8A and 11A, 3 steps apart: no notes of both at once"
        in made.rejected
    )
    build = (("intro", 16), ("drop", 24), ("build", 8), ("drop", 16))
    rises = plan(analysis(sections=build), far, ladder=ladder)
    assert (rises.technique, rises.a.place) == ("x/drop", "build-end")
    asked = plan(analysis(), far)
    assert asked.bars == 8
    assert "although notes of both are heard at once" in asked.reasons
    assert asked.confidence <= 0.5


@pytest.mark.parametrize(("note", "chosen"), [(0, "x/blend"), (1, "x/echo")])
def test_two_steps_apart_the_notes_of_the_windows_decide(analysis, plan, ladder, note, chosen):
    two = analysis(tonic=11)  # B minor, two steps from A minor
    ears = Pair(lambda beats: sound(0), lambda beats: sound(note))
    made = plan(analysis(), two, ladder=ladder, ears=ears, shift_beats=0)
    assert made.technique == chosen
    assert made.key_distance == 2
    assert made.bars <= 8
    if note:
        assert any("the notes of the windows clash" in reason for reason in made.rejected)
    else:
        assert any("the notes of the windows agree" in reason for reason in made.reasons)


def test_a_key_that_is_not_sure_softens_the_rule(analysis, plan, ladder):
    unsure = analysis(tonic=6, key_confidence=0.1)
    made = plan(analysis(), unsure, ladder=ladder)
    assert (made.technique, made.bars) == ("x/blend", 8)
    assert any("but not sure (confidence 0.10)" in reason for reason in made.reasons)


def test_keys_decide_what_a_technique_takes(analysis, plan, technique):
    with pytest.raises(PlanError, match="the keys are 3 steps apart, and it takes 1 at most"):
        plan(analysis(), analysis(tonic=6), technique(key_limit=1))


def test_two_singers_are_kept_apart(analysis, plan, ladder):
    """A is sung but for bars 44 to 48, B from its start on: those four bars are looped."""
    a = analysis(sections=(("drop", 64),), vocal=((0, 44), (48, 64)))
    b = analysis(sections=(("drop", 64),), vocal=((0, 64),))
    made = plan(a, b, ladder=ladder)
    loop = made.a.loop
    assert (made.technique, loop.start_bar, loop.bars) == ("x/blend", 44, 4)
    assert (loop.start_seconds, loop.stop_seconds) == (88.0, 96.0)
    assert (made.bars, made.a.cue_bar, made.a.swap_bar) == (8, 44, 48)
    assert made.a.swap_on_phrase
    assert any("both sing" in reason for reason in made.rejected)
    assert any(
        "A's last 4 bars without a voice are repeated once" in reason for reason in made.reasons
    )


def test_a_voice_that_may_be_there_forbids_nothing(analysis, plan, ladder):
    doubtful = analysis(sections=(("drop", 64),))
    doubtful = attrs.evolve(doubtful, bar_vocal=np.full(64, 0.6))
    assert plan(doubtful, doubtful, ladder=ladder).technique == "x/blend"


def test_without_a_bar_to_loop_a_phrase_ends_in_an_echo(analysis, plan, ladder):
    sung = analysis(sections=(("drop", 64),), vocal=((0, 64),))
    made = plan(sung, sung, ladder=ladder)
    assert made.technique == "x/echo"
    assert any("could be looped" in reason for reason in made.rejected)


def test_a_line_is_not_cut_where_another_place_is_as_good(analysis, plan, technique):
    """The line that is sung over the start of the outro ends four bars into it."""
    cut = technique("cut", bars=(2, 2, 2), beat_matched=False, harmonic=False)
    assert plan(analysis(), analysis(), cut).a.swap_bar == 48
    assert plan(analysis(vocal=((40, 52),)), analysis(), cut).a.swap_bar in (56, 64)
    # A line that ends with the phrase is whole.
    assert plan(analysis(vocal=((40, 48),)), analysis(), cut).a.swap_bar == 48
    assert plan(analysis(), analysis(vocal=((10, 18),)), cut).b.swap_bar != 16


def test_without_a_beat_nothing_overlaps_but_a_fade(analysis, plan, ladder):
    ambient = analysis(confidence=0.0, downbeat_confidence=0.0)
    for a, b in ((ambient, analysis()), (analysis(), ambient), (ambient, ambient)):
        made = plan(a, b, ladder=ladder)
        assert made.technique == "x/fade"
        assert made.a.stretch_percent == pytest.approx(0.0, abs=1e-9)
        assert made.b.stretch_percent == pytest.approx(0.0, abs=1e-9)
        assert any("no steady beat" in reason for reason in (*made.reasons, *made.rejected))


def test_spoken_word_is_not_talked_over(analysis, plan, ladder):
    speech = analysis(confidence=0.0, downbeat_confidence=0.0, vocal=((0, 64),))
    assert plan(speech, speech, ladder=ladder).technique == "x/echo"
    # Into music without a voice it can be faded.
    assert plan(speech, analysis(), ladder=ladder).technique == "x/fade"


def test_a_track_shorter_than_a_blend(analysis, plan, ladder):
    made = plan(analysis(sections=(("drop", 6),)), analysis(), ladder=ladder)
    assert (made.technique, made.bars) == ("x/blend", 8)
    assert made.a.loop is not None
    made = plan(analysis(), analysis(sections=(("drop", 3),)), ladder=ladder)
    assert made.technique in ("x/echo", "x/cut")
    assert any("no phrase line leaves room" in reason for reason in made.reasons)
    with pytest.raises(PlanError, match="No transition fits"):
        plan(analysis(), analysis(sections=(("drop", 1),)), ladder=ladder)


def test_who_asks_for_an_early_place_gets_it(analysis, plan, ladder):
    made = plan(analysis(), analysis(), ladder=ladder, swap_a_seconds=32.0, bars=16)
    assert (made.technique, made.a.swap_bar, made.confidence) == ("x/blend", 16, 1.0)


def test_much_of_a_is_not_thrown_away(analysis, plan, ladder):
    """The only build ends after a third of A: a drop swap there is not late in A."""
    far = analysis(tonic=6)
    early = (("intro", 8), ("build", 8), ("drop", 72))
    made = plan(analysis(sections=early), far, ladder=ladder)
    assert made.technique == "x/echo"
    assert any("A is left early, at bar 17 of 88" in reason for reason in made.rejected)
