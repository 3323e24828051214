"""Predicted power of a mix: what objectives are functions of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import attrs
import torch
from torch import Tensor

from djtrans.core.curves.layout import Layout
from djtrans.core.track.stem_names import VOCALS
from djtrans.core.track.stem_powers import StemPowers

T = TypeVar("T")


@attrs.frozen(eq=False, kw_only=True)
class PredictedTrack:
    """Predicted contribution of one track to the mix.

    Attributes
    ----------
    source : StemPowers
        The stems before the mixer.
    gains : Tensor
        ``[batch, stems, cells, bands]``: linear gain of each stem.
    power : Tensor
        ``[batch, cells, bands]``: power of the contribution, with the tails of sends.
    tail : Tensor
        ``[batch, cells, bands]``: power of the tails.
    phrase_beats : tuple of float
        Beats of the window, ends included, on which a phrase of the track starts.
    """

    source: StemPowers
    gains: Tensor
    power: Tensor
    tail: Tensor
    phrase_beats: tuple[float, ...] = ()

    @property
    def solo(self) -> Tensor:
        """Power of the unprocessed track, ``[cells, bands]``."""
        return self.source.mix_power.to(self.power)

    @property
    def has_vocals(self) -> bool:
        """True if the vocals are a stem of their own, well isolated."""
        return self.source.isolated and VOCALS in self.source.stem_names

    @property
    def vocals(self) -> tuple[Tensor, Tensor]:
        """Gain ``[batch, cells, bands]`` and power ``[cells, bands]`` of the vocal stem."""
        index = self.source.stem_names.index(VOCALS)
        return self.gains[:, index], self.source.power[index].to(self.power)


@attrs.frozen(eq=False, kw_only=True)
class PredictedMix:
    """Predicted power of a mix under curves, differentiable in the curves.

    Attributes
    ----------
    values : Tensor
        ``[batch, frames, parameters]``: the curves.
    layout : Layout
        Parameters of the last axis.
    frames_per_beat, beats_per_bar, cells_per_beat : int
        Time resolution of the curves, meter, and time resolution of the powers.
    a, b : PredictedTrack
        The contributions of both tracks.
    power : Tensor
        ``[batch, cells, bands]``: power of the mix.
    cell_times : Tensor
        ``[cells + 1]`` float64, seconds: edges of the cells.
    band_hz : Tensor
        ``[bands]``: centres of the bands.
    loudness_weight : Tensor
        ``[bands]``: K weighting, as a factor of power.
    bass_weight : Tensor
        ``[bands]``: band-pass from 30 to 150 Hz, as a factor of power.
    swap_beat : float
        Beat of the window on which the exchange ends.
    """

    values: Tensor
    layout: Layout
    frames_per_beat: int
    beats_per_bar: int
    cells_per_beat: int
    a: PredictedTrack
    b: PredictedTrack
    power: Tensor
    cell_times: Tensor
    band_hz: Tensor
    loudness_weight: Tensor
    bass_weight: Tensor
    swap_beat: float
    _shared: dict[Callable[[PredictedMix], Any], Any] = attrs.field(
        init=False, factory=dict, repr=False
    )

    @property
    def batch(self) -> int:
        """Number of sets of curves."""
        return int(self.values.shape[0])

    @property
    def cell_seconds(self) -> float:
        """Mean length of a cell in seconds."""
        cells = len(self.cell_times) - 1
        return float(self.cell_times[-1] - self.cell_times[0]) / cells

    @property
    def unit_values(self) -> Tensor:
        """The curves as a part of the range of each parameter, 0 to 1."""
        rows = [row.parameter for row in self.layout.rows]
        low = self.values.new_tensor([p.minimum for p in rows])
        span = self.values.new_tensor([p.span for p in rows])
        return (self.values - low) / span

    def beat_mean(self, cells: Tensor) -> Tensor:
        """Average over the cells of each beat: ``[..., cells]`` to ``[..., beats]``."""
        return cells.unflatten(-1, (-1, self.cells_per_beat)).mean(dim=-1)

    def shared(self, compute: Callable[[PredictedMix], T]) -> T:
        """Return ``compute(self)``, computed once for all objectives of this prediction.

        Parameters
        ----------
        compute : callable
            A function of a module, so that all objectives that need its result pass the same one.
        """
        if compute not in self._shared:
            self._shared[compute] = compute(self)
        return cast("T", self._shared[compute])


def loudness_powers(mix: PredictedMix) -> tuple[Tensor, Tensor, Tensor]:
    """Compute the K-weighted power of the mix ``[batch, cells]`` and of both solos ``[cells]``."""
    weight = mix.loudness_weight
    return mix.power @ weight, mix.a.solo @ weight, mix.b.solo @ weight


def rendered_powers(mix: PredictedMix, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Compute the power of the mix and of both solos over the window and what is rendered around.

    Before the window A plays alone, after it B.

    Parameters
    ----------
    mix : PredictedMix
    weight : Tensor
        ``[bands]``: factors of power.

    Returns
    -------
    mix : Tensor
        ``[batch, cells]``
    solo_a, solo_b : Tensor
        ``[cells]``
    """
    a, b = mix.a.source, mix.b.source
    within = (mix.power @ weight, mix.a.solo @ weight, mix.b.solo @ weight)
    if a.before is None or a.after is None or b.before is None or b.after is None:
        return within
    a_before, a_after, b_before, b_after = (
        x.to(weight) @ weight for x in (a.before, a.after, b.before, b.after)
    )
    ends = (a_before.expand(mix.batch, -1), b_after.expand(mix.batch, -1))
    return (
        torch.cat([ends[0], within[0], ends[1]], dim=-1),
        torch.cat([a_before, within[1], a_after]),
        torch.cat([b_before, within[2], b_after]),
    )


def bass_powers(mix: PredictedMix) -> dict[str, Tensor]:
    """Compute the power from 30 to 150 Hz of each beat.

    Returns
    -------
    dict of str to Tensor
        ``"a"``, ``"b"`` and ``"mix"`` are ``[batch, beats]``, ``"solo_a"`` and ``"solo_b"``
        ``[beats]``.
    """
    powers = {
        "a": mix.a.power,
        "b": mix.b.power,
        "mix": mix.power,
        "solo_a": mix.a.solo,
        "solo_b": mix.b.solo,
    }
    return {name: mix.beat_mean(power @ mix.bass_weight) for name, power in powers.items()}


def to_db(power: Tensor, floor: float = 1e-12) -> Tensor:
    """Convert power to decibels with a gradient that is finite at 0."""
    return 10.0 * torch.log10(power + floor)
