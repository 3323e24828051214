"""Rules for registered mixers: spec, effect names, aliases."""

from __future__ import annotations

from djtrans.core.contracts.mixer import MixerDeclaration
from djtrans.core.contracts.mixer_spec import MixerSpec
from djtrans.testing.rule import BuildFunction, require, rule


def _spec(build: BuildFunction) -> MixerSpec:
    spec = build()
    require(isinstance(spec, MixerSpec), f"it returns a {type(spec).__name__}.")
    return spec


@rule("mixer")
def the_factory_gives_a_spec(declaration: MixerDeclaration, build: BuildFunction) -> None:
    """The factory returns a MixerSpec, equal on every call."""
    require(_spec(build) == _spec(build), "the second one differs.")


@rule("mixer")
def effects_are_named_in_full(declaration: MixerDeclaration, build: BuildFunction) -> None:
    """Nodes name their effects as namespace/name, so that other packages cannot replace them."""
    nodes = [node for _, chain in _spec(build).chains() for node in chain]
    require(bool(nodes), "it has no node.")
    short = sorted({node.effect for node in nodes if "/" not in node.effect})
    require(not short, f"{', '.join(short)} are short names.")


@rule("mixer")
def aliases_name_nodes(declaration: MixerDeclaration, build: BuildFunction) -> None:
    """Every alias belongs to a node of the mixer, and aliases are unique."""
    spec = _spec(build)
    ids = {node.id for _, chain in spec.chains() for node in chain}
    unmatched = sorted(key for key in spec.aliases if key.partition("/")[0] not in ids)
    require(not unmatched, f"{', '.join(unmatched)} belong to no node.")
    names = list(spec.aliases.values())
    require(len(set(names)) == len(names), f"{', '.join(sorted(names))} repeat.")
