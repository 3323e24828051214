"""The specification of a mixer: which effect nodes stand where. Data only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import attrs

from djtrans.core.contracts.config import as_tuple, setting
from djtrans.core.errors import ConfigError

TRACKS = ("a", "b")
#: What stands for the stem in the key of a node that does not belong to one.
TRACK_BUS = "track"
MASTER_BUS = "master"
PLACEMENTS = ("stem", "track", "master")

_ID = re.compile(r"[a-z][a-z0-9_-]*")


@attrs.frozen
class NodeSpec:
    """One effect at one place.

    Attributes
    ----------
    id : str
        Unique within its chain; part of each parameter's key.
    effect : str
        Name of a registered effect.
    config : mapping
        Fields of the effect's config; missing ones take their defaults.
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
    """Stems, and the chains of effect nodes on each stem, each track and the mix.

    Attributes
    ----------
    stems : tuple of str
        Stem names, in the order of the parameters.
    stem_chain, track_chain, master_chain : tuple of NodeSpec
        Applied in this order: to every stem of both tracks; to the sum of a track's stems;
        to the sum of both tracks.
    aliases : mapping of str to str
        Short display names by ``"node/param"``: ``{"eq/low": "eq_low"}``.
    """

    stems: tuple[str, ...] = attrs.field(converter=as_tuple)
    stem_chain: tuple[NodeSpec, ...] = attrs.field(converter=as_tuple)
    track_chain: tuple[NodeSpec, ...] = attrs.field(converter=as_tuple, default=())
    master_chain: tuple[NodeSpec, ...] = attrs.field(converter=as_tuple, default=())
    aliases: Mapping[str, str] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if not self.stems or len(set(self.stems)) != len(self.stems):
            raise ConfigError(f"MixerSpec.stems = {self.stems!r}: give distinct names, at least 1.")
        for name in self.stems:
            if not _ID.fullmatch(name) or name in (TRACK_BUS, MASTER_BUS):
                raise ConfigError(
                    f"Stem name {name!r} is not allowed: lower-case letters, digits, '-' and "
                    f"'_', and neither {TRACK_BUS!r} nor {MASTER_BUS!r}."
                )
        for placement, chain in self.chains():
            ids = [node.id for node in chain]
            if len(set(ids)) != len(ids):
                raise ConfigError(f"The {placement} chain has a node id twice: {ids}.")

    def chains(self) -> tuple[tuple[str, tuple[NodeSpec, ...]], ...]:
        """The three chains with their placement, in the order of the signal."""
        return tuple(
            zip(PLACEMENTS, (self.stem_chain, self.track_chain, self.master_chain), strict=True)
        )

    def replace_node(self, node_id: str, effect: str, **config: Any) -> MixerSpec:
        """The same mixer with another effect at the node `node_id`.

        Parameters
        ----------
        node_id : str
            Id of the node, in whichever chain it stands.
        effect : str
            Name of the registered effect to put there.
        **config
            Fields of its config.

        Returns
        -------
        MixerSpec

        Raises
        ------
        ConfigError
            If no chain has that node.
        """
        return self._changed(node_id, lambda node: NodeSpec(node.id, effect, config))

    def configured(self, settings: Mapping[str, Any]) -> MixerSpec:
        """The same mixer with its nodes set otherwise.

        Parameters
        ----------
        settings : mapping of str to object
            By ``"node.field"`` the value of a field of the effect's config, other fields stay; by
            ``"node"`` the name of another effect for that node, with its defaults. An id that
            stands in several chains means all of them.

        Returns
        -------
        MixerSpec
            Fields and values are checked when the mixer is resolved or built.

        Raises
        ------
        ConfigError
            If no chain has such a node.

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
                    f"{key} = {value!r} names no effect; give the name of one, or set a field as "
                    f"{key}.FIELD."
                )
        # After the effects: a field belongs to the one that is to be there.
        for node_id, changed in fields.items():
            spec = spec._changed(node_id, partial(_with_fields, changed))
        return spec

    def _changed(self, node_id: str, change: Callable[[NodeSpec], NodeSpec]) -> MixerSpec:
        """The same mixer with each node of that id changed."""
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
    """How the mixer computes: the short-time Fourier transform that carries the spectral nodes.

    The defaults come from the measured table in ``docs/mixer.md``.
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
        32, "STFT frames computed at a time, so that they stay in cache.", minimum=1, maximum=4096
    )
