r"""A mixer with one more EQ band on every stem, a technique that uses it, a tiny model for both.

    djtrans train --synthetic --output output/set --tracks 40 --transitions 2000 --steps 1
    python examples/one_more_band.py --data output/set/synthetic.safetensors --output output/bands
    djtrans --plugin examples/one_more_band.py generate a.wav b.wav -o out.wav \
        --mixer dj62 --technique presence-swap --model output/bands/best_model.pt

The default mixer has 54 parameters; a gain more on eight stems makes 62. The set knows nothing of
mixers: it holds what the tracks are like and where the transitions are, so it teaches any layout.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

import djtrans
from djtrans import EffectDeclaration, MixerDeclaration, Parameter, hookimpl, setting
from djtrans.core import NoConfig

if TYPE_CHECKING:
    from torch import Tensor

    from djtrans import CurveRequest

NAMESPACE = "one_more_band"


@attrs.frozen
class PresenceConfig:
    """Where the band lies."""

    centre_hz: float = setting(3000.0, "Its centre.", unit="Hz", minimum=200.0, maximum=10000.0)
    width_octaves: float = setting(
        1.5, "Between the points at half depth.", unit="octaves", minimum=0.2, maximum=4.0
    )


class Presence:
    """A bell: the gain at its centre, 1 far from it."""

    def __init__(self, config: PresenceConfig) -> None:
        self.config = config

    def mask(
        self, curves: Mapping[str, Tensor], freqs_hz: Tensor, ctx: djtrans.RenderContext
    ) -> Tensor:
        """Gain per frame and frequency, ``[batch, frames, bins]``."""
        octaves = (freqs_hz.clamp(min=1.0) / self.config.centre_hz).log2()
        bell = 0.5 ** ((2.0 * octaves / self.config.width_octaves) ** 2)
        return 1.0 + (curves["gain"].unsqueeze(-1) - 1.0) * bell


class PresenceSwap:
    """The bass swap, with B's presence held back until the swap and A's from there on."""

    def __init__(self, config: NoConfig) -> None:
        self.bass_swap = djtrans.load_technique("bass-swap")

    def generate(self, request: CurveRequest) -> Tensor:
        """Curves ``[frames, parameters]``."""
        curves = self.bass_swap.generate(request)
        sheet = djtrans.CurveSheet(request)
        swap, frame = request.swap_beat, 1.0 / request.frames_per_beat
        last = request.beats - frame
        # A gain of a stem from 0 is a fader: B's is closed in the first frame, A's in the last.
        sheet.line("b/*/presence/gain", [(0.0, 0.0), (frame, 0.3), (swap, 0.3), (swap, 1.0)])
        sheet.line(
            "a/*/presence/gain", [(swap, 1.0), (swap, 0.3), (last - frame, 0.3), (last, 0.0)]
        )
        for pattern in ("a/*/presence/gain", "b/*/presence/gain"):
            columns = request.layout.select(pattern)
            curves[:, columns] = sheet.values[:, columns]
        return curves


@hookimpl
def djtrans_effects() -> Iterable[EffectDeclaration]:
    """The band."""
    yield EffectDeclaration(
        name="presence",
        summary="One more band: a bell at 3 kHz.",
        factory=Presence,
        config=PresenceConfig,
        domain="spectral",
        placements=("stem",),
        parameters=(
            Parameter(
                name="gain",
                maximum=2.0,
                neutral=1.0,
                unit="linear gain",
                curve="gain",
                summary="Gain of the band; 0 kills it.",
            ),
        ),
    )


@hookimpl
def djtrans_mixers() -> Iterable[MixerDeclaration]:
    """The default mixer with the band behind each stem's filters."""

    def dj62(config: NoConfig) -> djtrans.MixerSpec:
        dj54 = djtrans.resolve_spec("dj54")
        node = djtrans.NodeSpec("presence", f"{NAMESPACE}/presence")
        return attrs.evolve(dj54, stem_chain=(*dj54.stem_chain, node))

    yield MixerDeclaration(name="dj62", summary="dj54 with one more band.", factory=dj62)


@hookimpl
def djtrans_techniques() -> Iterable[djtrans.TechniqueDeclaration]:
    """The technique that the model is to learn."""
    yield djtrans.TechniqueDeclaration(
        name="presence-swap",
        summary="A bass swap in which the presence changes hands too.",
        factory=PresenceSwap,
        bars=(8, 16, 32),
        swap_at=0.5,
        needs=("*/*/presence/gain", "*/*/eq/low"),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Train a tiny model for the mixer on the technique."""
    from djtrans.datasets import SyntheticDataset
    from djtrans.training import TrainOptions, model_record, train_model

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True, help="a composed set")
    parser.add_argument("--output", default="output/bands", help="folder for the model")
    parser.add_argument("--steps", type=int, default=2000)
    asked = parser.parse_args(arguments)
    djtrans.default_registry().register_file(__file__)

    # Wherever the set has a bass swap, ours takes its place.
    known, ours = SyntheticDataset.load(asked.data), f"{NAMESPACE}/presence-swap"
    taught = {
        part: [
            attrs.evolve(c, technique=ours)
            for c in getattr(known, part)
            if c.technique == "djtrans/bass-swap"
        ]
        for part in ("training", "validation")
    }
    record = model_record(
        mixer="dj62",
        configs={"dit": {"width": 32, "depth": 2, "heads": 2}, "technique": {"techniques": [ours]}},
    )
    print(f"{len(record.layout)} parameters, {len(taught['training'])} transitions")
    result = train_model(
        attrs.evolve(known, **taught),
        asked.output,
        record,
        TrainOptions(steps=asked.steps, lr=1e-3, validate_every=min(500, asked.steps)),
        device="cpu",
    )
    print(f"{result.best_model}  (validation loss {result.best:.4f})")


if __name__ == "__main__":
    main()
