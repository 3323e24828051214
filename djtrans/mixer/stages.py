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

from djtrans.core.contracts.effect import PausableEffect, RenderContext
from djtrans.core.curves.interpolation import Curves, join_curves
from djtrans.core.errors import PluginError
from djtrans.mixer.chunks import Job, is_silent
from djtrans.mixer.fused_stft import masked_sum
from djtrans.mixer.inputs import StemTap, fold_inputs
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
        return by_place(self.curves.at(times), self.places)

    def named(self, values: Tensor) -> Mapping[str, Tensor]:
        """``[..., parameters, n]`` as ``{name: [..., n]}``."""
        return {p.name: values[:, i] for i, p in enumerate(self.node.parameters)}

    @property
    def needs_gradients(self) -> bool:
        """True if gradients of the curves or of weights of the effect are computed."""
        needed = self.curves.coefficients.requires_grad or bool(self.node.trainable_weights())
        return torch.is_grad_enabled() and needed

    def bypassed(self) -> Tensor:
        """Compute where the node changes nothing, ``[places, intervals]`` of the curves."""
        rows, intervals = self.places[0] * self.places[1], self.curves.coefficients.shape[2]
        decisive = self.node.bypass
        if not decisive:  # it always works
            return torch.zeros(rows, intervals, dtype=torch.bool)
        weights = self.curves.coefficients.detach().unflatten(1, (rows, -1))[:, :, decisive]
        neutral = weights.new_tensor([self.node.parameters[i].neutral for i in decisive])
        held = (weights[..., 0] == neutral[:, None]) & ~weights[..., 1:].any(dim=-1)
        return held.all(dim=2).all(dim=0).cpu()

    def where_active(self) -> list[int] | None:
        """List the places, of tracks x stems, at which the node is ever active; None for all."""
        if self.needs_gradients:
            return None
        active = (~self.bypassed().all(dim=1)).nonzero().flatten().tolist()
        return None if len(active) == self.places[0] * self.places[1] else active

    def only(self, places: Sequence[int]) -> NodeCurves:
        """Select places; each counts as a track with one stem."""
        count = len(self.node.parameters)
        rows = [place * count + i for place in places for i in range(count)]
        return attrs.evolve(self, curves=self.curves.select(rows), places=(len(places), 1))


