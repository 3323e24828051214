"""Specification of a mixer: stems and chains of effect nodes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import attrs

from djtrans.core.contracts.config import as_tuple, setting
from djtrans.core.errors import ConfigError

TRACKS = ("a", "b")
#: Stem in the keys of nodes on the track and master buses.
TRACK_BUS = "track"
MASTER_BUS = "master"
PLACEMENTS = ("stem", "track", "master")

_ID = re.compile(r"[a-z][a-z0-9_-]*")


@attrs.frozen
class NodeSpec:
    """Node of a mixer: an effect at its place in a chain.

    Attributes
    ----------
    id : str
        Identifier, unique within its chain; part of each parameter's key.
    effect : str
        Name of a registered effect.
    config : mapping
        Fields of the effect's config; missing fields have their defaults.

    Examples
    --------
    >>> import djtrans
    >>> djtrans.NodeSpec("reverb", "djtrans/reverb", {"decay_seconds": 2.5}).id
    'reverb'

    See Also
    --------
    MixerSpec : Mixer that consists of nodes.
    """

    id: str
    effect: str
    config: Mapping[str, Any] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ConfigError(
                f"Node id {self.id!r} is not allowed; use lower-case letters, digits, '-' and "
                "'_', a letter first."
            )


def _with_fields(changed: Mapping[str, Any], node: NodeSpec) -> NodeSpec:
    return attrs.evolve(node, config={**node.config, **changed})


@attrs.frozen
class MixerSpec:
    """Specification of a mixer: stems, and chains of effect nodes on stems, tracks and the mix.

    Attributes
    ----------
    stems : tuple of str
        Stem names, in the order of the parameters.
    stem_chain, track_chain, master_chain : tuple of NodeSpec
        Chains, applied in this order: to every stem of both tracks, to the sum of a track's stems
        and to the sum of both tracks.
    aliases : mapping of str to str
        Short display names by ``"node/param"``, such as ``{"eq/low": "eq_low"}``.

    Examples
    --------
    >>> import djtrans
    >>> spec = djtrans.MixerSpec(
    ...     stems=("drums", "bass", "vocals", "other"),
    ...     stem_chain=(djtrans.NodeSpec("fader", "djtrans/gain"),),
    ... )
    >>> len(djtrans.mixer_layout(spec))
    8

    See Also
    --------
    djtrans.resolve_spec : Return the spec of a registered mixer.
    djtrans.DifferentiableDJMixer : Mixer built from a spec.
    """

    stems: tuple[str, ...] = attrs.field(converter=as_tuple)
    stem_chain: tuple[NodeSpec, ...] = attrs.field(converter=as_tuple)
    track_chain: tuple[NodeSpec, ...] = attrs.field(converter=as_tuple, default=())
    master_chain: tuple[NodeSpec, ...] = attrs.field(converter=as_tuple, default=())
    aliases: Mapping[str, str] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if not self.stems or len(set(self.stems)) != len(self.stems):
            raise ConfigError(
                f"MixerSpec.stems = {self.stems!r}; give at least one name, each once."
            )
        for name in self.stems:
            if not _ID.fullmatch(name) or name in (TRACK_BUS, MASTER_BUS):
                raise ConfigError(
                    f"Stem name {name!r} is not allowed; use lower-case letters, digits, '-' and "
                    f"'_', a letter first, and neither {TRACK_BUS!r} nor {MASTER_BUS!r}."
                )
        for placement, chain in self.chains():
            ids = [node.id for node in chain]
            if len(set(ids)) != len(ids):
                raise ConfigError(f"Node ids of the {placement} chain must be unique, got {ids}.")

    def chains(self) -> tuple[tuple[str, tuple[NodeSpec, ...]], ...]:
        """Return the three chains with their placements, in signal order."""
        return tuple(
            zip(PLACEMENTS, (self.stem_chain, self.track_chain, self.master_chain), strict=True)
        )

    def replace_node(self, node_id: str, effect: str, **config: Any) -> MixerSpec:
        """Replace the effect of a node.

        Parameters
        ----------
        node_id : str
            Id of the node, in any chain.
        effect : str
            Name of the registered effect that replaces the current one.
        **config
            Fields of its config.

        Returns
        -------
        MixerSpec

        Raises
        ------
        ConfigError
            If no chain has the node.
        """
        return self._changed(node_id, lambda node: NodeSpec(node.id, effect, config))

    def with_master(self, effect: str) -> MixerSpec:
        """Append a node to the master chain.

        Parameters
        ----------
        effect : str
            Name of the registered effect. The id of the node is its name without namespace.

        Returns
        -------
        MixerSpec

        Raises
        ------
        ConfigError
            If the master chain has a node of this id.

        Examples
        --------
        >>> import djtrans
        >>> djtrans.resolve_spec("dj54").with_master("limiter").master_chain[0].id
        'limiter'
        """
        node = NodeSpec(effect.rpartition("/")[2], effect)
        return attrs.evolve(self, master_chain=(*self.master_chain, node))

    def configured(self, settings: Mapping[str, Any]) -> MixerSpec:
        """Change configs and effects of nodes.

        Parameters
        ----------
        settings : mapping of str to object
            ``"node.field"`` sets a field of the effect's config; ``"node"`` replaces the effect of
            the node by the effect of the given name with its defaults. An id that several chains
            have applies to all of them.

        Returns
        -------
        MixerSpec
            Changed spec. Fields and values are validated when the mixer is resolved or built.

        Raises
        ------
        ConfigError
            If no chain has the node.

        Examples
        --------
        >>> import djtrans
        >>> spec = djtrans.resolve_spec("dj54").configured({"reverb.decay_seconds": 2.5})
        >>> spec.track_chain[0].config["decay_seconds"]
        2.5
        """
        spec, fields = self, dict[str, dict[str, Any]]()
        for key, value in settings.items():
            node_id, dot, field = key.partition(".")
            if dot:
                fields.setdefault(node_id, {})[field] = value
            elif isinstance(value, str):
                spec = spec.replace_node(node_id, value)
            else:
                raise ConfigError(
                    f"{key} = {value!r} is not an effect's name; give the name of an effect, or "
                    f"set a field of its config as {key}.FIELD=VALUE."
                )
        # After the replacements, since fields are those of the new effect.
        for node_id, changed in fields.items():
            spec = spec._changed(node_id, partial(_with_fields, changed))
        return spec

    def _changed(self, node_id: str, change: Callable[[NodeSpec], NodeSpec]) -> MixerSpec:
        """Apply a change to each node of an id."""
        ids = [node.id for _, chain in self.chains() for node in chain]
        if node_id not in ids:
            raise ConfigError(f"The mixer has no node {node_id!r}; its nodes are {', '.join(ids)}.")
        chains: dict[str, Any] = {
            f"{placement}_chain": tuple(change(n) if n.id == node_id else n for n in chain)
            for placement, chain in self.chains()
        }
        return attrs.evolve(self, **chains)


@attrs.frozen
class MixerConfig:
    """Short-time Fourier transform in which the mixer computes spectral effects.

    The defaults were chosen by the measurements in ``docs/mixer.md``.

    Examples
    --------
    >>> import djtrans
    >>> djtrans.MixerConfig(fft_size=4096).overlap
    4

    See Also
    --------
    djtrans.DifferentiableDJMixer : Mixer with this config.
    """

    fft_size: int = setting(
        2048,
        "FFT size at 44.1 kHz; scaled with the sample rate to the nearest power of two.",
        unit="samples",
        minimum=256,
        maximum=32768,
    )
    overlap: int = setting(
        4, "FFT size over hop: 2 (square-root Hann only), 4 or 8.", choices=(2, 4, 8)
    )
    window: str = setting(
        "hann",
        "Analysis and synthesis window.",
        choices=("sqrt-hann", "hann"),
    )
    chunk_frames: int = setting(
        64, "STFT frames computed at a time; small chunks fit the cache.", minimum=1, maximum=4096
    )
