"""Example layouts, the input of the rules for techniques."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import attrs

from djtrans.core.contracts.mixer_spec import MixerSpec, NodeSpec
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
    "flanger": (Parameter(name="depth"), Parameter(name="tilt", minimum=-1.0)),
    "drive": (Parameter(name="amount", maximum=4.0, neutral=0.5),),
    "limiter": (Parameter(name="ceiling", neutral=1.0),),
}


def _layout(stem: Sequence[str], track: Sequence[str], master: Sequence[str]) -> Layout:
    stems, tracks, mix = ([NodeSpec(n, n) for n in chain] for chain in (stem, track, master))
    known = {**_NODES, **_UNKNOWN_NODES}
    return compute_layout(MixerSpec(STEMS, stems, tracks, mix), lambda node: known[node.id])


def example_layout() -> Layout:
    """Return the 54 rows of the default mixer."""
    return _layout(("fader", "eq", "lpf", "hpf"), ("reverb", "delay"), ())


def larger_layout() -> Layout:
    """Return the rows of the default mixer and unknown ones on stems, tracks and the mix."""
    return _layout(
        ("fader", "eq", "lpf", "hpf", "flanger"), ("drive", "reverb", "delay"), ("limiter",)
    )


def unknown_rows(layout: Layout) -> list[int]:
    """Return the rows of :func:`larger_layout` that no technique can know."""
    return [row.index for row in layout.rows if row.node in _UNKNOWN_NODES]


def needed_layout(needs: Sequence[str]) -> Layout:
    """Return the rows of :func:`example_layout` that match one of the key patterns."""
    rows = [r for r in example_layout().rows if any(fnmatchcase(r.key, n) for n in needs)]
    return Layout(tuple(attrs.evolve(row, index=i) for i, row in enumerate(rows)))
