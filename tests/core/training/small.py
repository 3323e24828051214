"""A network small enough to train in a test, and curves that it can learn."""

from __future__ import annotations

import torch

from djtrans.core.contracts import Conditioning
from djtrans.core.diffusion.checkpoint import EncoderRecord, ModelRecord
from djtrans.core.diffusion.conditioning import ConditioningSlot
from djtrans.core.diffusion.network import DiffusionNetwork
from djtrans.core.layout import Layout, Row
from djtrans.core.parameters import Parameter
from djtrans.core.records import ComponentRecord
from djtrans.core.training.batch import Batch
from djtrans.plugins.denoisers import DitConfig
from djtrans.plugins.denoisers.dit import Dit

FRAMES = 16


def small_network(width=8):
    torch.manual_seed(0)
    config = DitConfig(width=width, depth=1, heads=1)
    return DiffusionNetwork(Dit(config), "velocity", 2, [ConditioningSlot("ramp", 1, 1)])


def small_record():
    gain = Parameter(name="gain", minimum=0.0, maximum=1.0, neutral=1.0)
    rows = tuple(Row(i, track, "mix", "fader", gain, "gain") for i, track in enumerate("ab"))
    return ModelRecord(
        layout=Layout(rows),
        stems=("mix",),
        frames_per_beat=2,
        denoiser=ComponentRecord(name="djtrans/dit", version=1),
        encoders=(
            EncoderRecord(
                component=ComponentRecord(name="test/ramp", version=1), per_frame=1, global_=1
            ),
        ),
        scheduler=ComponentRecord(name="djtrans/flow", version=1),
    )


class Ramps:
    """Straight crossfades, each at the place that the conditioning tells."""

    def batch(self, index, size, *, validation=False):
        generator = torch.Generator().manual_seed(2 * index + validation)
        middle = torch.rand(size, 1, generator=generator) * FRAMES
        ramp = ((torch.arange(FRAMES) - middle) / 4).clamp(-1, 1)
        return Batch(
            curves=torch.stack([-ramp, ramp], dim=-1),
            conditioning=Conditioning(ramp[..., None], middle / FRAMES),
            absent=torch.zeros(size, 1, dtype=torch.bool),
        )
