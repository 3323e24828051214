"""Plugin discovery, with broken plugins that are real distributions on the path."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from djtrans.core.errors import PluginError, UnknownComponentError
from djtrans.registry import PluginWarning, Registry

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
    assert registry.techniques.find("fade").name == "djtrans/fade"
    return registry


def test_an_installed_plugin_is_found_with_its_provider(install):
    install("acme-moves", "acme", GOOD.format(name="spin"), version="2.3")
    registry = make()
    component = registry.techniques.find("spin")
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
            "gave 42; return EffectDeclaration records",
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
        (GOOD.format(name="spin").replace("@hookimpl", ""), "not marked; put @hookimpl above"),
        (
            "from djtrans import hookimpl\n@hookimpl\ndef djtrans_effects():\n    [1]",
            "returned None; return or yield",
        ),
        (
            "from djtrans import hookimpl\n@hookimpl\ndef djtrans_effects():\n    return 3",
            "TypeError: 'int' object is not iterable",
        ),
    ],
)
def test_a_broken_plugin_is_recorded_and_everything_else_works(install, source, match):
    install("acme-broken", "broken", source)
    install("acme-fine", "fine", GOOD.format(name="other"))
    registry = failed(match)
    assert [f.provider.distribution for f in registry.failures] == ["acme-broken"]
    assert "\n" not in str(registry.failures[0])
    assert registry.techniques.find("other").name == "fine/other"


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
        registry.techniques.find("acme/spin")


def test_nobody_can_take_the_builtin_namespace(install):
    install("impostor", "djtrans", GOOD.format(name="fade"))
    registry = failed("reserved for djtrans")
    assert registry.techniques.find("fade").provider.distribution == "djtrans"


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
        registry.techniques.find("acme/spin")


#: Namespace to source and what is said of it.
ZOO = {
    "asleep": ("raise RuntimeError('no\\nlicence')", "failed at import: RuntimeError: no licence"),
    "exits": ("import sys; sys.exit(3)", "failed at import: SystemExit: 3"),
    "typo": (
        "from djtrans import hookimpl\n@hookimpl\ndef djtrans_efects():\n    return []",
        "djtrans has no hook 'djtrans_efects'. Did you mean 'djtrans_effects'",
    ),
    "wrong": (
        GOOD.format(name="spin").replace("def djtrans_techniques", "def djtrans_effects"),
        "return EffectDeclaration records.",
    ),
    "twice": (
        GOOD.format(name="spin") + "\n    yield next(djtrans_techniques())",
        "failed at djtrans_techniques: declares the technique 'spin' twice.",
    ),
    "midway": (
        GOOD.format(name="spin") + "\n    raise ValueError('halfway')",
        "failed at djtrans_techniques: ValueError: halfway",
    ),
}


@pytest.mark.slow
def test_the_command_works_with_the_whole_zoo_installed(tmp_path, install):
    for name, (source, _) in ZOO.items():
        install(f"acme-{name}", name, source, version="1.2")
    install("acme-one", "same", GOOD.format(name="spin"))
    install("acme-two", "same", GOOD.format(name="spin"))
    install("acme-heavy", "heavy", "import torch\n" + GOOD.format(name="weigh"))
    install("acme-fine", "fine", GOOD.format(name="turn"))

    def run(*arguments, expect=0):
        code = (
            f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
            "from djtrans.cli import main\nmain(sys.argv[1:])"
        )
        command = [sys.executable, "-c", code, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == expect, done.stderr
        return done

    done = run("layout")
    assert "54 parameters" in done.stdout
    lines = done.stderr.splitlines()
    assert len(lines) == len(ZOO) + 2
    for name, (_, said) in ZOO.items():
        (line,) = [line for line in lines if f"plugin {name!r}" in line]
        assert line.startswith(f"djtrans: warning: plugin {name!r} (acme-{name} 1.2) failed at ")
        assert said in line
    both = "is claimed by acme-one 1.0, acme-two 1.0; none of them is used. Uninstall all but one"
    assert sum(both in line for line in lines) == 2

    listed = json.loads(run("plugins", "--json").stdout)
    # What failed is not listed; what failed in part is, as far as it came.
    strangers = {c["name"]: c["status"] for c in listed["components"]["technique"]}
    strangers = {k: v for k, v in strangers.items() if not k.startswith("djtrans/")}
    assert set(strangers) == {"twice/spin", "heavy/weigh", "fine/turn"}
    assert strangers["fine/turn"] == "ok"
    assert strangers["heavy/weigh"].startswith("imports torch when it is listed")
    assert {f["namespace"] for f in listed["failures"]} == {*ZOO, "same"}
    # Who asks for one of them is told why it is missing.
    error = run("plugins", "show", "asleep/spin", expect=2).stderr.splitlines()[-1]
    assert "failed at import: RuntimeError: no licence" in error
