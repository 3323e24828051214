"""Further inputs of effects: the other track, and stems of both tracks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from djtrans.core.contracts.effect import OTHER
from djtrans.core.contracts.mixer_spec import MixerSpec
from djtrans.core.errors import ConfigError
from djtrans.mixer.nodes import BuiltNode


def check_inputs(spec: MixerSpec, nodes: Sequence[BuiltNode]) -> None:
    """Raise ConfigError if a node needs a stem that the mixer lacks."""
    for node in nodes:
        for stem in node.declaration.stem_inputs:
            if stem not in spec.stems:
                raise ConfigError(
                    f"Node {node.id!r} needs the stem {stem!r} as an input of "
                    f"{node.declaration.name!r}; the mixer has {', '.join(spec.stems)}."
                )


class StemTap:
    """Stems of both tracks after the stem chain, held until a later stage needs them."""

    def __init__(self) -> None:
        self._held: list[Tensor] | None = None

    def push(self, sources: Sequence[Tensor]) -> None:
        """Append the next samples of every track, ``[batch, stems, channels, n]``."""
        before = self._held
        self._held = [
            x if before is None else torch.cat([before[i], x], dim=-1)
            for i, x in enumerate(sources)
        ]

    def take(self, samples: int) -> list[Tensor]:
        """Take the next samples of every track."""
        held = self._held or []
        self._held = [x[..., samples:].clone() for x in held]
        return [x[..., :samples] for x in held]


def fold_inputs(
    names: Sequence[str],
    sources: Sequence[Tensor],
    stems: Sequence[Tensor],
    stem_names: tuple[str, ...],
) -> dict[str, Tensor]:
    """Arrange the inputs of a stage as its folded sources, ``[tracks * batch * ..., channels, n]``.

    Parameters
    ----------
    names : sequence of str
        Inputs as in :class:`~djtrans.core.contracts.effect.EffectDeclaration`.
    sources : sequence of Tensor
        Sources of the stage, A and B: ``[batch, channels, n]`` or ``[batch, stems, channels, n]``.
    stems : sequence of Tensor
        ``[batch, stems, channels, n]`` of A and B; may be empty if no stem is needed.
    stem_names : tuple of str
    """
    find = partial(_input, sources=sources, stems=stems, stem_names=stem_names)
    return {
        name: torch.cat([find(name, track).flatten(0, -3) for track in range(len(sources))])
        for name in names
    }


def _input(
    name: str,
    track: int,
    *,
    sources: Sequence[Tensor],
    stems: Sequence[Tensor],
    stem_names: tuple[str, ...],
) -> Tensor:
    """Return one input of a track, of the shape of its source."""
    other = 1 - track
    if name == OTHER:
        return sources[other]
    source = stems[other if name.startswith("other/") else track]
    stem = source[:, stem_names.index(name.removeprefix("other/"))]
    return stem if sources[track].ndim == 3 else stem.unsqueeze(1).expand_as(sources[track])
