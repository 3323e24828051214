"""Layouts of a plugin's own effects and mixers, on which its techniques are checked."""

from __future__ import annotations

from collections.abc import Iterable

from djtrans.core.contracts.config import config_from_dict
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.effect import EffectDeclaration
from djtrans.core.contracts.mixer import MixerDeclaration
from djtrans.core.contracts.mixer_spec import NodeSpec
from djtrans.core.curves.layout import Layout, compute_layout
from djtrans.core.curves.parameter import Parameter
from djtrans.testing.building import Build
from djtrans.testing.example_layout import extended_layout


def plugin_layouts(declarations: Iterable[Declaration]) -> tuple[Layout, ...]:
    """Compute the layouts that the declarations of a plugin make possible.

    Parameters
    ----------
    declarations : iterable of Declaration
        All declarations of the plugin.

    Returns
    -------
    tuple of Layout
        The default mixer with each of the plugin's effects in all chains that it allows, under the
        id of its name; then the plugin's mixers. Mixers that cannot be resolved are left out: their
        own rules report them.
    """
    found = tuple(declarations)
    effects = {d.name: d for d in found if isinstance(d, EffectDeclaration)}
    layouts = [extended_layout(tuple(effects.values()))] if effects else []
    for mixer in found:
        if not isinstance(mixer, MixerDeclaration):
            continue
        try:
            spec = Build(mixer)()
            layouts.append(compute_layout(spec, lambda node: _parameters(node, effects)))
        except Exception:  # noqa: BLE001 -- a plugin may raise anything; see above
            continue
    return tuple(layouts)


def _parameters(node: NodeSpec, own: dict[str, EffectDeclaration]) -> tuple[Parameter, ...]:
    """Return the parameters of a node with an effect of the plugin, or a registered one."""
    namespace, _, name = node.effect.rpartition("/")
    if name in own and namespace != "djtrans":
        effect = own[name]
        return effect.parameters_of(config_from_dict(effect.config, node.config))
    from djtrans.mixer.resolve import node_parameters

    return node_parameters(node)
