"""Measure the power of a mix on rendered audio, differentiable in the curves."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.resampling import resample
from djtrans.core.curves.params import TransitionParams, frame_times
from djtrans.core.track.stems import Stems
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.predicted_mix import PredictedMix
from djtrans.objectives.measurement import measure_power
from djtrans.objectives.prediction import PowerModel

#: Sample rate of the audio that is rendered, and its part below which powers are taken from it;
#: those above, of which the masks of filters and EQ are exact, are predicted.
RENDER_HZ, RENDERED_PART = 22050, 0.4


@attrs.frozen(eq=False, kw_only=True)
class RenderedPowerModel(PowerModel):
    """Power model that renders the mix and measures its power.

    Exact where a :class:`PowerModel` is not: phases of sounds that add up or cancel, and the timing
    of echoes. A prediction takes as long as a render, and its gradient twice as long.

    Attributes
    ----------
    stems : Pair of Stems
        Stems of both tracks within the window.
    seed : int
        Seed of effects with random parts.
    """

    stems: Pair[Stems]
    seed: int = 0

    @classmethod
    def of(cls, model: PowerModel, stems: Pair[Stems], seed: int = 0) -> RenderedPowerModel:
        """Make one from a power model and the stems that it was measured on."""
        fields = attrs.asdict(model, recurse=False)
        return cls(**fields, stems=stems.map(_at_render_rate), seed=seed)

    def predict(self, values: Tensor | TransitionParams) -> PredictedMix:
        """Render and measure; see :meth:`PowerModel.predict`."""
        predicted = super().predict(values)
        rows = [self._render(row) for row in predicted.values]
        mix, a, b = (torch.stack(powers) for powers in zip(*rows, strict=True))
        rendered = predicted.band_hz < RENDERED_PART * self.stems.a.sample_rate
        return attrs.evolve(
            predicted,
            power=torch.where(rendered, mix, predicted.power),
            a=attrs.evolve(predicted.a, power=torch.where(rendered, a, predicted.a.power)),
            b=attrs.evolve(predicted.b, power=torch.where(rendered, b, predicted.b.power)),
        )

    def _render(self, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Measure the mix and both contributions, ``[cells, bands]`` each."""
        out = self.mixer(
            self.stems.a,
            self.stems.b,
            values,
            frame_times=frame_times(self.beat_times, len(values), self.frames_per_beat),
            beat_times=self.beat_times,
            seed=self.seed,
        )
        rate, cells = out.sample_rate, self.sources.a.cell_times
        return (
            measure_power(out.mix, rate, cells),
            measure_power(out.a, rate, cells),
            measure_power(out.b, rate, cells),
        )


def _at_render_rate(stems: Stems) -> Stems:
    rate = min(stems.sample_rate, RENDER_HZ)
    audio = resample(stems.audio, stems.sample_rate, rate)
    return attrs.evolve(stems, audio=audio, sample_rate=rate)
