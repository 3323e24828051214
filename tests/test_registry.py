"""Registry: names, overrides, building components and plugin files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import ModuleType

import attrs
import pytest

from djtrans.core.contracts.config import NoConfig, setting
from djtrans.core.contracts.effect import EffectDeclaration
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.contracts.kinds import CONTRACTS, KINDS, plural
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.curves.parameter import Parameter
from djtrans.core.errors import (
    AmbiguousNameError,
    ConfigError,
    InputError,
    PluginError,
    UnknownComponentError,
)
from djtrans.registry import BUILTIN, Registry

GOOD = """
from djtrans import hookimpl, TechniqueDeclaration

@hookimpl
def djtrans_techniques():
    yield TechniqueDeclaration(
        name="{name}", summary="A test.", factory="nowhere:Nothing", bars=(1, 2, 4), swap_at=0.5
    )
"""


def make(environ=None, **kwargs):
    return Registry(environ=environ or {}, **kwargs)


def test_every_kind_has_a_hook_and_the_builtins_are_healthy():
    registry = make(discover=False)
    assert registry.failures == []
    assert {"effect", "technique", "separator", "analyzer", "mixer"} <= {
        kind for kind in KINDS if registry.components(kind)
    }
    assert all(c.declaration.lazy for kind in KINDS for c in registry.components(kind))


def test_every_builtin_can_be_built_from_its_string():
    registry = make(discover=False)
    for kind in KINDS:
        for component in registry.components(kind):
            if getattr(component.declaration, "reads_source", False):
                continue  # needs a folder of stems
            assert registry.build(kind, component.name) is not None


def plugin(*declarations, hook="djtrans_techniques"):
    module = ModuleType("inline")
    setattr(module, hook, hookimpl(lambda: declarations))
    return module


def technique(name, factory="nowhere:Nothing", **facts):
    return TechniqueDeclaration(
        name=name, summary="A test.", factory=factory, bars=(1, 2, 4), swap_at=0.5, **facts
    )


def test_short_names_mean_the_builtin_first_then_the_only_provider():
    registry = make(discover=False)
    registry.register(plugin(technique("fade"), technique("spin")), "one")
    assert registry.find("technique", "fade").name == "djtrans/fade"
    assert registry.find("technique", "one/fade").name == "one/fade"
    assert registry.find("technique", "spin").name == "one/spin"
    registry.register(plugin(technique("spin")), "two")
    with pytest.raises(AmbiguousNameError, match="one/spin, two/spin"):
        registry.find("technique", "spin")


def test_an_unknown_name_gets_the_close_match_or_who_to_install():
    registry = make(discover=False)
    with pytest.raises(UnknownComponentError, match="Did you mean 'bass-swap'"):
        registry.find("technique", "basswap")
    with pytest.raises(UnknownComponentError, match=r"Install the package that provides .*'acme'"):
        registry.find("technique", "acme/spin")
    with pytest.raises(InputError, match="Did you mean 'technique'"):
        registry.find("techniqe", "fade")


def test_override_lasts_as_long_as_its_block_even_when_it_raises():
    registry = make(discover=False)
    built = object()
    other = technique("mine", factory=lambda config: built)
    with pytest.raises(KeyError), registry.override("technique", "fade", other):  # noqa: PT012
        assert registry.build("technique", "fade") is built
        raise KeyError
    assert registry.build("technique", "fade") is not built
    wrong = EffectDeclaration(
        name="x", summary="x", factory="a:b", domain="time", placements=["track"], parameters=()
    )
    with pytest.raises(InputError, match="TechniqueDeclaration"):
        registry.override("technique", "fade", wrong).__enter__()


def test_a_component_built_once_is_the_same_until_it_is_another():
    registry = make(discover=False)
    registry.register(plugin(technique("spin", factory=lambda config: object())), "one")
    first = registry.techniques.build_once("spin")
    assert registry.techniques.build_once("one/spin") is first
    assert registry.techniques.build("spin") is not first
    other = technique("spin", factory=lambda config: "other")
    with registry.techniques.override("spin", other):
        assert registry.techniques.build_once("spin") == "other"
    registry.unregister("one")
    registry.register(plugin(technique("spin", factory=lambda config: "next")), "one")
    assert registry.techniques.build_once("spin") == "next"


def test_a_callable_factory_is_reported_as_not_lazy():
    registry = make(discover=False)
    registry.register(plugin(technique("spin", factory=lambda config: 1)), "one")
    assert not registry.find("technique", "spin").declaration.lazy
    with pytest.raises(PluginError, match="taken"):
        registry.register(plugin(technique("other")), BUILTIN)


def test_the_next_version_of_a_plugin_can_take_its_place():
    registry = make(discover=False)
    registry.register(plugin(technique("spin")), "one")
    with pytest.raises(PluginError, match="unregister the plugin that has it"):
        registry.register(plugin(technique("turn")), "one")
    registry.unregister("one")
    with pytest.raises(UnknownComponentError):
        registry.find("technique", "spin")
    registry.register(plugin(technique("turn")), "one")
    assert registry.find("technique", "turn").name == "one/turn"
    for namespace in (BUILTIN, "two"):
        with pytest.raises(PluginError, match="can be unregistered"):
            registry.unregister(namespace)


@pytest.mark.parametrize("environ", [{}, {"DJTRANS_STRICT": "1"}])
def test_a_plugin_that_is_broken_in_part_is_registered_not_at_all(environ):
    registry = make(environ, discover=False)
    with pytest.raises(PluginError, match="gave 42"):
        registry.register(plugin(technique("spin"), 42), "one")
    assert registry.failures == []
    registry.register(plugin(technique("spin")), "one")
    assert registry.find("technique", "spin").name == "one/spin"


def test_a_factory_that_points_nowhere_says_whose_it_is():
    registry = make(discover=False)
    registry.register(plugin(technique("spin")), "one")
    with pytest.raises(PluginError, match=r"one/spin .*'nowhere:Nothing'"):
        registry.build("technique", "spin")


@attrs.frozen
class Knobs:
    depth_db: float = setting(3.0, "Depth.", unit="dB", minimum=0, maximum=12)
    name: str = setting("a", "Kind.", choices=("a", "b"))


@pytest.mark.parametrize("problem", [RuntimeError("broken"), SystemExit(0)])
def test_a_component_that_cannot_be_built_says_whose_it_is(tmp_path, monkeypatch, problem):
    def factory(config):
        os.chdir("/")
        raise problem

    monkeypatch.chdir(tmp_path)
    registry = make(discover=False)
    registry.register(plugin(technique("spin", factory=factory)), "one")
    words = rf"Technique 'one/spin' failed with {type(problem).__name__}: "
    with pytest.raises(PluginError, match=words):
        registry.techniques.build("spin")
    assert os.getcwd() == os.path.realpath(tmp_path)


def test_configs_are_validated_with_field_value_and_range():
    registry = make(discover=False)
    registry.register(plugin(technique("spin", factory=lambda c: c, config=Knobs)), "one")
    assert registry.build("technique", "spin", {"depth_db": 4}) == Knobs(depth_db=4.0)
    for config, match in [
        ({"depth_db": 13.0}, r"Knobs.depth_db = 13.0 is out of range; give 0 to 12 dB"),
        ({"depth_db": float("nan")}, "out of range"),
        ({"depth_db": "loud"}, "of type str; give a value of type float"),
        ({"name": "c"}, "choose one of 'a', 'b'"),
        ({"depht_db": 1.0}, "no field 'depht_db'; its fields are depth_db, name"),
    ]:
        with pytest.raises(ConfigError, match=match):
            registry.build("technique", "spin", config)


def test_declarations_are_validated():
    with pytest.raises(ConfigError, match="a send must be a time effect"):
        EffectDeclaration(
            name="x",
            summary="x",
            factory="a:b",
            domain="spectral",
            placements=["track"],
            parameters=(),
            routing="send",
        )
    with pytest.raises(ConfigError, match="must be unique"):
        EffectDeclaration(
            name="x",
            summary="x",
            factory="a:b",
            domain="time",
            placements=["track"],
            parameters=(Parameter(name="p"), Parameter(name="p")),
        )
    with pytest.raises(ConfigError, match="outside its range"):
        Parameter(name="p", neutral=2.0)
    with pytest.raises(ConfigError, match="neither"):
        technique("x", factory="not a path")
    assert technique("x").config is NoConfig


def test_a_loose_file_is_a_plugin(tmp_path):
    file = tmp_path / "moves.py"
    file.write_text(GOOD.format(name="spin"))
    registry = make(discover=False)
    assert registry.register_file(file) == "moves"
    assert registry.find("technique", "spin").name == "moves/spin"
    assert str(registry.find("technique", "spin").provider) == "moves.py"
    (tmp_path / "bad.py").write_text("1/0")
    with pytest.raises(PluginError, match="ZeroDivisionError"):
        registry.register_file(tmp_path / "bad.py")
    with pytest.raises(InputError, match=r"path of a .py file"):
        registry.register_file(tmp_path / "none.py")


def test_everything_is_listed_and_the_layout_printed_with_torch_blocked():
    code = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in ('torch', 'torchaudio', 'numpy', 'librosa', 'matplotlib'):
            raise ImportError('blocked ' + name)
sys.meta_path.insert(0, Block())
from djtrans.cli import main
main(sys.argv[1:])
"""

    def run(*arguments):
        command = [sys.executable, "-W", "error", "-c", code, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    listed = json.loads(run("plugins", "--json"))
    assert listed["failures"] == []
    assert {c["name"] for c in listed["components"]["effect"]} >= {
        f"djtrans/{name}" for name in ("gain", "eq3", "lowpass", "highpass", "reverb", "delay")
    }
    assert "djtrans/bass-swap" in run("plugins")
    rows = json.loads(run("layout", "--json"))
    assert len(rows) == 54
    assert "54 parameters" in run("layout")


def test_hook_names_follow_the_kinds():
    hooks = {name for file in CONTRACTS for name in vars(file) if name.startswith("djtrans_")}
    assert hooks == {f"djtrans_{plural(kind)}" for kind in KINDS}
