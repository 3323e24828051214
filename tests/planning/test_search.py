"""What ``auto`` chooses, group by group, and its reasons for rejections."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from djtrans.core.errors import PlanError
from djtrans.core.transition.pair import Pair
from djtrans.planning.beat_features import BeatFeatures
from djtrans.planning.candidate_group import CandidateGroup


@pytest.fixture
def groups(technique):
    """The shape of the real one, with techniques of known facts."""
    blend, long = technique("blend"), technique("long", bars=(16, 32, 64))
    sweep = technique("sweep", bars=(4, 8, 16), swap_at=0.25)
    drop = technique("drop", bars=(4, 8, 8), swap_at=0.75, harmonic=False, place_a=("build-end",))
    fade = technique("fade", bars=(4, 8, 16))
    loose = {"beat_matched": False, "harmonic": False}
    echo = technique("echo", bars=(2, 4, 8), swap_at=0.75, **loose)
    cut = technique("cut", bars=(2, 2, 2), **loose)

    def group(*techniques, **facts):
        return CandidateGroup(techniques={f"x/{t.name}": t for t in techniques}, **facts)

    return [
        group(blend, long, at_least=8),
        group(drop, sweep, at_least=4, handicap=0.3),
        group(blend, at_least=8, loop=True, handicap=0.5),
        group(fade, at_least=4, beatless=True, handicap=0.5),
        group(echo, handicap=1.0),
        group(cut, handicap=2.0),
        group(echo, cut, fallback=True, anywhere=True),
    ]


def sound(note):
    """A window that holds one note."""
    chroma = np.zeros((64, 12))
    chroma[:, note] = 1.0
    return BeatFeatures(np.ones(64), np.ones(64), chroma)


def test_a_blend_where_there_is_room(analysis, plan, groups):
    sparse = analysis()  # 16 bars of intro, and of outro
    ends = np.where((np.arange(64) < 16) | (np.arange(64) >= 48), -10.0, 0.0)
    sparse = attrs.evolve(sparse, bar_loudness_db=ends, bar_low_db=ends - 6.0)
    made = plan(sparse, sparse, groups=groups)
    assert (made.technique, made.bars) == ("x/long", 32)
    busy = analysis(sections=(("drop", 64),))
    made = plan(busy, busy, groups=groups)
    assert (made.technique, made.bars) == ("x/blend", 16)
    assert "long over 16 bars: lower score" in made.rejected


def test_a_length_is_explained_only_if_it_exceeds_a_limit(analysis, plan, groups):
    made = plan(analysis(), analysis(), groups=groups)
    assert not any("although" in reason for reason in made.reasons)


def test_four_bars_where_the_ones_are_unsure(analysis, plan, groups):
    unsure = analysis(downbeat_confidence=0.5)
    made = plan(analysis(), unsure, groups=groups)
    assert (made.technique, made.bars) == ("x/sweep", 4)
    faults = dict(plan(analysis(), unsure, groups=groups, bars=16).faults)
    assert faults["the beats may not coincide"] > 0.5


def test_keys_far_apart_keep_notes_apart(analysis, plan, groups):
    far = analysis(tonic=6)  # F sharp minor, three steps from A minor
    made = plan(analysis(), far, groups=groups)
    assert made.technique == "x/echo"
    assert made.key_distance == 3
    assert (
        "blend, long, sweep: keys 8A and 11A, 3 steps apart: their notes must not overlap"
        in made.rejected
    )
    build = (("intro", 16), ("drop", 24), ("build", 8), ("drop", 16))
    rises = plan(analysis(sections=build), far, groups=groups)
    assert (rises.technique, rises.a.place) == ("x/drop", "build-end")
    asked = plan(analysis(), far)
    assert asked.bars == 8
    assert "although notes of both tracks overlap" in asked.reasons
    assert asked.confidence <= 0.5


@pytest.mark.parametrize(("note", "chosen"), [(0, "x/blend"), (1, "x/echo")])
def test_two_steps_apart_the_notes_of_the_windows_decide(analysis, plan, groups, note, chosen):
    two = analysis(tonic=11)  # B minor, two steps from A minor
    extractors = Pair(lambda beats: sound(0), lambda beats: sound(note))
    made = plan(analysis(), two, groups=groups, extractors=extractors, shift_beats=0)
    assert made.technique == chosen
    assert made.key_distance == 2
    assert made.bars <= 8
    if note:
        assert any("the notes of the windows clash" in reason for reason in made.rejected)
    else:
        assert any("the notes of the windows agree" in reason for reason in made.reasons)


def test_a_key_that_is_not_sure_softens_the_rule(analysis, plan, groups):
    unsure = analysis(tonic=6, key_confidence=0.1)
    made = plan(analysis(), unsure, groups=groups)
    assert (made.technique, made.bars) == ("x/blend", 8)
    assert any("but uncertain (confidence 0.10)" in reason for reason in made.reasons)


def test_keys_decide_what_a_technique_takes(analysis, plan, technique):
    with pytest.raises(
        PlanError, match="the keys are 3 steps apart; the technique allows at most 1"
    ):
        plan(analysis(), analysis(tonic=6), technique(key_limit=1))
    assert plan(analysis(), analysis(tonic=6), technique(key_limit=3)).key_distance == 3


def test_a_technique_takes_its_shortest_and_its_longest_length(analysis, plan, technique):
    for bars in (8, 32):
        assert plan(analysis(), analysis(), technique(bars=(8, 16, 32)), bars=bars).bars == bars
    for bars in (4, 48):
        with pytest.raises(PlanError, match=f"takes 8 to 32 bars, not {bars}"):
            plan(analysis(), analysis(), technique(bars=(8, 16, 32)), bars=bars)


def test_two_singers_are_kept_apart(analysis, plan, groups):
    """A is sung but for bars 44 to 48, B from its start on: those four bars are looped."""
    a = analysis(sections=(("drop", 64),), vocal=((0, 44), (48, 64)))
    b = analysis(sections=(("drop", 64),), vocal=((0, 64),))
    made = plan(a, b, groups=groups)
    loop = made.a.loop
    assert (made.technique, loop.start_bar, loop.bars) == ("x/blend", 44, 4)
    assert (loop.start_seconds, loop.stop_seconds) == (88.0, 96.0)
    assert (made.bars, made.a.cue_bar, made.a.swap_bar) == (8, 44, 48)
    assert made.a.swap_on_phrase
    assert any("both tracks have vocals at once" in reason for reason in made.rejected)
    assert any(
        "A's last 4 bars without vocals are repeated once" in reason for reason in made.reasons
    )


def test_a_voice_that_may_be_there_forbids_nothing(analysis, plan, groups):
    doubtful = analysis(sections=(("drop", 64),))
    doubtful = attrs.evolve(doubtful, bar_vocal=np.full(64, 0.6))
    assert plan(doubtful, doubtful, groups=groups).technique == "x/blend"


def test_without_a_bar_to_loop_a_phrase_ends_in_an_echo(analysis, plan, groups):
    sung = analysis(sections=(("drop", 64),), vocal=((0, 64),))
    made = plan(sung, sung, groups=groups)
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


def test_without_a_beat_nothing_overlaps_but_a_fade(analysis, plan, groups):
    ambient = analysis(confidence=0.0, downbeat_confidence=0.0)
    for a, b in ((ambient, analysis()), (analysis(), ambient), (ambient, ambient)):
        made = plan(a, b, groups=groups)
        assert made.technique == "x/fade"
        assert made.a.stretch_percent == pytest.approx(0.0, abs=1e-9)
        assert made.b.stretch_percent == pytest.approx(0.0, abs=1e-9)
        assert any("no steady beat" in reason for reason in (*made.reasons, *made.rejected))


def test_spoken_word_is_not_talked_over(analysis, plan, groups):
    speech = analysis(confidence=0.0, downbeat_confidence=0.0, vocal=((0, 64),))
    speech = attrs.evolve(speech, bar_loudness_db=np.full(64, -10.0), bar_low_db=np.full(64, -60.0))
    assert plan(speech, speech, groups=groups).technique == "x/echo"
    # Where it pauses, it can be faded into music without a voice.
    pause = np.where(np.arange(64) < 44, 1.0, 0.0)
    speech = attrs.evolve(speech, bar_vocal=pause)
    assert plan(speech, analysis(), groups=groups).technique == "x/fade"


def test_a_track_shorter_than_a_blend(analysis, plan, groups):
    made = plan(analysis(sections=(("drop", 6),)), analysis(), groups=groups)
    assert (made.technique, made.bars) == ("x/blend", 8)
    assert made.a.loop is not None
    made = plan(analysis(), analysis(sections=(("drop", 3),)), groups=groups)
    assert made.technique in ("x/echo", "x/cut")
    assert any("no phrase boundary leaves enough bars" in reason for reason in made.reasons)
    with pytest.raises(PlanError, match="No transition fits"):
        plan(analysis(), analysis(sections=(("drop", 1),)), groups=groups)


def test_who_asks_for_an_early_place_gets_it(analysis, plan, groups):
    made = plan(analysis(), analysis(), groups=groups, swap_a_seconds=32.0, bars=16)
    assert (made.technique, made.a.swap_bar) == ("x/blend", 16)
    assert not any("although" in reason for reason in made.reasons)


def test_much_of_a_is_not_thrown_away(analysis, plan, groups):
    """The only build ends after a third of A: a drop swap there is not late in A."""
    far = analysis(tonic=6)
    early = (("intro", 8), ("build", 8), ("drop", 72))
    made = plan(analysis(sections=early), far, groups=groups)
    assert made.technique == "x/echo"
    assert any(
        reason.startswith("drop over") and "much of A is left unplayed" in reason
        for reason in made.rejected
    )
