"""A built effect at its place, and the runs that a chain of them falls into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.effect import (
    EffectDeclaration,
    RenderContext,
    SpectralEffect,
    TimeEffect,
)
from djtrans.core.contracts.mixer_spec import NodeSpec
from djtrans.core.curves.parameter import Parameter
from djtrans.core.errors import ConfigError, DjtransError, PluginError


@attrs.frozen(eq=False)
class BuiltNode:
    """A node whose effect has been built.

    Attributes
    ----------
    id : str
        Its id in the chain.
    effect : SpectralEffect or TimeEffect
        The component.
    declaration : EffectDeclaration
        What was declared of it: domain, routing, placements.
    parameters : tuple of Parameter
        What it can automate under its config.
    provider : str
        Qualified name of the effect, and the package that provides it, for messages.
    """

    id: str
    effect: Any
    declaration: EffectDeclaration
    parameters: tuple[Parameter, ...]
    provider: str = ""

    @property
    def label(self) -> str:
        """Name in messages: the node, its effect and its plugin."""
        return f"Node {self.id!r} (effect {self.provider or self.declaration.name})"

    def mask(self, curves: Mapping[str, Tensor], freqs_hz: Tensor, ctx: RenderContext) -> Tensor:
        """Call ``mask`` of a spectral effect; its exceptions name the node.

        Raises
        ------
        PluginError
            If the effect raises anything but an error of djtrans.
        """
        try:
            found: Tensor = self.effect.mask(curves, freqs_hz, ctx)
        except Exception as error:
            raise self._failure(error, curves, None) from error
        return found

    def process(
        self,
        audio: Tensor,
        curves: Mapping[str, Tensor],
        ctx: RenderContext,
        state: Any,
        position: int,
        **inputs: Any,
    ) -> tuple[Tensor, Any]:
        """Call ``process`` of a time effect; its exceptions name node, frame and plugin.

        `position` is the first sample of the audio in the window.

        Raises
        ------
        PluginError
            If the effect raises anything but an error of djtrans.
        """
        try:
            out, after = self.effect.process(audio, curves, ctx, state, **inputs)
        except Exception as error:
            raise self._failure(error, curves, frame_at(position / ctx.sample_rate, ctx)) from error
        return out, after

    def _failure(
        self, error: Exception, curves: Mapping[str, Tensor], frame: int | None
    ) -> Exception:
        """Return what to raise for an exception of the effect."""
        if isinstance(error, DjtransError | MemoryError) or "out of memory" in str(error).lower():
            return error
        where = "" if frame is None else f" at frame {frame}"
        values = ", ".join(f"{n} {tuple(x.shape)}" for n, x in curves.items())
        text = " ".join(str(error).split())
        return PluginError(
            f"{self.label} failed{where} with {type(error).__name__}{': ' if text else ''}{text} "
            f"(curves: {values or 'none'}); report it to the author of the plugin, or replace the "
            "effect."
        )

    @property
    def bypass(self) -> list[int]:
        """Indices of the parameters that bypass the effect while they are neutral."""
        names = self.declaration.bypassed_by
        return [i for i, p in enumerate(self.parameters) if not names or p.name in names]

    def trainable_weights(self) -> list[Tensor]:
        """List the weights of the effect that are trained, if it is a module."""
        if not isinstance(self.effect, torch.nn.Module):
            return []
        return [weight for weight in self.effect.parameters() if weight.requires_grad]


def frame_at(seconds: float, ctx: RenderContext) -> int:
    """Return the frame in which a time of the window lies."""
    times = ctx.frame_times
    return max(0, int(torch.searchsorted(times, torch.tensor(seconds).to(times), right=True)) - 1)


@attrs.frozen(eq=False)
class Run:
    """Neighbouring nodes that are computed together.

    Attributes
    ----------
    kind : {"spectral", "insert", "send"}
        Spectral nodes are fused to one product of masks, inserts stand alone, neighbouring sends
        are fed the same signal.
    nodes : tuple of BuiltNode
    """

    kind: str
    nodes: tuple[BuiltNode, ...]


def runs(nodes: Sequence[BuiltNode]) -> tuple[Run, ...]:
    """Split a chain into runs, in the order of the signal."""

    def kind(node: BuiltNode) -> str:
        return "spectral" if node.declaration.domain == "spectral" else node.declaration.routing

    out: list[Run] = []
    for name, group in groupby(nodes, kind):
        members = tuple(group)
        out.extend([Run(name, (m,)) for m in members] if name == "insert" else [Run(name, members)])
    return tuple(out)


def check_chain(placement: str, specs: Sequence[NodeSpec], nodes: Sequence[BuiltNode]) -> None:
    """Raise if nodes are not those of the spec, are misplaced, or break the contract.

    Raises
    ------
    ConfigError
        If ids differ from the spec's, or an effect does not allow the placement.
    PluginError
        If an effect lacks the methods of its domain.
    """
    wanted, given = [spec.id for spec in specs], [node.id for node in nodes]
    if wanted != given:
        raise ConfigError(
            f"The {placement} chain of the spec has the nodes {wanted}, but {given} were built; "
            "build one node for each, in order."
        )
    for node in nodes:
        declared = node.declaration
        if placement not in declared.placements:
            raise ConfigError(
                f"Effect {declared.name!r} cannot stand in the {placement} chain; "
                f"it allows {', '.join(declared.placements)}."
            )
        contract = SpectralEffect if declared.domain == "spectral" else TimeEffect
        if not isinstance(node.effect, contract):
            raise PluginError(
                f"Effect {declared.name!r} declares the domain {declared.domain!r} but "
                f"{type(node.effect).__name__} lacks methods of {contract.__name__}; add them."
            )
