"""Changes of a params file: the swap, gains, technique, settings and level."""

from __future__ import annotations

import attrs
import pytest
import torch

import djtrans
from djtrans.core.errors import InputError
from djtrans.core.transition.gain_ease import GainEase
from djtrans.core.transition.params_file import load_params, save_params
from djtrans.core.transition.plan import ClockSection
from djtrans.core.transition.playback import PlaybackSegment
from djtrans.mixer.resolve import resolve_spec
from djtrans.pipeline.editing import change_gain, configure_mixer, move_swap, redraw, set_level
from djtrans.testing import example_export

BASS = "b/bass/eq/low"


@pytest.fixture
def content(tmp_path):
    """A window of 4 bars at 2 frames a beat, with a step and a slope around a swap at beat 8."""
    content = example_export(tmp_path, ()).content
    plan = attrs.evolve(content.plan, swap_beat=8)
    values = content.params.values.clone()
    values[:16, content.params.layout.index(BASS)] = 0.0
    values[16:, content.params.layout.index(BASS)] = 1.0
    ramp = torch.linspace(1.0, 0.0, content.params.n_frames)
    values[:, content.params.layout.index("a/other/fader/gain")] = ramp
    assert content.params.n_frames == 32
    params = attrs.evolve(content.params, values=values)
    mixer = attrs.evolve(content.provenance.mixer, spec=resolve_spec("dj54"))
    provenance = attrs.evolve(content.provenance, mixer=mixer)
    return attrs.evolve(content, plan=plan, params=params, provenance=provenance)


@pytest.mark.parametrize("beats", [-4, -1, 1, 4])
def test_the_step_on_the_swap_moves_with_it_and_stays_a_step(content, beats):
    moved = move_swap(content, beats)
    bass, swap = moved.params.row(BASS), 2 * (8 + beats)
    assert moved.plan.swap_beat == 8 + beats
    assert bass[:swap].tolist() == [0.0] * swap
    assert bass[swap:].tolist() == [1.0] * (32 - swap)
    slope = moved.params.row("a/other/fader/gain")
    assert (slope.diff() <= 0).all()
    ends = content.params.row("a/other/fader/gain")[[0, 15, 16, 31]]
    torch.testing.assert_close(slope[[0, swap - 1, swap, 31]], ends)


def test_moving_the_swap_there_and_back_keeps_the_plan(content):
    there = move_swap(content, 4)
    assert there.plan.a.swap_bar == content.plan.a.swap_bar + 1
    assert there.plan.a.cue_seconds == content.plan.a.cue_seconds
    assert move_swap(there, -4).plan.a.swap_bar == content.plan.a.swap_bar
    assert there.plan.reasons[-1] == "the swap was moved by +4 beats by hand"


def test_phrase_and_section_are_those_at_the_new_swap(content):
    times = content.plan.beat_times
    sections = (
        ClockSection("intro", times[0], times[12]),
        ClockSection("drop", times[12], times[16]),
    )
    side = attrs.evolve(content.plan.b, phrase_lines=(times[12],), sections=sections)
    content = attrs.evolve(content, plan=attrs.evolve(content.plan, b=side))
    moved = move_swap(content, 4).plan.b
    assert (moved.swap_section, moved.swap_on_phrase, moved.place) == ("drop", True, "phrase")
    moved = move_swap(content, 3).plan.b
    assert (moved.swap_section, moved.swap_on_phrase, moved.place) == ("intro", False, "")


def test_a_swap_at_which_the_end_of_a_is_played_otherwise_stays(content):
    loop = PlaybackSegment(start=0.0, stop=1.0, position=0.0)
    a = attrs.evolve(content.plan.a, playback=(loop,))
    content = attrs.evolve(content, plan=attrs.evolve(content.plan, a=a))
    with pytest.raises(InputError, match=r"plays A's end .*generate --swap-a"):
        move_swap(content, 4)
    with pytest.raises(InputError, match="cannot be used here"):
        redraw(content, "echo-out")


def test_a_gain_changes_in_the_window_and_after_it(content):
    ease = GainEase(start=4.0, stop=8.0, gain_db=0.0, bars=2)
    b = attrs.evolve(content.plan.b, gain_db=-3.0, gain_ease=ease)
    content = attrs.evolve(content, plan=attrs.evolve(content.plan, b=b))
    changed = change_gain(content, "b", -2.0).plan
    assert (changed.b.gain_db, changed.b.own_gain_db) == (-5.0, -2.0)
    assert changed.a == content.plan.a
    with pytest.raises(InputError, match="gain_a = 25 is not allowed"):
        change_gain(content, "a", 25.0)


def test_curves_are_those_of_the_technique_for_the_plan(content, tmp_path):
    drawn = redraw(content, "fade", seed=3)
    request = djtrans.CurveRequest(
        content.params.layout,
        n_frames=32,
        swap_beat=8,
        seed=3,
        phrase_beats_a=content.plan.phrase_beats(content.plan.a),
        phrase_beats_b=content.plan.phrase_beats(content.plan.b),
    )
    expected = djtrans.load_technique("fade").generate(request)
    torch.testing.assert_close(drawn.params.values[1:-1], expected[1:-1], rtol=0, atol=0.05)
    assert drawn.provenance.technique.name == drawn.plan.technique == "djtrans/fade"
    assert (drawn.provenance.model, drawn.provenance.refinement) == (None, None)
    save_params(tmp_path / "new.json", attrs.evolve(drawn, overview=None))
    assert load_params(tmp_path / "new.json").plan == drawn.plan


@pytest.mark.parametrize(
    ("technique", "message"),
    [
        ("cut", r"cut takes 2 bars, and this transition has 4; make a new plan: djtrans generate"),
        ("brake", r"brake plays A's end .* --technique brake --swap-a bar:\d+ --swap-b bar:\d+"),
        ("stem-swap", r"stem-swap (exposes single stems|takes)"),
    ],
)
def test_a_technique_that_the_plan_does_not_suit_is_refused(content, technique, message):
    with pytest.raises(InputError, match=message):
        redraw(content, technique)


def test_settings_and_level_are_recorded(content):
    changed = set_level(configure_mixer(content, {"reverb.decay_seconds": 3.0}), -14)
    spec = changed.provenance.mixer.spec
    assert {n.config["decay_seconds"] for n in spec.track_chain if n.id == "reverb"} == {3.0}
    assert changed.provenance.render.level == "-14"
    with pytest.raises(InputError, match="changes the parameters"):
        configure_mixer(content, {"reverb": "delay"})
