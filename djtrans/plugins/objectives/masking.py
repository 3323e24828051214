"""Masking: time and frequency in which neither track covers the other."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.contracts.config import NoConfig
from djtrans.core.transition.predicted_mix import PredictedMix, to_db
from djtrans.plugins.objectives.smooth import exceeds

CELL_SECONDS = 0.1
#: Both within this of each other: neither covers the other.
CLASH_DB = 6.0
#: A cell this far below the strongest one is not heard.
RANGE_DB = 60.0
_WIDTH_DB = 4.0
#: Lowest edges of the critical bands that are finer in the powers (Zwicker 1961).
_LOWEST_BARK_HZ = (20.0, 100.0, 200.0)


class Masking:
    """Fraction of the audible time-frequency cells in which both tracks are within 6 dB."""

    def __init__(self, config: NoConfig) -> None:
        pass

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions."""
        a, b = (to_db(_critical(track.power, mix)) for track in (mix.a, mix.b))
        top = torch.maximum(a, b)
        strongest = top.detach().amax(dim=(1, 2), keepdim=True)
        heard = exceeds(top, strongest - RANGE_DB, _WIDTH_DB)
        close = exceeds(CLASH_DB - (a - b).abs(), 0.0, _WIDTH_DB)
        return (heard * close).sum(dim=(1, 2)) / heard.sum(dim=(1, 2)).clamp(min=1e-6)


def _critical(power: Tensor, mix: PredictedMix) -> Tensor:
    """Sum the powers to critical bands and average them over 0.1 s, ``[batch, cells, bands]``."""
    edges = power.new_tensor(_LOWEST_BARK_HZ)
    hz = mix.band_hz.to(power)
    # Bands above the finer ones are critical bands already.
    band = torch.bucketize(hz, edges, right=True) - 1
    last = len(edges) - 1
    band = torch.where(band == last, last + (band == last).cumsum(0) - 1, band)
    member = torch.nn.functional.one_hot(band, int(band.max()) + 1).to(power)
    banded = power @ member
    width = max(1, round(CELL_SECONDS / mix.cell_seconds))
    count = banded.shape[1] // width
    return banded[:, : count * width].unflatten(1, (count, width)).mean(dim=2)
