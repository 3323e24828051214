"""Predict the mix of two tracks from curves and the power of their stems."""

from __future__ import annotations

import attrs
import numpy as np
import torch
from torch import Tensor

from djtrans.core.audio.filters import band_gain, k_weighting
from djtrans.core.contracts.effect import RenderContext
from djtrans.core.curves.params import TransitionParams, frame_times
from djtrans.core.errors import InputError, ShapeError
from djtrans.core.track.stem_powers import StemPowers
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.predicted_mix import PredictedMix, PredictedTrack
from djtrans.metrics.bass_overlap import BAND_HZ
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.power_prediction import predict_powers


@attrs.frozen(eq=False, kw_only=True)
class PowerModel:
    """Differentiable model of the power of a transition.

    Attributes
    ----------
    mixer : Mixer
        Mixer that renders the transition.
    sources : Pair of StemPowers
        Power of the stems of both tracks, at the level that they have in the mix.
    beat_times : Tensor
        ``[beats + 1]`` float64, seconds from the start of the window.
    cross_power : Tensor, optional
        ``[cells, bands]``: mean product of both tracks, see :func:`measure_cross_power`; without
        it the tracks count as uncorrelated.
    swap_beat : float
        Beat of the window on which the exchange ends.
    phrase_beats : Pair of tuple of float
        Beats of the window on which phrases of the tracks start.
    sample_rate : int
        In Hz.
    frames_per_beat, beats_per_bar : int

    Examples
    --------
    >>> import djtrans, torch
    >>> from djtrans.objectives import PowerModel, measure_stem_powers
    >>> beat_times = torch.arange(17, dtype=torch.float64) * 0.5
    >>> names = ("drums", "bass", "vocals", "other")
    >>> stems = djtrans.Stems(0.1 * torch.randn(4, 1, 8 * 22050), names, 22050)
    >>> powers = measure_stem_powers(stems, beat_times)
    >>> model = PowerModel(
    ...     mixer=djtrans.DifferentiableDJMixer(),
    ...     sources=djtrans.Pair(powers, powers),
    ...     beat_times=beat_times,
    ...     swap_beat=8,
    ...     sample_rate=22050,
    ... )
    >>> values = torch.tensor(model.mixer.layout.neutral).repeat(32, 1)
    >>> model.predict(values).power.shape
    torch.Size([1, 256, 28])
    """

    mixer: Mixer
    sources: Pair[StemPowers]
    beat_times: Tensor
    swap_beat: float
    sample_rate: int
    cross_power: Tensor | None = None
    phrase_beats: Pair[tuple[float, ...]] = attrs.field(factory=lambda: Pair((), ()))
    frames_per_beat: int = 2
    beats_per_bar: int = 4

    def __attrs_post_init__(self) -> None:
        if self.sources.a.power.shape[1:] != self.sources.b.power.shape[1:]:
            raise ShapeError(
                "The powers of both tracks are on different cells; measure them alike."
            )
        if self.sources.a.n_beats != len(self.beat_times) - 1:
            raise InputError(
                f"The powers are on {self.sources.a.n_beats} beats and the window has "
                f"{len(self.beat_times) - 1}; measure them on the beats of the window."
            )

    def predict(self, values: Tensor | TransitionParams) -> PredictedMix:
        """Predict the power of the mix.

        Parameters
        ----------
        values : Tensor or TransitionParams
            ``[frames, parameters]`` or ``[batch, frames, parameters]``.

        Returns
        -------
        PredictedMix
            Differentiable in the values.
        """
        if isinstance(values, TransitionParams):
            values = values.values
        values = values if values.ndim == 3 else values[None]
        times = frame_times(self.beat_times, values.shape[1], self.frames_per_beat)
        ctx = RenderContext(self.sample_rate, self.beat_times, times)
        predicted = predict_powers(self.mixer, values, ctx, self.sources, self.cross_power)
        a, b = (
            PredictedTrack(
                source=source,
                gains=predicted.gains[side],
                power=predicted.tracks[side],
                tail=predicted.tails[side],
                phrase_beats=self.phrase_beats[side],
            )
            for side, source in self.sources.items()
        )
        edges = self.sources.a.edges_hz
        hz = (edges[1:] * edges[:-1]).sqrt()
        return PredictedMix(
            values=values,
            layout=self.mixer.layout,
            frames_per_beat=self.frames_per_beat,
            beats_per_bar=self.beats_per_bar,
            cells_per_beat=self.sources.a.cells_per_beat,
            a=a,
            b=b,
            power=predicted.mix,
            cell_times=self.sources.a.cell_times,
            band_hz=hz.to(values),
            loudness_weight=_power_weight(k_weighting(self.sample_rate), edges).to(values),
            bass_weight=_power_weight(band_gain(*BAND_HZ), edges).to(values),
            swap_beat=self.swap_beat,
        )


def _power_weight(gain: object, edges_hz: Tensor) -> Tensor:
    """Average the squared gain over each band, ``[bands]``."""
    part = (np.arange(8) + 0.5) / 8
    edges = edges_hz.numpy()
    hz = edges[:-1, None] + np.diff(edges)[:, None] * part
    return torch.from_numpy(np.asarray(gain(hz) ** 2).mean(axis=1))  # type: ignore[operator]
