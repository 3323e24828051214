"""Resolves mixer specs against the registry. Imports neither torch nor numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.config import config_from_dict, config_to_dict
from djtrans.core.contracts.effect import EffectDeclaration
from djtrans.core.contracts.mixer_spec import MixerSpec, NodeSpec
from djtrans.core.curves.layout import Layout, compute_layout
from djtrans.core.curves.parameter import Parameter
from djtrans.core.errors import ConfigError
from djtrans.registry import Registry, default_registry

#: The mixer that is used unless another one is named.
DEFAULT_MIXER = "dj54"


def resolve_spec(spec: MixerSpec | str, registry: Registry | None = None) -> MixerSpec:
    """Resolve a mixer's spec to qualified effect names and complete configs.

    Parameters
    ----------
    spec : MixerSpec or str
        A spec, or the name of a registered mixer.
    registry : Registry, optional

    Returns
    -------
    MixerSpec

    Raises
    ------
    PluginError
        If the mixer or one of its effects is not registered.
    ConfigError
        If a config does not fit its effect, or an effect may not stand where it is placed.

    See Also
    --------
    djtrans.mixer_layout : The parameters of a mixer.

    Examples
    --------
    >>> import djtrans
    >>> [node.id for node in djtrans.resolve_spec("dj54").stem_chain]
    ['fader', 'eq', 'lpf', 'hpf']
    """
    registry = registry or default_registry()
    named = registry.mixers.build(spec) if isinstance(spec, str) else spec
    chains: dict[str, Any] = {}
    for placement, chain in named.chains():
        nodes = []
        for node in chain:
            effect = node_declaration(node, registry)
            name = registry.effects.find(node.effect).name
            if placement not in effect.placements:
                raise ConfigError(
                    f"The effect {name} may not stand in a {placement} chain (node {node.id!r}); "
                    f"its places are {', '.join(effect.placements)}."
                )
            try:
                config = config_to_dict(config_from_dict(effect.config, node.config))
            except ConfigError as error:
                raise ConfigError(f"Node {node.id!r}: {error}") from None
            nodes.append(NodeSpec(node.id, name, config))
        chains[f"{placement}_chain"] = tuple(nodes)
    return attrs.evolve(named, **chains)


def node_declaration(node: NodeSpec, registry: Registry) -> EffectDeclaration:
    """Return the declaration of the effect at a node."""
    return registry.effects.find(node.effect).declaration


def node_parameters(node: NodeSpec, registry: Registry | None = None) -> tuple[Parameter, ...]:
    """Return the parameters that a node's effect declares under the node's config."""
    declaration = node_declaration(node, registry or default_registry())
    return declaration.parameters_of(config_from_dict(declaration.config, node.config))


def mixer_layout(spec: MixerSpec | str = DEFAULT_MIXER, registry: Registry | None = None) -> Layout:
    """Compute the layout of a mixer without building it.

    Parameters
    ----------
    spec : MixerSpec or str
        A spec, or the name of a registered mixer.
    registry : Registry, optional

    Returns
    -------
    Layout
        54 rows for the default mixer.

    Examples
    --------
    >>> import djtrans
    >>> layout = djtrans.mixer_layout("dj54")
    >>> len(layout), layout.index("a/drums/eq/low")
    (54, 1)
    """
    registry = registry or default_registry()
    resolved = resolve_spec(spec, registry)
    return compute_layout(resolved, lambda node: node_parameters(node, registry))


def component_record(
    registry: Registry, kind: str, name: str, config: Mapping[str, Any]
) -> ComponentRecord:
    """Record a component as it is used: qualified name, version and complete config."""
    component = registry.find(kind, name)
    try:
        full = config_to_dict(config_from_dict(component.declaration.config, config))
    except ConfigError as error:
        raise ConfigError(f"The {kind} {component.name}: {error}") from None
    return ComponentRecord(name=component.name, version=component.declaration.version, config=full)
