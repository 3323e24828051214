"""``djtrans plugins show`` prints the declarations."""

from __future__ import annotations

import json

import attrs
import pytest

from djtrans.cli import main
from djtrans.cli.component import component_lines, describe
from djtrans.core.contracts.config import setting
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.contracts.kinds import KINDS
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.errors import AmbiguousNameError, UnknownComponentError
from djtrans.registry import Registry


@attrs.frozen
class Knobs:
    depth_db: float = setting(3.0, "How deep.", unit="dB", minimum=-1.0, maximum=12.0)
    turns: int = setting(2, "How often.", unit="count", minimum=1)
    shape: str = setting("sine", "Which wave.", choices=("sine", "square"))
    note: str = setting("", "Anything.")


def technique(name):
    return TechniqueDeclaration(
        name=name,
        summary="A test.",
        factory="nowhere:Nothing",
        config=Knobs,
        bars=(1, 2, 4),
        swap_at=0.5,
        references=("Somebody, 1999",),
    )


class Plugin:
    @hookimpl
    def djtrans_techniques(self):
        return [technique("spin"), technique("reverb")]


@pytest.fixture
def registry():
    registry = Registry(discover=False, environ={})
    registry.register(Plugin(), "acme")
    return registry


@pytest.fixture
def run(capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(["plugins", "show", *arguments])
        return exit_.value.code, *capsys.readouterr()

    return call


def row(lines, name):
    (line,) = [line for line in lines if line.split("  ")[0] == name]
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_settings_are_shown_with_default_unit_range_and_meaning(registry):
    lines = component_lines(describe(registry.find_any("spin"), registry))
    assert lines[:2] == ["acme/spin", "A test."]
    assert row(lines, "depth_db") == ["depth_db", "3", "dB", "-1 to 12", "How deep."]
    assert row(lines, "turns") == ["turns", "2", "count", "at least 1", "How often."]
    assert row(lines, "shape") == ["shape", "sine", "sine, square", "Which wave."]
    assert row(lines, "note") == ["note", "empty", "any value", "Anything."]
    assert row(lines, "reference") == ["reference", "Somebody, 1999"]
    assert row(lines, "bars") == ["bars", "1, 2, 4"]
    assert row(lines, "provider") == ["provider", "(run time)"]


def test_every_component_can_be_shown_as_text_and_as_json():
    registry = Registry(discover=False, environ={})
    shown = 0
    for kind in KINDS:
        for component in registry.components(kind):
            known = describe(component, registry)
            assert json.loads(json.dumps(known)) == known
            text = "\n".join(component_lines(known))
            for field in attrs.fields(component.declaration.config):
                assert field.metadata["help"] in text
            shown += 1
    assert shown > 10


def test_an_effect_shows_its_parameters_and_a_mixer_its_nodes(run):
    code, out, _ = run("delay")
    assert code == 0
    assert row(out.splitlines(), "feedback")[1:4] == ["0 to 1", "0", "fraction"]
    assert row(out.splitlines(), "send")[4:6] == ["gain", "late"]
    _, out, _ = run("dj54", "--json")
    nodes = {node["id"]: node["effect"] for node in json.loads(out)["nodes"]}
    assert nodes["eq"] == "djtrans/eq3"
    assert len(nodes) == 6


def test_a_metric_shows_its_values(run):
    code, out, _ = run("peaks")
    assert code == 0
    assert row(out.splitlines(), "true_peak_dbtp") == [
        "true_peak_dbtp",
        "dBTP",
        "lower",
        "True peak.",
    ]
    _, out, _ = run("peaks", "--json")
    assert [value["unit"] for value in json.loads(out)["values"]] == ["dBTP", "samples"]


def test_a_wrong_name_is_one_line_with_what_is_near(run):
    code, out, err = run("revreb")
    assert (code, out) == (2, "")
    assert err == "djtrans: error: There is no component 'revreb'. Did you mean 'reverb'?\n"
    assert "Did you mean 'djtrans/reverb'" in run("djtrans/revreb")[2]
    assert "no kind 'efect'" in run("reverb", "--kind", "efect")[2]
    assert "provides the plugin 'acme'" in run("acme/spin")[2]


def test_a_name_of_two_kinds_wants_the_kind(registry):
    with pytest.raises(AmbiguousNameError, match="technique acme/reverb and the effect djtrans/"):
        registry.find_any("reverb")
    assert registry.find_any("reverb", "effect").name == "djtrans/reverb"
    assert registry.find_any("acme/reverb").declaration.kind == "technique"
    with pytest.raises(UnknownComponentError, match="Did you mean 'reverb'"):
        registry.find_any("reverbs", "effect")


def test_the_layout_follows_what_is_set(capsys):
    def layout(*settings):
        with pytest.raises(SystemExit) as exit_:
            main(["layout", *(word for text in settings for word in ("--set", text))])
        return exit_.value.code, *capsys.readouterr()

    assert layout("reverb=delay", "reverb.beats=4")[1].splitlines()[-1].startswith("56 parameters")
    code, out, err = layout("reverb.decay_seconds=99")
    assert (code, out) == (2, "")
    assert err == (
        "djtrans: error: Node 'reverb': ReverbConfig.decay_seconds = 99.0 is out of range; "
        "give 0.05 to 20 s.\n"
    )
