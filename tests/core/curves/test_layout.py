"""Layouts of the default mixer (54 rows) and of other specs."""

from __future__ import annotations

import attrs
import pytest

import djtrans
from djtrans.core.contracts.mixer_spec import MixerSpec, NodeSpec
from djtrans.core.curves.layout import Layout, compute_layout
from djtrans.core.curves.parameter import Parameter
from djtrans.core.errors import ConfigError, LayoutError, PluginError
from djtrans.mixer.resolve import mixer_layout, resolve_spec

STEMS = ("drums", "bass", "vocals", "other")
STEM_ALIASES = ("gain", "eq_low", "eq_mid", "eq_high", "lpf", "hpf")
TRACK_ALIASES = ("reverb_send", "delay_send", "delay_feedback")


def test_the_default_layout_is_the_contract():
    """Order, ranges and neutrals as the first description lists them, written out here by hand."""
    rows = mixer_layout().rows
    expected = []
    for track in "ab":
        expected += [(track, stem, alias) for stem in STEMS for alias in STEM_ALIASES]
        expected += [(track, "track", alias) for alias in TRACK_ALIASES]
    assert [(row.track, row.stem, row.alias) for row in rows] == expected
    assert len(expected) == 54
    ranges = {row.alias: (row.parameter.minimum, row.parameter.maximum) for row in rows}
    neutral = {row.alias: row.parameter.neutral for row in rows}
    late = {row.alias for row in rows if row.parameter.edge == "late"}
    assert ranges == {
        **dict.fromkeys(STEM_ALIASES, (0.0, 1.0)),
        **dict.fromkeys(("eq_low", "eq_mid", "eq_high"), (0.0, 2.0)),
        **dict.fromkeys(TRACK_ALIASES, (0.0, 1.0)),
    }
    assert neutral == {
        **dict.fromkeys(("gain", "eq_low", "eq_mid", "eq_high", "lpf"), 1.0),
        **dict.fromkeys(("hpf", *TRACK_ALIASES), 0.0),
    }
    assert late == {"gain", "eq_low", "eq_mid", "eq_high", "delay_send"}


def test_keys_index_and_select():
    layout = mixer_layout()
    assert layout.rows[1].key == "a/drums/eq/low"
    assert layout.index("b/track/delay/feedback") == 53
    assert layout.select("b/*/eq/low") == [28, 34, 40, 46]
    with pytest.raises(LayoutError, match="Did you mean 'a/drums/eq/low'"):
        layout.index("a/drum/eq/low")


def test_other_specs_yield_other_layouts_and_digests():
    spec = resolve_spec("dj54")
    without = attrs.evolve(spec, track_chain=spec.track_chain[:1])
    assert len(mixer_layout(without)) == 50
    assert mixer_layout(without).digest != mixer_layout(spec).digest
    assert mixer_layout(spec).digest == mixer_layout("dj54").digest


def test_the_digest_sees_every_change_of_meaning():
    spec = MixerSpec(("x",), (NodeSpec("n", "e"),))

    def digest(**changes):
        return compute_layout(spec, lambda _: (Parameter(name="p", **changes),)).digest

    changed = [{"maximum": 2.0}, {"neutral": 0.5}, {"edge": "late"}, {"curve": "gain"}]
    assert len({digest(), *(digest(**change) for change in changed)}) == 5
    assert digest(summary="Only words.") == digest()


@pytest.mark.parametrize(
    ("spec", "error", "match"),
    [
        (lambda s: s.replace_node("echo", "delay"), ConfigError, "no node 'echo'"),
        (lambda s: s.replace_node("fader", "reverb"), ConfigError, "may not stand in a stem"),
        (lambda s: s.replace_node("reverb", "revreb"), PluginError, "Did you mean 'reverb'"),
        (lambda s: s.replace_node("delay", "delay", beets=1.0), ConfigError, "no field 'beets'"),
        (lambda s: attrs.evolve(s, stems=("a", "a")), ConfigError, "each once"),
        (lambda s: attrs.evolve(s, stems=("track",)), ConfigError, "neither 'track'"),
    ],
)
def test_wrong_specs_say_what_is_allowed(spec, error, match):
    with pytest.raises(error, match=match):
        mixer_layout(spec(resolve_spec("dj54")))


def test_a_layout_equals_one_of_the_same_rows_whatever_was_selected():
    one, other = Layout(mixer_layout().rows), Layout(mixer_layout().rows)
    assert one.select("a/bass/fader/*") == [one.index("a/bass/fader/gain")]
    assert one == other
    assert other != Layout(other.rows[:-1])


@pytest.mark.parametrize(
    ("rows", "match"), [("text", "give a list of rows"), (["text"], r"layout\[0\] is 'text'")]
)
def test_a_layout_that_is_no_list_of_objects_is_named(rows, match):
    with pytest.raises(ValueError, match=match):
        Layout.from_json(rows)


def test_a_control_is_a_parameter_of_all_stems():
    layout = djtrans.mixer_layout()
    groups = layout.controls()
    assert sorted(index for rows in groups for index in rows) == list(range(len(layout)))
    assert layout.select("a/*/eq/high") in groups
    assert layout.select("b/track/delay/feedback") in groups
    assert layout.select("a/*/eq/*") not in groups
