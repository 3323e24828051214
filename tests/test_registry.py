"""The registry against a zoo of broken plugins, each a real distribution on the path."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from types import ModuleType

import attrs
import pytest

from djtrans.core.config import NoConfig, setting
from djtrans.core.declarations import KINDS, EffectDeclaration, TechniqueDeclaration
from djtrans.core.errors import (
    AmbiguousNameError,
    ConfigError,
    InputError,
    PluginError,
    UnknownComponentError,
)
from djtrans.core.hookspecs import hookimpl
from djtrans.core.parameters import Parameter
from djtrans.registry import BUILTIN, PluginWarning, Registry

GOOD = """
from djtrans import hookimpl, TechniqueDeclaration

@hookimpl
def djtrans_techniques():
    yield TechniqueDeclaration(
        name="{name}", summary="A test.", factory="nowhere:Nothing", bars=(1, 2, 4), swap_at=0.5
    )
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a distribution with one plugin module on the path."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def put(distribution: str, entry: str, source: str, version: str = "1.0") -> None:
        module = f"zoo_{distribution.replace('-', '_')}"
        (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        )
        (info / "entry_points.txt").write_text(f"[djtrans]\n{entry} = {module}\n")
        sys.modules.pop(module, None)

    return put


def make(environ=None, **kwargs):
    return Registry(environ=environ or {}, **kwargs)


def failed(match, environ=None):
    with pytest.warns(PluginWarning) as caught:
        registry = make(environ)
    assert re.search(match, str(caught[0].message))
    # Whatever happens, the built-ins are there.
    assert registry.find("technique", "fade").name == "djtrans/fade"
    return registry


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


def test_an_installed_plugin_is_found_with_its_provider(install):
    install("acme-moves", "acme", GOOD.format(name="spin"), version="2.3")
    registry = make()
    component = registry.find("technique", "spin")
    assert component.name == "acme/spin"
    assert str(component.provider) == "acme-moves 2.3"


@pytest.mark.parametrize(
    ("source", "match"),
    [
        ("raise RuntimeError('no licence')", "import: RuntimeError: no licence"),
        ("import sys; sys.exit(3)", "import: SystemExit"),
        ("import not_there_at_all", "ModuleNotFoundError"),
        ("def broken(:", "SyntaxError"),
        (
            "from djtrans import hookimpl\n@hookimpl\ndef djtrans_techniqes():\n    return []",
            "no hook 'djtrans_techniqes'. Did you mean 'djtrans_techniques'",
        ),
        (
            "from djtrans import hookimpl\n@hookimpl\ndef djtrans_effects():\n    return [42]",
            "gave 42; this hook takes EffectDeclaration",
        ),
        (
            "from djtrans import hookimpl\n@hookimpl\ndef djtrans_effects():\n    yield 1/0",
            "djtrans_effects: ZeroDivisionError",
        ),
        (
            (
                "from djtrans import hookimpl\n@hookimpl\ndef djtrans_effects():\n"
                "    raise SystemExit('bye')"
            ),
            "djtrans_effects: SystemExit: bye",
        ),
        (GOOD.format(name="spin") * 1 + "\n    yield next(djtrans_techniques())", "declares the"),
        (
            "from djtrans import hookimpl\n@hookimpl\ndef djtrans_effects(config):\n    return []",
            "config",
        ),
        (GOOD.format(name="Not A Name"), "lower-case"),
    ],
)
def test_a_broken_plugin_is_recorded_and_everything_else_works(install, source, match):
    install("acme-broken", "broken", source)
    install("acme-fine", "fine", GOOD.format(name="other"))
    registry = failed(match)
    assert [f.provider.distribution for f in registry.failures] == ["acme-broken"]
    assert "\n" not in str(registry.failures[0])
    assert registry.find("technique", "other").name == "fine/other"


def test_strict_mode_raises(install):
    install("acme-broken", "broken", "raise RuntimeError('no licence')")
    with pytest.raises(PluginError, match="no licence"):
        make({"DJTRANS_STRICT": "1"})


def test_two_distributions_with_one_name_are_both_refused_and_named(install):
    install("one", "acme", GOOD.format(name="spin"))
    install("two", "acme", GOOD.format(name="spin"))
    registry = failed("claimed by one 1.0, two 1.0")
    assert len(registry.failures) == 2
    with pytest.raises(UnknownComponentError):
        registry.find("technique", "acme/spin")


def test_nobody_can_take_the_builtin_namespace(install):
    install("impostor", "djtrans", GOOD.format(name="fade"))
    registry = failed("reserved for djtrans")
    assert registry.find("technique", "fade").provider.distribution == "djtrans"


@pytest.mark.parametrize(
    ("environ", "imported"),
    [
        ({"DJTRANS_BLOCK": "acme"}, False),
        ({"DJTRANS_PLUGINS": ""}, False),
        ({"DJTRANS_PLUGINS": "acme"}, True),
        ({}, True),
    ],
)
def test_blocking_happens_before_import(install, environ, imported):
    install("acme-moves", "acme", GOOD.format(name="spin"))
    sys.modules.pop("zoo_acme_moves", None)
    make(environ)
    assert ("zoo_acme_moves" in sys.modules) == imported


def test_a_listed_plugin_that_is_not_installed_is_said(install):
    install("acme-moves", "acme", GOOD.format(name="spin"))
    registry = failed(
        "no installed package provides it. Did you mean 'acme'", {"DJTRANS_PLUGINS": "acmee"}
    )
    with pytest.raises(UnknownComponentError):
        registry.find("technique", "acme/spin")


def test_importing_torch_when_listed_is_reported_and_not_fatal(tmp_path, install):
    install("acme-heavy", "heavy", "import torch\n" + GOOD.format(name="spin"))
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from djtrans.registry import Registry\n"
        "c = Registry(environ={}).find('technique', 'spin'); print(c.provider.note)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "imports torch" in done.stdout


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


def test_a_callable_factory_is_reported_as_not_lazy():
    registry = make(discover=False)
    registry.register(plugin(technique("spin", factory=lambda config: 1)), "one")
    assert not registry.find("technique", "spin").declaration.lazy
    with pytest.raises(PluginError, match="taken"):
        registry.register(plugin(technique("other")), BUILTIN)


def test_a_factory_that_points_nowhere_says_whose_it_is():
    registry = make(discover=False)
    registry.register(plugin(technique("spin")), "one")
    with pytest.raises(PluginError, match=r"one/spin .*'nowhere:Nothing'"):
        registry.build("technique", "spin")


@attrs.frozen
class Knobs:
    depth_db: float = setting(3.0, "Depth.", unit="dB", minimum=0, maximum=12)
    name: str = setting("a", "Kind.", choices=("a", "b"))


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
    with pytest.raises(ConfigError, match="a send is a time effect"):
        EffectDeclaration(
            name="x",
            summary="x",
            factory="a:b",
            domain="spectral",
            placements=["track"],
            parameters=(),
            routing="send",
        )
    with pytest.raises(ConfigError, match="stands twice"):
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
    from djtrans.core import hookspecs

    hooks = {name for name in vars(hookspecs) if name.startswith("djtrans_")}
    assert hooks == {f"djtrans_{kind}s" for kind in KINDS}
