"""A network small enough to train in a test, and curves that it can learn."""

from __future__ import annotations

import torch

from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.curves.layout import Layout, Row
from djtrans.core.curves.parameter import Parameter
from djtrans.datasets.batch import Batch
from djtrans.diffusion.checkpoint import EncoderRecord, ModelRecord
from djtrans.diffusion.conditioning import ConditioningSlot
from djtrans.diffusion.network import DiffusionNetwork
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

    def batch(self, index, size, *, validation=False, group=1):
        generator = torch.Generator().manual_seed(2 * index + validation)
        middle = torch.rand(size, 1, generator=generator) * FRAMES
        ramp = ((torch.arange(FRAMES) - middle) / 4).clamp(-1, 1)
        return Batch(
            curves=torch.stack([-ramp, ramp], dim=-1),
            conditioning=Conditioning(ramp[..., None], middle / FRAMES),
            missing=torch.zeros(size, 1, dtype=torch.bool),
            techniques=tuple(("early", "late")[float(m) > FRAMES / 2] for m in middle),
        )


def small_set(*, powers=False):
    """Two framed tracks of noise, with the arrays of the encoder ``audio``, and transitions."""
    from djtrans.datasets.synthetic.composition import Composition, CompositionTrack
    from djtrans.datasets.synthetic.dataset import SyntheticDataset
    from djtrans.datasets.synthetic.framed_track import FramedTrack

    generator, extra = (torch.Generator().manual_seed(seed) for seed in (1, 2))

    def track():
        return FramedTrack(
            level_db=torch.rand(128, 4, 3, generator=generator) * -40,
            onset=torch.rand(128, 4, generator=generator),
            vocal=torch.rand(128, generator=generator),
            reference_db=-10.0,
            extra={
                "audio/lows_db": torch.rand(128, 4, 2, generator=extra) * -20,
                "audio/chroma": torch.rand(128, 12, generator=extra),
                **(power_arrays(extra) if powers else {}),
            },
        )

    def power_arrays(generator):
        return {
            "powers/power_db": -50.0 + 20.0 * torch.rand(128, 5, 2, 28, generator=generator),
            "powers/chroma_db": -40.0 + 20.0 * torch.rand(128, 4, 3, 12, generator=generator),
        }

    def side(track, bar):
        return CompositionTrack(
            track=track,
            bar=bar,
            gain_db=0.0,
            stretch=0.0,
            key="8A",
            place="phrase",
            phrase_beats=(0.0, 16.0),
            sections=(("drop", 0.0, 64.0, 0.0),),
        )

    def transition(technique, bars, bar):
        return Composition(
            technique=f"djtrans/{technique}",
            bars=bars,
            swap_beat=2 * bars,
            beats_per_bar=4,
            frames_per_beat=2,
            bpm=120.0,
            key_distance=0,
            a=side(0, bar),
            b=side(1, bar),
        )

    some = [transition("bass-swap", 8, 0), transition("fade", 4, 3), transition("fade", 8, 2)]
    return SyntheticDataset(
        tracks=[track(), track()],
        training=some,
        validation=some[:2],
        extractors={"audio": 1, "powers": 1} if powers else {"audio": 1},
    )
