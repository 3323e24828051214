"""Stages of the streaming signal path: audio in, finished and aligned audio out.

A stage may hold samples back, never more than its ``delay``; sample n of its output belongs to
sample n of its input. Curves are read at the time of the input sample, so latency shifts no curve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.effect import RenderContext
from djtrans.core.curves.interpolation import Curves
from djtrans.core.errors import PluginError
from djtrans.mixer.fused_stft import Job, masked_sum
from djtrans.mixer.masks import MaskProduct
from djtrans.mixer.nodes import BuiltNode
from djtrans.mixer.stft import Transform


class Stage(Protocol):
    """Stage of the signal path: returns as many tensors as its kind declares, of one length."""

    delay: int

    def push(self, sources: Sequence[Tensor]) -> list[Tensor]:
        """Take the next samples of every source, return what is finished."""
        ...


@attrs.frozen(eq=False)
class NodeCurves:
    """Curves of one node at all places of the chain.

    Attributes
    ----------
    node : BuiltNode
    curves : Curves
        Its rows are places x parameters.
    places : (int, int)
        How often the node stands side by side: on how many tracks, on how many stems of each.
    """

    node: BuiltNode
    curves: Curves
    places: tuple[int, int]

    def at(self, times: Tensor) -> Tensor:
        """``[tracks * batch * stems, parameters, n]``."""
        values = self.curves.at(times)
        values = values.unflatten(1, (*self.places, len(self.node.parameters)))
        return values.permute(1, 0, 2, 3, 4).flatten(0, 2)

    def named(self, values: Tensor) -> Mapping[str, Tensor]:
        """``[..., parameters, n]`` as ``{name: [..., n]}``."""
        return {p.name: values[:, i] for i, p in enumerate(self.node.parameters)}


class SpectralStage:
    """A run of spectral nodes. Sources are ``[batch, (stems,) channels, n]``.

    With `summed` each source gives the sum of its stems, ``[batch, channels, n]``; otherwise
    it keeps its shape.
    """

    def __init__(
        self,
        nodes: Sequence[NodeCurves],
        transform: Transform,
        ctx: RenderContext,
        chunk_frames: int,
        summed: bool,
    ) -> None:
        self.nodes, self.transform, self.summed = nodes, transform, summed
        self.delay = transform.size - 1
        self.mask = MaskProduct([n.node for n in nodes], transform.freqs_hz, ctx)
        weights = (w for n in nodes for w in n.node.trainable_weights())
        self._job = Job(transform, self.mask, chunk_frames, tuple(weights))
        self._heads: list[Tensor] = []
        self._carry: Tensor | None = None
        self._frame = 0
        self._skip = transform.overlap

    def push(self, sources: Sequence[Tensor]) -> list[Tensor]:
        """See :class:`Stage`."""
        outer = [x.shape[:-2] for x in sources]
        if not self.summed:
            sources = [x.flatten(0, -3).unsqueeze(1) for x in sources]
        t = self.transform
        groups, stems, channels, new = sources[0].shape
        if self._carry is None:
            self._heads = [x.new_zeros(groups, stems, channels, t.overlap) for x in sources]
            self._carry = sources[0].new_zeros(len(sources), groups, channels, t.overlap)
        kept = self._heads[0].shape[-1]
        frames = max(0, (kept + new - t.overlap) // t.hop)
        outs = [x.new_zeros(groups, channels, 0) for x in sources]
        if frames:
            times = t.frame_seconds(self._frame, frames)
            controls = torch.cat([n.at(times) for n in self.nodes], dim=1)
            finished, self._carry = masked_sum(
                self._job, controls, self._carry, self._heads, sources
            )
            skip = min(self._skip, finished.shape[-1])
            self._skip -= skip
            outs = list(finished[..., skip:].unbind(0))
        used = frames * t.hop
        self._heads = [
            _after(head, body, used) for head, body in zip(self._heads, sources, strict=True)
        ]
        self._frame += frames
        if self.summed:
            return outs
        return [y.unflatten(0, shape) for y, shape in zip(outs, outer, strict=True)]


class TimeStage:
    """Time effects on a bus: one insert, or parallel sends that add to their input.

    Sources are ``[batch, ..., channels, n]``; all are folded into one call of the effect.
    """

    def __init__(self, nodes: Sequence[NodeCurves], ctx: RenderContext, send: bool) -> None:
        self.nodes, self.ctx, self.send = nodes, ctx, send
        self.latencies = [int(n.node.effect.latency_samples(ctx)) for n in nodes]
        self.delay = max(self.latencies)
        self._states: list[Any] | None = None
        self._skip = list(self.latencies)
        self._position = 0
        self._queue = Queue(len(nodes) + int(send))

    def push(self, sources: Sequence[Tensor]) -> list[Tensor]:
        """See :class:`Stage`."""
        if sources[0].shape[-1] == 0:
            return list(sources)
        inside = [x.flatten(0, -3) for x in sources]
        folded = inside[0] if len(inside) == 1 else torch.cat(inside)
        rows, channels, new = folded.shape
        if self._states is None:
            self._states = [n.node.effect.init_state(rows, channels, self.ctx) for n in self.nodes]
        times = torch.arange(self._position, self._position + new, dtype=torch.float64)
        times /= self.ctx.sample_rate
        self._position += new
        parts = [folded] if self.send else []
        for i, n in enumerate(self.nodes):
            out, self._states[i] = n.node.effect.process(
                folded, n.named(n.at(times)), self.ctx, self._states[i]
            )
            if out.shape != folded.shape:
                raise PluginError(
                    f"Effect {n.node.declaration.name!r} turned {tuple(folded.shape)} into "
                    f"{tuple(out.shape)}; a time effect keeps [batch, channels, samples]."
                )
            skip = min(self._skip[i], new)
            self._skip[i] -= skip
            parts.append(out[..., skip:])
        total, *added = self._queue.push(parts)
        for part in added:
            total = total + part
        outs = total.chunk(len(sources))
        return [y.unflatten(0, x.shape[:-2]) for y, x in zip(outs, sources, strict=True)]


class SumStage:
    """Sums stems: each source ``[batch, stems, channels, n]`` becomes ``[batch, channels, n]``."""

    delay = 0

    def push(self, sources: Sequence[Tensor]) -> list[Tensor]:
        """See :class:`Stage`."""
        return [x.sum(dim=1) for x in sources]


class Queue:
    """Holds signals of different lengths until all have their next samples."""

    def __init__(self, signals: int) -> None:
        self._held: list[Tensor | None] = [None] * signals

    def push(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """Append to each signal, and take as many samples from all as the shortest has."""
        held = [
            x if h is None or h.shape[-1] == 0 else torch.cat([h, x], dim=-1)
            for h, x in zip(self._held, parts, strict=True)
        ]
        ready = min(x.shape[-1] for x in held)
        self._held = [x[..., ready:].clone() if x.shape[-1] > ready else None for x in held]
        return [x[..., :ready] for x in held]


def _after(head: Tensor, body: Tensor, used: int) -> Tensor:
    """Copy the remainder of head and body after `used` samples."""
    edge = head.shape[-1]
    if used >= edge:
        return body[..., used - edge :].clone()
    return torch.cat([head[..., used:], body], dim=-1)
