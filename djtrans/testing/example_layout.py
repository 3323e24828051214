"""Example layouts, the input of the rules for techniques."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import attrs

from djtrans.core.contracts.effect import EffectDeclaration
from djtrans.core.contracts.mixer_spec import PLACEMENTS, MixerSpec, NodeSpec
from djtrans.core.curves.layout import Layout, compute_layout
from djtrans.core.curves.parameter import Parameter
from djtrans.core.track.stem_names import STEMS


def _gain(name: str, maximum: float) -> Parameter:
    return Parameter(name=name, maximum=maximum, neutral=1.0, curve="gain", edge="late")


#: Parameters of the default mixer, by node.
_NODES: dict[str, tuple[Parameter, ...]] = {
    "fader": (_gain("gain", 1.0),),
    "eq": tuple(_gain(band, 2.0) for band in ("low", "mid", "high")),
    "lpf": (Parameter(name="cutoff", neutral=1.0, curve="frequency"),),
    "hpf": (Parameter(name="cutoff", curve="frequency"),),
    "reverb": (Parameter(name="send", curve="gain"),),
    "delay": (Parameter(name="send", curve="gain", edge="late"), Parameter(name="feedback")),
}
#: Nodes that no technique can know, with neutral values at 0, in the middle and at the maximum.
_UNKNOWN_NODES: dict[str, tuple[Parameter, ...]] = {
    "other-flanger": (Parameter(name="depth"), Parameter(name="tilt", minimum=-1.0)),
    "other-drive": (Parameter(name="amount", maximum=4.0, neutral=0.5),),
    "other-limiter": (Parameter(name="ceiling", neutral=1.0),),
}


#: Chains of the default mixer.
_STEM_CHAIN, _TRACK_CHAIN = ("fader", "eq", "lpf", "hpf"), ("reverb", "delay")


def _layout(
    stem: Sequence[str],
    track: Sequence[str],
    master: Sequence[str],
    own: Mapping[str, tuple[Parameter, ...]] | None = None,
) -> Layout:
    stems, tracks, mix = ([NodeSpec(n, n) for n in chain] for chain in (stem, track, master))
    known = {**_NODES, **_UNKNOWN_NODES, **(own or {})}
    return compute_layout(MixerSpec(STEMS, stems, tracks, mix), lambda node: known[node.id])


def example_layout() -> Layout:
    """Return the 54 rows of the default mixer."""
    return _layout(_STEM_CHAIN, _TRACK_CHAIN, ())


def extended_layout(effects: Sequence[EffectDeclaration]) -> Layout:
    """Return the default mixer's rows and those of effects, each in all chains that it allows.

    A node's id is the name of its effect; the parameters are those of its default config. Effects
    named as a node of the default mixer are left out.
    """
    new = [effect for effect in effects if effect.name not in _NODES]
    own = {effect.name: effect.parameters_of(effect.config()) for effect in new}
    stem, track, master = (
        [effect.name for effect in new if placement in effect.placements]
        for placement in PLACEMENTS
    )
    return _layout((*_STEM_CHAIN, *stem), (*_TRACK_CHAIN, *track), master, own)


def with_unknown_rows(layout: Layout) -> Layout:
    """Return a layout with further rows, which no technique can know."""
    unknown = _layout(("other-flanger",), ("other-drive",), ("other-limiter",))
    rows = (*layout.rows, *unknown.rows)
    return Layout(tuple(attrs.evolve(row, index=i) for i, row in enumerate(rows)))


def unknown_rows(layout: Layout) -> list[int]:
    """Return the rows of :func:`with_unknown_rows` that no technique can know."""
    return [row.index for row in layout.rows if row.node in _UNKNOWN_NODES]


def needed_layout(layout: Layout, needs: Sequence[str]) -> Layout:
    """Return the rows of a layout that match one of the key patterns."""
    rows = [r for r in layout.rows if any(fnmatchcase(r.key, n) for n in needs)]
    return Layout(tuple(attrs.evolve(row, index=i) for i, row in enumerate(rows)))
