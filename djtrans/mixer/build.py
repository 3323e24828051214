"""The mixer of registered effects."""

from __future__ import annotations

from djtrans.core.contracts.mixer_spec import MixerConfig, MixerSpec, NodeSpec
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.nodes import BuiltNode
from djtrans.mixer.resolve import DEFAULT_MIXER, node_declaration, node_parameters, resolve_spec
from djtrans.registry import Registry, default_registry


class DifferentiableDJMixer(Mixer):
    """The mixer of registered effects, differentiable in its parameters and its audio.

    Parameters
    ----------
    spec : MixerSpec or str
        A spec, or the name of a registered mixer; the 54-parameter ``dj54`` by default.
    config : MixerConfig, optional
        How the mixer computes.
    registry : Registry, optional

    Raises
    ------
    PluginError
        If an effect is not registered or cannot be built.
    ConfigError
        If a node's config does not fit its effect.

    Examples
    --------
    >>> import djtrans
    >>> mixer = djtrans.DifferentiableDJMixer()
    >>> len(mixer.layout)
    54
    """

    def __init__(
        self,
        spec: MixerSpec | str = DEFAULT_MIXER,
        config: MixerConfig | None = None,
        *,
        registry: Registry | None = None,
    ) -> None:
        registry = registry or default_registry()
        resolved = resolve_spec(spec, registry)
        stem, track, master = (
            tuple(build_node(node, registry) for node in chain) for _, chain in resolved.chains()
        )
        super().__init__(resolved, stem, track, master, config)


def build_node(node: NodeSpec, registry: Registry | None = None) -> BuiltNode:
    """Build the registered effect of a node.

    Raises
    ------
    PluginError
        If it is not registered or cannot be built.
    ConfigError
        If the node's config does not fit it.
    """
    registry = registry or default_registry()
    found = registry.effects.find(node.effect)
    return BuiltNode(
        id=node.id,
        effect=registry.effects.build(node.effect, node.config),
        declaration=node_declaration(node, registry),
        parameters=node_parameters(node, registry),
        provider=f"{found.name} of {found.provider}",
    )
