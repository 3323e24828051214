"""The differentiable DJ mixer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from djtrans.core.contracts.effect import RenderContext
from djtrans.core.contracts.mixer_spec import MASTER_BUS, TRACK_BUS, TRACKS, MixerConfig, MixerSpec
from djtrans.core.curves.interpolation import Curves, make_curves
from djtrans.core.curves.layout import Layout, compute_layout
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import InputError, ShapeError
from djtrans.core.track.stems import Stems
from djtrans.mixer.inputs import check_inputs
from djtrans.mixer.nodes import BuiltNode, check_chain, runs
from djtrans.mixer.stages import NodeCurves, SpectralStage, Stage, SumStage, TimeStage
from djtrans.mixer.stft import Transform, make_transform
from djtrans.mixer.stream import MixerStream, MixOutput
from djtrans.mixer.validation import (
    DEFAULT_SAMPLE_RATE,
    batched_stems,
    batched_values,
    check_pair,
    check_sample_rate,
    clock_of,
)

#: A whole render goes through the stages in pieces of this length.
BLOCK_SAMPLES = 131072


class Mixer(torch.nn.Module):
    """Renders two tracks' stems under parameter curves; differentiable in audio and curves.

    Parameters
    ----------
    spec : MixerSpec
        Which nodes stand where.
    stem_nodes, track_nodes, master_nodes : sequence of BuiltNode
        The built nodes of the three chains, in the order of the spec.
    config : MixerConfig, optional

    Attributes
    ----------
    spec : MixerSpec
    config : MixerConfig
    layout : Layout
        The meaning of the last axis of a parameter tensor.
    effects : torch.nn.ModuleList
        The effects that are modules, so that their weights move and train with the mixer.

    Raises
    ------
    ConfigError
        If the nodes are not those of the spec or stand where they may not.
    PluginError
        If an effect lacks the methods of its domain.
    """

    def __init__(
        self,
        spec: MixerSpec,
        stem_nodes: Sequence[BuiltNode],
        track_nodes: Sequence[BuiltNode] = (),
        master_nodes: Sequence[BuiltNode] = (),
        config: MixerConfig | None = None,
    ) -> None:
        super().__init__()
        self.spec = spec
        self.config = config if config is not None else MixerConfig()
        self.stem_nodes, self.track_nodes = tuple(stem_nodes), tuple(track_nodes)
        self.master_nodes = tuple(master_nodes)
        declared: dict[int, Any] = {}
        chains = (self.stem_nodes, self.track_nodes, self.master_nodes)
        for (placement, specs), nodes in zip(spec.chains(), chains, strict=True):
            check_chain(placement, specs, nodes)
            check_inputs(spec, nodes)
            declared.update({id(s): n.parameters for s, n in zip(specs, nodes, strict=True)})
        self.layout: Layout = compute_layout(spec, lambda node: declared[id(node)])
        # Made once to refuse a window that cannot work before any audio comes.
        make_transform(self.config, DEFAULT_SAMPLE_RATE, torch.float32, torch.device("cpu"))
        effects = [n.effect for chain in chains for n in chain]
        self.effects = torch.nn.ModuleList(e for e in effects if isinstance(e, torch.nn.Module))

    def forward(
        self,
        stems_a: Stems | Tensor,
        stems_b: Stems | Tensor,
        params: TransitionParams | Tensor,
        *,
        sample_rate: int | None = None,
        frame_times: Any = None,
        beat_times: Any = None,
        seed: int = 0,
        tail_seconds: float = 0.0,
    ) -> MixOutput:
        """Render a window.

        Parameters
        ----------
        stems_a, stems_b : Stems or Tensor
            ``[stems, channels, samples]`` or ``[batch, stems, channels, samples]``, float32 or
            float64; both of the same length.
        params : TransitionParams or Tensor
            ``[frames, parameters]`` or ``[batch, frames, parameters]``. Frames of a bare tensor are
            spread evenly over the audio (frame i at ``i * duration / frames``), two to a beat,
            unless `frame_times` and `beat_times` say otherwise. A batch on one side only is
            shared by the other.
        sample_rate : int, optional
            In Hz, of bare tensors; 44100 by default.
        frame_times, beat_times : array, optional
            ``[frames]`` and ``[beats]``, seconds, for a bare tensor.
        seed : int
            Seed of whatever is random in an effect.
        tail_seconds : float
            How long to go on after the end of the audio, with the last frame held, so that
            echoes ring out.

        Returns
        -------
        MixOutput
            With a batch axis if the stems or the params had one.

        Raises
        ------
        ShapeError, LayoutError, InputError
            If an argument does not fit.
        """
        names = self.spec.stems
        a, rate, batched_a = batched_stems(stems_a, names, "stems_a", sample_rate)
        b, rate, batched_b = batched_stems(stems_b, names, "stems_b", rate)
        check_pair(a, b)
        rate = check_sample_rate(DEFAULT_SAMPLE_RATE if rate is None else rate)
        values, batched_p = batched_values(params, self.layout)
        sizes = {x.shape[0] for x in (a, b, values)} - {1}
        if len(sizes) > 1:
            raise ShapeError(
                f"stems_a, stems_b and params have batches of {a.shape[0]}, {b.shape[0]} and "
                f"{values.shape[0]}; give all the same, or 1."
            )
        batch = max(sizes, default=1)
        a, b = (x.expand(batch, -1, -1, -1) for x in (a, b))
        clock = clock_of(params, values.shape[1], a.shape[-1] / rate, frame_times, beat_times)
        context = RenderContext(rate, clock.beat_times, clock.frame_times, seed)
        stream = self._stream(values, context, batch, a)
        pieces = zip(a.split(BLOCK_SAMPLES, dim=-1), b.split(BLOCK_SAMPLES, dim=-1), strict=True)
        out = MixOutput.concatenate(
            [*(stream.process(x, y) for x, y in pieces), stream.flush(tail_seconds)]
        )
        if batched_a or batched_b or batched_p:
            return out
        return MixOutput(out.mix[0], out.a[0], out.b[0], out.sample_rate)

    def stream(
        self,
        params: TransitionParams | Tensor,
        *,
        batch: int | None = None,
        channels: int = 2,
        sample_rate: int = DEFAULT_SAMPLE_RATE,
        frame_times: Any = None,
        beat_times: Any = None,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
        device: str | torch.device = "cpu",
    ) -> MixerStream:
        """Render piece by piece, in memory that does not grow.

        Parameters
        ----------
        params, sample_rate, frame_times, beat_times, seed
            As in :meth:`forward`; a bare tensor needs `frame_times`.
        batch : int or None
            None for chunks without a batch axis.
        channels : int
        dtype, device
            Of the chunks.

        Returns
        -------
        MixerStream
            Its outputs, end to end, are what :meth:`forward` gives for the whole.
        """
        values, _ = batched_values(params, self.layout)
        rows = 1 if batch is None else batch
        if values.shape[0] not in (1, rows):
            raise ShapeError(
                f"The params have a batch of {values.shape[0]}; make the stream with this batch."
            )
        if rows < 1 or channels < 1:
            raise InputError(f"batch = {batch!r}, channels = {channels!r}; give at least 1.")
        clock = clock_of(params, values.shape[1], None, frame_times, beat_times)
        context = RenderContext(
            check_sample_rate(sample_rate), clock.beat_times, clock.frame_times, seed
        )
        like = torch.empty(rows, 1, channels, 0, dtype=dtype, device=device)
        return self._stream(values, context, batch, like)

    def _stream(
        self, values: Tensor, ctx: RenderContext, batch: int | None, like: Tensor
    ) -> MixerStream:
        """Open a stream for audio of the dtype, device, rows and channels of `like`."""
        values = values.to(like.device, like.dtype).expand(like.shape[0], -1, -1)
        curves = make_curves(values, ctx.frame_times, [row.parameter for row in self.layout.rows])
        transform = make_transform(self.config, ctx.sample_rate, like.dtype, like.device)
        make = partial(self._stages, curves=curves, transform=transform, ctx=ctx)
        stem = make(self.stem_nodes, TRACKS, self.spec.stems)
        track = make(self.track_nodes, TRACKS, (TRACK_BUS,))
        taps = [s.tap for s in track if isinstance(s, TimeStage) and s.tap is not None]
        if stem and isinstance(stem[-1], SpectralStage) and not taps:
            stem[-1].summed = True
        else:
            stem.append(SumStage(taps))
        master = make(self.master_nodes, ("mix",), (MASTER_BUS,))
        stages = [*stem, *track]
        return MixerStream(self.spec.stems, stages, master, ctx.sample_rate, batch, like.shape[2])

    def _stages(
        self,
        chain: Sequence[BuiltNode],
        tracks: tuple[str, ...],
        buses: tuple[str, ...],
        *,
        curves: Curves,
        transform: Transform,
        ctx: RenderContext,
    ) -> list[Stage]:
        """Make the stages of a chain; nodes that stay neutral are left out."""
        stages: list[Stage] = []
        for run in runs(chain):
            nodes = [self._curves(node, tracks, buses, curves) for node in run.nodes]
            active = [node for node in nodes if node.where_active() != []]
            if active and run.kind == "spectral":
                stages.append(SpectralStage(active, transform, ctx, self.config.chunk_frames))
            elif active:
                stages.append(TimeStage(active, ctx, run.kind == "send", self.spec.stems))
        return stages

    def _curves(
        self, node: BuiltNode, tracks: tuple[str, ...], buses: tuple[str, ...], curves: Curves
    ) -> NodeCurves:
        rows = [
            self.layout.index(f"{track}/{bus}/{node.id}/{parameter.name}")
            for track in tracks
            for bus in buses
            for parameter in node.parameters
        ]
        return NodeCurves(node, curves.select(rows), (len(tracks), len(buses)))
