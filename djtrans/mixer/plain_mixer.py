"""The mixer as a fixed graph: windows of one length, with no decision that depends on values.

It computes what :class:`~djtrans.mixer.mixer.Mixer` computes, without what makes that fast and
safe: every node works at every frame, at silence and neutral values too, and values are not
checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import torch
from torch import Tensor, nn

from djtrans.core.contracts.effect import RenderContext
from djtrans.core.contracts.mixer_spec import MASTER_BUS, TRACK_BUS, TRACKS
from djtrans.core.curves.interpolation import Curves, curve_coefficients
from djtrans.mixer.chunks import overlap_add
from djtrans.mixer.inputs import fold_inputs
from djtrans.mixer.masks import MaskProduct
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.nodes import BuiltNode, runs
from djtrans.mixer.stages import by_place
from djtrans.mixer.stft import make_transform


@attrs.frozen(eq=False)
class _Controls:
    """Rows of the layout that control nodes at all places of a chain, and the tracks and buses."""

    rows: list[int]
    places: tuple[int, int]

    def at(self, curves: Curves, times: Tensor) -> Tensor:
        """Evaluate the curves, ``[tracks * batch * buses, parameters, n]``."""
        chosen = attrs.evolve(curves, coefficients=curves.coefficients[:, self.rows])
        return by_place(chosen.sample(times), self.places)


@attrs.frozen(eq=False)
class _Spectral:
    """A run of spectral nodes."""

    controls: _Controls
    masks: MaskProduct
    latency: int


@attrs.frozen(eq=False)
class _Timed:
    """An insert or neighbouring sends: each with its controls and its state before the window."""

    is_send: bool
    nodes: list[tuple[BuiltNode, _Controls, Any, int]]

    @property
    def latency(self) -> int:
        return max(latency for *_, latency in self.nodes)


class PlainMixer(nn.Module):
    """A mixer for windows of one length, as a function of tensors alone.

    Parameters
    ----------
    mixer : Mixer
    ctx : RenderContext
        Sample rate, timeline and seed of all windows.
    samples : int
        Length of the audio.
    batch, channels : int
    tail_samples : int
        How much longer the mix is than the audio.
    """

    def __init__(
        self,
        mixer: Mixer,
        ctx: RenderContext,
        samples: int,
        *,
        batch: int = 1,
        channels: int = 2,
        tail_samples: int = 0,
    ) -> None:
        super().__init__()
        self.mixer, self.ctx, self.batch, self.channels = mixer, ctx, batch, channels
        cpu = torch.device("cpu")
        self.transform = make_transform(mixer.config, ctx.sample_rate, torch.float32, cpu)
        self.stem_chain = self._stages(mixer.stem_nodes, TRACKS, mixer.spec.stems)
        self.track_chain = self._stages(mixer.track_nodes, TRACKS, (TRACK_BUS,))
        self.master_chain = self._stages(mixer.master_nodes, ("mix",), (MASTER_BUS,))
        self.samples_out = samples + tail_samples
        # Stages get as much audio after the end as the later ones look ahead.
        stages = [*self.stem_chain, *self.track_chain, *self.master_chain]
        self.padding = tail_samples + sum(stage.latency for stage in stages)
        self.length = samples + self.padding

    def _stages(
        self, chain: Sequence[BuiltNode], tracks: tuple[str, ...], buses: tuple[str, ...]
    ) -> list[_Spectral | _Timed]:
        def controls(nodes: Sequence[BuiltNode]) -> _Controls:
            keys = (
                f"{track}/{bus}/{node.id}/{parameter.name}"
                for track in tracks
                for bus in buses
                for node in nodes
                for parameter in node.parameters
            )
            return _Controls(
                [self.mixer.layout.index(key) for key in keys], (len(tracks), len(buses))
            )

        rows = self.batch * len(tracks) * len(buses)
        stages: list[_Spectral | _Timed] = []
        for run in runs(chain):
            if run.kind == "spectral":
                masks = MaskProduct(run.nodes, self.transform.freqs_hz, self.ctx)
                stages.append(_Spectral(controls(run.nodes), masks, self.transform.size - 1))
                continue
            timed = [
                (
                    node,
                    controls([node]),
                    node.effect.init_state(rows, self.channels, self.ctx),
                    int(node.effect.latency_samples(self.ctx)),
                )
                for node in run.nodes
            ]
            stages.append(_Timed(run.kind == "send", timed))
        return stages

    def forward(
        self, stems_a: Tensor, stems_b: Tensor, values: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Render a window.

        Parameters
        ----------
        stems_a, stems_b : Tensor
            ``[batch, stems, channels, samples]`` float32.
        values : Tensor
            ``[batch, frames, parameters]`` float32.

        Returns
        -------
        mix, a, b : Tensor
            ``[batch, channels, samples + tail]``, as in `MixOutput`.
        """
        coefficients = curve_coefficients(values, [row.parameter for row in self.mixer.layout.rows])
        curves = Curves(self.ctx.frame_times, coefficients, ())
        audio = nn.functional.pad(torch.stack([stems_a, stems_b]), (0, self.padding))
        stems = self._chain(self.stem_chain, audio, curves)
        tracks = self._chain(self.track_chain, stems.sum(dim=2, keepdim=True), curves, stems)
        mix = self._chain(self.master_chain, tracks.sum(dim=0, keepdim=True), curves)
        a, b, whole = torch.cat([tracks, mix])[:, :, 0, :, : self.samples_out].unbind(0)
        return whole, a, b

    def _chain(
        self,
        stages: Sequence[_Spectral | _Timed],
        audio: Tensor,
        curves: Curves,
        stems: Tensor | None = None,
    ) -> Tensor:
        """Process ``[tracks, batch, buses, channels, n]``; `stems` are further inputs."""
        for stage in stages:
            if isinstance(stage, _Spectral):
                audio = self._filter(stage, audio, curves)
            else:
                audio = self._process(stage, audio, curves, audio if stems is None else stems)
        return audio

    def _filter(self, stage: _Spectral, audio: Tensor, curves: Curves) -> Tensor:
        """Multiply short-time spectra by masks."""
        t = self.transform
        frames = -(-(t.overlap + self.length) // t.hop)
        end = (frames - 1) * t.hop + t.size - t.overlap - self.length
        controls = stage.controls.at(curves, t.frame_seconds(0, frames))
        rows = nn.functional.pad(audio.flatten(0, 2), (t.overlap, end))
        out = []
        # One row at a time, or the spectra of all stems would be in memory together.
        for row, given in zip(rows.unbind(0), controls.split(1), strict=True):
            mask = stage.masks(given)
            framed = row.unfold(-1, t.size, t.hop) * t.analysis
            if mask.shape[-1] == 1:
                framed = framed * mask
            else:
                framed = torch.fft.irfft(torch.fft.rfft(framed) * mask, n=t.size)
            out.append(overlap_add(framed * t.synthesis, t.hop))
        whole = torch.stack(out)[..., t.overlap : t.overlap + self.length]
        return whole.unflatten(0, audio.shape[:3])

    def _process(self, stage: _Timed, audio: Tensor, curves: Curves, stems: Tensor) -> Tensor:
        """Apply time effects, without their latency."""
        times = torch.arange(self.length, dtype=torch.float64) / self.ctx.sample_rate
        total = audio if stage.is_send else torch.zeros_like(audio)
        for node, controls, state, latency in stage.nodes:
            values = controls.at(curves, times)
            named = {p.name: values[:, i] for i, p in enumerate(node.parameters)}
            keyed = {}
            if names := node.declaration.inputs:
                sources, tapped = list(audio.unbind(0)), list(stems.unbind(0))
                keyed["inputs"] = fold_inputs(names, sources, tapped, self.mixer.spec.stems)
            wet, _ = node.effect.process(audio.flatten(0, 2), named, self.ctx, state, **keyed)
            late = nn.functional.pad(wet[..., latency:], (0, latency))
            total = total + late.unflatten(0, audio.shape[:3])
        return total
