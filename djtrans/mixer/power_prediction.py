"""Predict the power that leaves the chains of a mixer, without rendering audio.

A spectral node multiplies the power of a stem by its squared mask. A send adds the power that its
effect predicts. Stems are added as powers; what their true sum differs by, because stems are
correlated, is measured once and applied as a factor.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.effect import PowerEffect, RenderContext
from djtrans.core.contracts.mixer_spec import MASTER_BUS, TRACK_BUS, TRACKS
from djtrans.core.curves.interpolation import make_curves
from djtrans.core.errors import ShapeError
from djtrans.core.track.stem_powers import StemPowers
from djtrans.core.transition.pair import Pair
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.nodes import BuiltNode

#: Points per beat at which curves and masks are evaluated; the power is finer.
POINTS_PER_BEAT = 4


@attrs.frozen(eq=False)
class PredictedPowers:
    """Predicted power of a mix and of the contributions of both tracks.

    Attributes
    ----------
    gains : Pair of Tensor
        ``[batch, stems, cells, bands]``: linear gain of each stem.
    tracks : Pair of Tensor
        ``[batch, cells, bands]``: contributions.
    tails : Pair of Tensor
        ``[batch, cells, bands]``: the part of them that sends have added.
    mix : Tensor
        ``[batch, cells, bands]``: output of the master bus.
    """

    gains: Pair[Tensor]
    tracks: Pair[Tensor]
    tails: Pair[Tensor]
    mix: Tensor


def predict_powers(
    mixer: Mixer,
    values: Tensor,
    ctx: RenderContext,
    sources: Pair[StemPowers],
    cross_power: Tensor | None = None,
) -> PredictedPowers:
    """Predict the power of a mix; differentiable in the values.

    Parameters
    ----------
    mixer : Mixer
    values : Tensor
        ``[batch, frames, parameters]``.
    ctx : RenderContext
    sources : Pair of StemPowers
        Stems of both tracks, named as those of the mixer, on the same cells.
    cross_power : Tensor, optional
        ``[cells, bands]``: mean product of both unprocessed tracks. The mixer changes no phase, so
        that kicks that coincide add up as amplitudes; by default the tracks are uncorrelated.

    Returns
    -------
    PredictedPowers

    Raises
    ------
    ShapeError
        If the stems are not those of the mixer.

    Notes
    -----
    Time-domain nodes without
    :meth:`~djtrans.core.contracts.effect.PowerEffect.output_power` are not predicted; see
    :func:`unpredicted_nodes`.
    """
    names = mixer.spec.stems
    for source in sources:
        if source.stem_names != names:
            raise ShapeError(
                f"The stems are {', '.join(source.stem_names)}; the mixer has {', '.join(names)}."
            )
    chains = _Chains(mixer, values, ctx, sources.a)
    places = [(track, stem) for track in TRACKS for stem in names]
    gains = chains.masks(mixer.stem_nodes, places).unflatten(1, (len(TRACKS), len(names))).unbind(1)
    tracks, tails = [], []
    for index, (side, source) in enumerate(sources.items()):
        stems = source.power.to(values)
        # Correlated stems sum to more or less than their powers: known for equal gains.
        factor = source.mix_power.to(values) / stems.sum(dim=0).clamp(min=1e-20)
        power = (gains[index].square() * stems).sum(dim=1)
        power = power * factor.clamp(0.1, float(len(names)))
        dry, tail = chains.bus(mixer.track_nodes, power, (side, TRACK_BUS))
        tracks.append(dry + tail)
        tails.append(tail)
    summed = tracks[0] + tracks[1]
    if cross_power is not None:
        dry_a, dry_b = (track - tail for track, tail in zip(tracks, tails, strict=True))
        solo = sources.a.mix_power.to(values) * sources.b.mix_power.to(values)
        # The square root has a finite gradient where a track is silent.
        share = (dry_a * dry_b / solo.clamp(min=1e-20) + 1e-12).sqrt() - 1e-6
        summed = (summed + 2.0 * cross_power.to(values) * share).clamp(min=0.0)
    dry, tail = chains.bus(mixer.master_nodes, summed, (MASTER_BUS, MASTER_BUS))
    return PredictedPowers(Pair(*gains), Pair(*tracks), Pair(*tails), dry + tail)


def unpredicted_nodes(mixer: Mixer) -> tuple[str, ...]:
    """List the ids of nodes whose effect on the power is not predicted."""
    chains = (*mixer.stem_nodes, *mixer.track_nodes, *mixer.master_nodes)
    return tuple(
        node.id
        for node in chains
        if node.declaration.domain == "time" and not isinstance(node.effect, PowerEffect)
    )


class _Chains:
    """The curves of a mixer on the cells, and chains of nodes applied to powers."""

    def __init__(
        self, mixer: Mixer, values: Tensor, ctx: RenderContext, source: StemPowers
    ) -> None:
        self.mixer, self.ctx, self.source = mixer, ctx, source
        self.hz = (source.edges_hz[1:] * source.edges_hz[:-1]).sqrt().to(values)
        self.every = max(1, source.cells_per_beat // POINTS_PER_BEAT)
        edges = source.cell_times
        points = torch.cat([edges[: -1 : self.every], edges[-1:]])
        middle = 0.5 * (points[:-1] + points[1:])
        parameters = [row.parameter for row in mixer.layout.rows]
        self.curves = make_curves(values, ctx.frame_times, parameters).sample(middle)

    def masks(self, nodes: Sequence[BuiltNode], places: Sequence[tuple[str, str]]) -> Tensor:
        """Multiply the masks of spectral nodes, ``[batch, places, cells, bands]``."""
        product: Tensor | None = None
        for node in nodes:
            if node.declaration.domain != "spectral":
                continue
            given = {
                p.name: self.curves[:, self._rows(node, p.name, places)].flatten(0, 1)
                for p in node.parameters
            }
            mask = node.effect.mask(given, self.hz, self.ctx)
            product = mask if product is None else product * mask
        batch, _, points = self.curves.shape
        if product is None:
            product = self.curves.new_ones(batch * len(places), points, 1)
        wide = product.expand(-1, -1, len(self.hz)).unflatten(0, (batch, len(places)))
        return wide.repeat_interleave(self.every, dim=2)[:, :, : self.source.n_cells]

    def bus(
        self, nodes: Sequence[BuiltNode], power: Tensor, place: tuple[str, str]
    ) -> tuple[Tensor, Tensor]:
        """Pass the power of a bus through a chain; return it, and what the last sends add."""
        # Adjacent sends are fed the same signal, as in the mixer.
        fed, added = power, torch.zeros_like(power)
        for node in nodes:
            if node.declaration.domain == "spectral":
                fed = (fed + added) * self.masks([node], [place])[:, 0].square()
                added = torch.zeros_like(power)
            elif isinstance(node.effect, PowerEffect):
                is_send = node.declaration.routing == "send"
                out = self._output(node, fed if is_send else fed + added, place)
                fed, added = (fed, added + out) if is_send else (out, torch.zeros_like(power))
        return fed, added

    def _output(self, node: BuiltNode, power: Tensor, place: tuple[str, str]) -> Tensor:
        given = {}
        for parameter in node.parameters:
            curve = self.curves[:, self._rows(node, parameter.name, [place])[0]]
            wide = curve.repeat_interleave(self.every, dim=-1)
            given[parameter.name] = wide[:, : self.source.n_cells]
        times = self.source.cell_times
        return node.effect.output_power(power, given, self.hz, times, self.ctx)

    def _rows(self, node: BuiltNode, name: str, places: Sequence[tuple[str, str]]) -> list[int]:
        keys = [f"{track}/{stem}/{node.id}/{name}" for track, stem in places]
        return [self.mixer.layout.index(key) for key in keys]
