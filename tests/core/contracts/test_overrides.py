"""Settings by name: parsing, splitting by component and mixer configs."""

from __future__ import annotations

import json

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.contracts.overrides import Settings, by_component, read_settings
from djtrans.core.errors import ConfigError, PluginError
from djtrans.mixer.resolve import mixer_layout, resolve_spec


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("reverb.decay_seconds=2.5", "reverb.decay_seconds", 2.5),
        ("eq.order = 8", "eq.order", 8),
        ("separator.model=htdemucs_ft", "separator.model", "htdemucs_ft"),
        ("separator.weights=a=b.th", "separator.weights", "a=b.th"),
        ('separator.weights="123"', "separator.weights", "123"),
        ("x.on=true", "x.on", True),
        ("x.range=[1, 2]", "x.range", [1, 2]),
        ("reverb=tape/flanger", "reverb", "tape/flanger"),
    ],
)
def test_a_setting_is_read_as_json_else_as_text(text, key, value):
    assert read_settings([text]) == {key: value}


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}\.[a-z_]{1,8}", fullmatch=True), st.floats(0, 9)))
def test_what_is_written_as_json_is_read_as_it_was(settings):
    assert read_settings(f"{k}={json.dumps(v)}" for k, v in settings.items()) == settings


@pytest.mark.parametrize("text", ["", "reverb", "reverb.decay=", "=2", "  =  "])
def test_a_setting_of_another_form_is_refused_with_an_example(text):
    with pytest.raises(ConfigError, match=r"NAME=VALUE, such as reverb.decay_seconds=2.5"):
        read_settings([text])


def test_the_last_of_two_holds():
    assert read_settings(["a.b=1", "a.b=2"]) == {"a.b": 2}


def test_settings_are_told_apart_by_what_they_concern():
    settings = {
        "separator.shifts": 1,
        "technique.entry_gain": 0.5,
        "eq.order": 8,
        "reverb": "delay",
        "scheduler.order": 1,
    }
    assert Settings.from_mapping(settings) == Settings(
        mixer={"eq.order": 8, "reverb": "delay"},
        separator={"shifts": 1},
        technique={"entry_gain": 0.5},
        scheduler={"order": 1},
    )


def test_settings_of_a_model_are_grouped_by_component():
    settings = {"denoiser.width": 64, "denoiser.depth": 2, "lab/levels.rate": 3, "a.b/c.d": 1}
    assert by_component(settings) == {
        "denoiser": {"width": 64, "depth": 2},
        "lab/levels": {"rate": 3},
        "a.b/c": {"d": 1},
    }
    for name in ("width", ".width", "denoiser."):
        with pytest.raises(ConfigError, match=r"names no field .*denoiser.width=64"):
            by_component({name: 1})


def node(spec, node_id):
    (found,) = [n for _, chain in spec.chains() for n in chain if n.id == node_id]
    return found


def test_a_field_is_set_and_the_others_stay():
    spec = resolve_spec("dj54")
    once = spec.configured({"reverb.decay_seconds": 2.5})
    both = resolve_spec(once.configured({"reverb.width": 0.0, "eq.order": 8}))
    before = dict(node(spec, "reverb").config)
    assert dict(node(both, "reverb").config) == {**before, "decay_seconds": 2.5, "width": 0.0}
    assert node(both, "eq").config["order"] == 8
    assert node(both, "delay") == node(spec, "delay")
    assert dict(node(spec, "reverb").config) == before
    assert spec.configured({}) == spec


def test_an_effect_is_swapped_before_its_fields_are_set_whatever_comes_first():
    spec = resolve_spec("dj54")
    wanted = spec.replace_node("reverb", "delay", beats=4)
    assert spec.configured({"reverb.beats": 4, "reverb": "delay"}) == wanted
    assert len(mixer_layout(spec.configured({"reverb": "delay"}))) == 56


def test_an_id_in_several_chains_means_all_of_them():
    spec = resolve_spec("dj54")
    eq = node(spec, "eq")
    spec = attrs.evolve(spec, track_chain=(eq, *spec.track_chain))
    changed = spec.configured({"eq.order": 2})
    assert [n.config["order"] for _, chain in changed.chains() for n in chain if n.id == "eq"] == [
        2,
        2,
    ]


@pytest.mark.parametrize(
    ("settings", "error", "match"),
    [
        (
            {"reverb.decay_seconds": 99},
            ConfigError,
            r"Node 'reverb': ReverbConfig.decay_seconds = 99.0 is out of range; give 0.05 to 20 s",
        ),
        ({"reverb.decai": 1}, ConfigError, "no field 'decai'; its fields are decay_seconds, pre"),
        ({"fader.x": 1}, ConfigError, "Node 'fader': NoConfig has no field 'x'; it has no fields"),
        ({"echo.beats": 1}, ConfigError, "no node 'echo'; its nodes are fader, eq, lpf, hpf, rev"),
        ({"echo": "delay"}, ConfigError, "no node 'echo'"),
        ({"eq.order": 3}, ConfigError, "choose one of 2, 4, 8"),
        ({"eq.order": "4"}, ConfigError, "of type str; give a value of type int"),
        ({"reverb": 2.5}, ConfigError, r"reverb = 2.5 is not an effect's name; .* reverb.FIELD"),
        ({"reverb": "revreb"}, PluginError, "Did you mean 'reverb'"),
        ({"fader": "reverb"}, ConfigError, "may not stand in a stem chain"),
        (
            {"eq.low_crossover_hz": 5000},
            ConfigError,
            "low_crossover_hz = 5000 must be below high_crossover_hz = 4000",
        ),
    ],
)
def test_a_wrong_setting_says_what_is_allowed(settings, error, match):
    with pytest.raises(error, match=match):
        mixer_layout(resolve_spec("dj54").configured(settings))
