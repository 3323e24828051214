"""Each rule for mixers catches a faulty one."""

from __future__ import annotations

import itertools

import attrs
import pytest

from djtrans.core.contracts.mixer import MixerDeclaration
from djtrans.core.contracts.mixer_spec import MixerSpec, NodeSpec
from djtrans.testing import rules

SPEC = MixerSpec(
    ("beat", "tune"), (NodeSpec("fader", "djtrans/gain"),), aliases={"fader/gain": "gain"}
)
PLAIN = MixerDeclaration(name="plain", summary="Faders only.", factory=lambda config: SPEC)
TURNS = itertools.count()
#: Rule, what the factory gives, and what the message must say.
MUTANTS = [
    ("the_factory_gives_a_spec", lambda: {"stems": ["beat"]}, "it returns a dict"),
    (
        "the_factory_gives_a_spec",
        lambda: attrs.evolve(SPEC, stems=(f"stem{next(TURNS)}",)),
        "the second one differs",
    ),
    ("effects_are_named_in_full", lambda: SPEC.replace_node("fader", "gain"), "gain are short"),
    ("effects_are_named_in_full", lambda: MixerSpec(("beat",), ()), "it has no node"),
    (
        "aliases_name_nodes",
        lambda: attrs.evolve(SPEC, aliases={"volume/gain": "gain"}),
        "volume/gain belong to no node",
    ),
    (
        "aliases_name_nodes",
        lambda: attrs.evolve(SPEC, aliases={"fader/gain": "gain", "fader/trim": "gain"}),
        "repeat",
    ),
]


@pytest.mark.parametrize(("rule", "spec", "reason"), MUTANTS)
def test_a_mutant_is_caught(rule, spec, reason, check, caught):
    check(rule, PLAIN)
    caught(rule, attrs.evolve(PLAIN, factory=lambda config: spec()), reason)


def test_every_rule_has_a_mutant():
    assert {mutant[0] for mutant in MUTANTS} == {rule.name for rule in rules("mixer")}
