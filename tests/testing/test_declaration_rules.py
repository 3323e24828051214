"""Each rule for declarations catches a faulty one."""

from __future__ import annotations

import importlib

import attrs
import pytest

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.testing import Build, CheckFailed, check_plugin, declaration_rules, rules, rules_of


class Still:
    def __init__(self, config):
        pass

    def generate(self, request):
        raise NotImplementedError


@attrs.frozen
class Growing:
    bars: float = attrs.field(default=4.0, converter=lambda bars: bars + 1)


@attrs.frozen
class Opaque:
    name: bytes = setting(b"a", "Not in JSON.")


@attrs.frozen
class Silent:
    bars: int = attrs.field(default=4, metadata={"unit": "bars"})


@attrs.frozen
class Unitless:
    depth: float = setting(0.5, "How deep.")
    bands: tuple[float, ...] = setting((1.0, 2.0), "Where.")
    label: str = setting("x", "A name needs no unit.")
    loud: bool = setting(True, "Nor does a switch.")


STILL = TechniqueDeclaration(
    name="still", summary="Nothing moves.", factory=Still, bars=(4, 4, 4), swap_at=0.5
)
#: Rule, what is declared instead, and what the message must say.
MUTANTS = [
    ("summary_is_one_line", {"summary": "long " * 30}, "it has 150 characters"),
    ("summary_is_one_line", {"summary": "   "}, "it is blank"),
    ("summary_is_one_line", {"summary": "one\rtwo"}, "it has 2 lines"),
    ("config_round_trips_through_json", {"config": Growing}, "Growing(bars=5.0) became"),
    ("config_round_trips_through_json", {"config": Opaque}, "TypeError"),
    ("config_fields_have_help", {"config": Silent}, "bars of Silent"),
    ("config_numbers_have_units", {"config": Unitless}, "depth, bands of Unitless"),
    ("factory_resolves", {"factory": "no_such_package.module:Class"}, "cannot be imported"),
    ("factory_resolves", {"factory": "math:no_such_name"}, "cannot be imported"),
    ("factory_resolves", {"factory": "math:pi"}, "is a float, not callable"),
    ("component_fulfils_its_contract", {"factory": lambda config: object()}, "lacks some of"),
]


@pytest.mark.parametrize(
    ("rule", "changes", "reason"), MUTANTS, ids=[f"{m[0]}-{next(iter(m[1]))}" for m in MUTANTS]
)
def test_a_mutant_is_caught(rule, changes, reason, check, caught):
    check(rule, STILL)
    caught(rule, attrs.evolve(STILL, **changes), reason)


PLUGIN = """
{first}
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.contracts.hooks import hookimpl

@hookimpl
def djtrans_techniques():
    yield TechniqueDeclaration(
        name="still", summary="Nothing.", factory="{factory}", bars=(4, 4, 4), swap_at=0.5
    )
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Writes a plugin module that begins with a line, and imports it."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name, first):
        text = PLUGIN.format(first=first, factory=f"{name}:Still")
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        return importlib.import_module(name)

    return make


def listing(plugin):
    (declaration,) = plugin.djtrans_techniques()
    (rule,) = [r for r in rules_of(declaration) if r.name == "listing_is_cheap"]
    rule.check(declaration, Build(declaration, module=plugin.__name__))


def test_a_plugin_that_imports_torch_to_be_listed_is_caught(plugin, tmp_path):
    # Found first by the new process, and quicker to import than the real one.
    (tmp_path / "torch.py").touch()
    listing(plugin("quick_plugin", ""))
    with pytest.raises(CheckFailed, match="importing heavy_plugin imports torch"):
        listing(plugin("heavy_plugin", "import torch"))
    with pytest.raises(CheckFailed, match="importing heavy_plugin imports torch"):
        check_plugin(importlib.import_module("heavy_plugin"))


def test_a_plugin_that_is_slow_to_list_is_caught(plugin, monkeypatch):
    monkeypatch.setattr(declaration_rules, "IMPORT_SECONDS", 0.3)
    monkeypatch.setattr(declaration_rules, "ATTEMPTS", 1)
    with pytest.raises(CheckFailed, match=r"importing slow_plugin took \d\.\d+ s"):
        listing(plugin("slow_plugin", "import time\nwhile time.process_time() < 0.45: pass"))


def test_a_plugin_that_cannot_be_imported_anew_is_caught(plugin):
    broken = plugin("once_plugin", "import os")
    with open(broken.__file__, "a", encoding="utf-8") as file:
        file.write("raise RuntimeError('only once')\n")
    with pytest.raises(CheckFailed, match="only once"):
        listing(broken)


def test_a_factory_that_is_a_callable_is_not_lazy_and_not_measured():
    assert "listing_is_cheap" not in {rule.name for rule in rules_of(STILL)}


def test_every_rule_has_a_mutant():
    tested = {mutant[0] for mutant in MUTANTS} | {"listing_is_cheap"}
    assert tested == {rule.name for rule in rules("declaration")}