def by_place(values: Tensor, places: tuple[int, int]) -> Tensor:
    """Arrange ``[batch, tracks * stems * parameters, n]`` by tracks, batch and stems."""
    count = values.shape[1] // (places[0] * places[1])
    return values.unflatten(1, (*places, count)).permute(1, 0, 2, 3, 4).flatten(0, 2)


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
        summed: bool = False,
    ) -> None:
        self.nodes, self.transform, self.summed = nodes, transform, summed
        tracks, stems = nodes[0].places
        joined = join_curves([n.curves for n in nodes], tracks * stems)
        self._curves, self._places = joined, (tracks, stems)
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
            controls = by_place(self._curves.at(t.frame_seconds(self._frame, frames)), self._places)
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

    Sources are ``[batch, ..., channels, n]``; all are folded into one call of the effect. Where an
    effect stays neutral it is left out, and while it is fed silence it is paused.
    """

    def __init__(
        self,
        nodes: Sequence[NodeCurves],
        ctx: RenderContext,
        send: bool,
        stem_names: tuple[str, ...] = (),
    ) -> None:
        self.ctx, self.send = ctx, send
        declared = [n.node.declaration for n in nodes]
        self._inputs = tuple(dict.fromkeys(name for d in declared for name in d.inputs))
        self._stem_names = stem_names
        #: Stems after the stem chain, for a track chain whose effects have them as inputs.
        self.tap = StemTap() if any(d.stem_inputs for d in declared) else None
        self._lanes = [_Lane(n, ctx, send) for n in nodes]
        self.delay = max(lane.latency for lane in self._lanes)
        self._position = 0
        self._with_input = send or any(lane.places is not None for lane in self._lanes)
        self._queue = Queue(len(nodes) + int(self._with_input))

    def push(self, sources: Sequence[Tensor]) -> list[Tensor]:
        """See :class:`Stage`."""
        if sources[0].shape[-1] == 0:
            return list(sources)
        inside = [x.flatten(0, -3) for x in sources]
        folded = inside[0] if len(inside) == 1 else torch.cat(inside)
        batch = sources[0].shape[0]
        parts = [folded] if self._with_input else []
        inputs: Mapping[str, Tensor] = {}
        if self._inputs:
            on_stems = sources[0].ndim == 4
            stems = sources if on_stems or self.tap is None else self.tap.take(folded.shape[-1])
            inputs = fold_inputs(self._inputs, sources, stems, self._stem_names)
        parts.extend(lane.process(folded, batch, self._position, inputs) for lane in self._lanes)
        self._position += folded.shape[-1]
        total, *added = self._queue.push(parts)
        for lane, part in zip(self._lanes, added, strict=False):
            rows = lane.rows(batch, folded)
            if not self.send:
                total = total.index_copy(0, rows, part) if rows is not None else part
            elif rows is None:
                total = total + part
            else:
                total = total.index_add(0, rows, part)
        outs = total.chunk(len(sources))
        return [y.unflatten(0, x.shape[:-2]) for y, x in zip(outs, sources, strict=True)]


class _Lane:
    """An effect at the places where it is active, and its state."""

    def __init__(self, node: NodeCurves, ctx: RenderContext, send: bool) -> None:
        self.ctx, self.send = ctx, send
        self.places, self._all_places = node.where_active(), node.places
        self.node = node if self.places is None else node.only(self.places)
        self.effect = node.node.effect
        self.latency = int(self.effect.latency_samples(ctx))
        self._skip = self.latency
        self._state: Any = None
        self._started = False
        # Once a gradient passes through the state, it has to be carried on.
        self._inputs = node.node.declaration.inputs
        self._is_pausable = (
            isinstance(self.effect, PausableEffect)
            and not node.needs_gradients
            and not self._inputs
        )
        self._bypassed = self.node.bypassed().all(dim=0).tolist() if send else []

    def rows(self, batch: int, folded: Tensor) -> Tensor | None:
        """Return the rows of ``[tracks * batch * stems]`` at which it is active; None for all."""
        if self.places is None:
            return None
        stems = self._all_places[1]
        rows = [
            (place // stems * batch + item) * stems + place % stems
            for place in self.places
            for item in range(batch)
        ]
        return torch.tensor(rows, device=folded.device)

    def process(
        self, folded: Tensor, batch: int, position: int, inputs: Mapping[str, Tensor]
    ) -> Tensor:
        """Process the next samples of its rows; fewer come out by the latency at the start."""
        rows = self.rows(batch, folded)
        audio = folded if rows is None else folded.index_select(0, rows)
        new = audio.shape[-1]
        if not self._started:
            self._state = self.effect.init_state(*audio.shape[:2], self.ctx)
            self._started = True
        out = self._paused(audio, position)
        if out is None:
            times = torch.arange(position, position + new, dtype=torch.float64)
            named = self.node.named(self.node.at(times / self.ctx.sample_rate))
            keyed = {}
            if self._inputs:
                given = {name: inputs[name] for name in self._inputs}
                if rows is not None:
                    given = {name: x.index_select(0, rows) for name, x in given.items()}
                keyed["inputs"] = given
            out, self._state = self.node.node.process(
                audio, named, self.ctx, self._state, position, **keyed
            )
        if out.shape != audio.shape:
            raise PluginError(
                f"Effect {self.node.node.declaration.name!r} turned {tuple(audio.shape)} into "
                f"{tuple(out.shape)}; a time effect keeps [batch, channels, samples]."
            )
        skip = min(self._skip, new)
        self._skip -= skip
        return out[..., skip:]

    def _paused(self, audio: Tensor, position: int) -> Tensor | None:
        """Skip silent input and return silence; None if it has to be processed."""
        self._is_pausable &= not (torch.is_grad_enabled() and audio.requires_grad)
        if not self._is_pausable:
            return None
        new, rate = audio.shape[-1], self.ctx.sample_rate
        touched = self.node.curves.intervals(position / rate, (position + new - 1) / rate)
        closed = self.send and all(self._bypassed[touched])
        if not closed and not is_silent(audio):
            return None
        state = self.effect.skip_silence(new, self.ctx, self._state)
        if state is None:
            return None
        self._state = state
        return torch.zeros_like(audio)


class SumStage:
    """Sums stems: each source ``[batch, stems, channels, n]`` becomes ``[batch, channels, n]``."""

    delay = 0

    def __init__(self, taps: Sequence[StemTap] = ()) -> None:
        self._taps = tuple(taps)

    def push(self, sources: Sequence[Tensor]) -> list[Tensor]:
        """See :class:`Stage`."""
        for tap in self._taps:
            tap.push(sources)
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
