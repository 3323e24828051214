"""Curves are grouped by the layout, and those that do not move are omitted."""

from __future__ import annotations

import numpy as np

from djtrans.core.contracts.mixer_spec import MixerSpec, NodeSpec
from djtrans.core.curves.layout import compute_layout
from djtrans.core.curves.parameter import Parameter
from djtrans.plot.panels import by_stem, make_panels


def panels_of(params):
    whole, still = make_panels(params.layout, params.values.double().numpy())
    return tuple(panel for each in whole for (panel,) in by_stem((each,))), still


def test_a_panel_for_each_parameter_that_moves(swap):
    panels, still = panels_of(swap)
    assert [panel.title for panel in panels] == ["gain", "eq low"]
    assert still == ("eq mid", "hpf", "echo send", "echo feedback", "tilt tilt")


def test_equal_stems_are_one_line(swap):
    panels, _ = panels_of(swap)
    for panel in panels:
        assert [(line.track, line.label) for line in panel.lines] == [
            ("a", "all stems"),
            ("b", "all stems"),
        ]


def test_stems_that_differ_are_named(make_params):
    params = make_params({"a/bass/eq/mid": [(8, 0.0)], "a/beat/eq/mid": [(16, 0.5)]})
    (panel,), still = panels_of(params)
    assert [line.label for line in panel.of("a")] == ["beat", "bass"]
    assert panel.of("b") == ()
    assert "B eq mid" in still


def test_faders_of_stems_that_part_ways_have_a_panel_each(make_params):
    params = make_params(
        {
            "a/bass/fader/gain": [(16, 0.0)],
            "b/bass/fader/gain": [(0, 0.0), (16, 1.0)],
            "a/beat/fader/gain": [(8, 0.0)],
            "b/beat/fader/gain": [(0, 0.0), (8, 1.0)],
        }
    )
    panels, _ = panels_of(params)
    assert [panel.title for panel in panels] == ["beat gain", "bass gain"]
    for panel, beat in zip(panels, (8, 16), strict=True):
        assert [(line.track, line.label) for line in panel.lines] == [("a", ""), ("b", "")]
        a, b = (line.values for line in panel.lines)
        assert list(a) == [1.0] * 2 * beat + [0.0] * (64 - 2 * beat)
        assert list(b) == list(1.0 - a)


def test_a_stem_left_alone_is_named_as_unchanged(make_params):
    (panel,), still = panels_of(make_params({"a/bass/fader/gain": [(8, 0.0)]}))
    assert [line.label for line in panel.lines] == ["bass"]
    assert "A gain (beat)" in still


def test_a_constant_off_neutral_says_its_value(make_params):
    panels, still = panels_of(make_params({"b/track/echo/feedback": [(0, 0.4)]}))
    assert panels == ()
    assert "B echo feedback at 0.4" in still
    assert "A echo feedback" in still


def test_the_mix_has_its_own_lines(make_params):
    (panel,), _ = panels_of(make_params({"mix/master/tilt/tilt": [(8, 3.0)]}))
    (line,) = panel.of("mix")
    assert line.label == ""
    assert np.ptp(line.values) == 3.0


def test_curves_that_look_the_same_are_one(make_params):
    """A model's faders of the stems differ by hundredths; four equal panels would say nothing."""
    params = make_params(
        {
            "a/bass/fader/gain": [(8, 0.5)],
            "a/beat/fader/gain": [(8, 0.51)],
            "b/bass/eq/mid": [(4, 0)],
        }
    )
    panels, _ = panels_of(params)
    assert [panel.title for panel in panels] == ["gain", "eq mid"]
    assert [line.label for line in panels[0].of("a")] == ["all stems"]


def test_faders_near_silence_that_are_far_apart_in_decibels_are_not_one(make_params):
    params = make_params({"a/bass/fader/gain": [(8, 0.004)], "a/beat/fader/gain": [(8, 0.0)]})
    panels, _ = panels_of(params)
    assert [panel.title for panel in panels] == ["beat gain", "bass gain"]


def test_panels_of_two_transitions_are_split_alike(make_params):
    one = make_params({"a/bass/fader/gain": [(8, 0.0)], "a/beat/fader/gain": [(8, 0.0)]})
    other = make_params({"a/bass/fader/gain": [(8, 0.0)], "a/beat/fader/gain": [(16, 0.0)]})
    (left,), _ = make_panels(one.layout, one.values.double().numpy())
    (right,), _ = make_panels(other.layout, other.values.double().numpy())
    rows = by_stem((left, right))
    assert [[panel.title for panel in row] for row in rows] == [
        ["beat gain"] * 2,
        ["bass gain"] * 2,
    ]
    assert [[len(panel.lines) for panel in row] for row in rows] == [[1, 1], [1, 1]]


def test_an_insert_on_a_track_is_no_send():
    bus = (NodeSpec("echo", "echo"), NodeSpec("wobble", "wobble"))
    effects = {
        "gain": (Parameter(name="gain", curve="gain", neutral=1.0),),
        "echo": (Parameter(name="send", curve="gain"), Parameter(name="feedback")),
        "wobble": (Parameter(name="depth"),),
    }
    spec = MixerSpec(stems=("beat",), stem_chain=(NodeSpec("fader", "gain"),), track_chain=bus)
    layout = compute_layout(spec, lambda node: effects[node.effect])
    values = np.linspace(0.0, 1.0, 9)[:, None].repeat(len(layout), axis=1)
    panels, _ = make_panels(layout, values)
    assert {panel.title: panel.group for panel in panels} == {
        "fader gain": "faders",
        "echo send": "sends",
        "echo feedback": "sends",
        "wobble depth": "effects",
    }
