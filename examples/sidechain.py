"""A sidechain: an effect that ducks a track under the drums of the other one.

::

    djtrans --plugin sidechain.py layout --mixer dj56
    djtrans --plugin sidechain.py generate a.mp3 b.mp3 -o out.wav --mixer dj56 --technique pump

The effect declares an input, the drums of the other track. The mixer hands it that stem as it is
after its fader and filters, so that a track that is not heard yet ducks nothing. Gradients pass
through both signals, and streaming is exact, as the rules of :mod:`djtrans.testing` check.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import attrs

import djtrans
from djtrans import (
    EffectDeclaration,
    MixerDeclaration,
    Parameter,
    TechniqueDeclaration,
    hookimpl,
    setting,
)

if TYPE_CHECKING:
    from torch import Tensor


@attrs.frozen
class PumpConfig:
    """Settings that are not automated."""

    window_ms: float = setting(
        60.0, "Time over which the key is measured.", unit="ms", minimum=5.0, maximum=500.0
    )
    threshold_dbfs: float = setting(
        -30.0, "Level of the key at which half of the depth is reached.", unit="dBFS", maximum=0.0
    )


class Pump:
    """Gain ``1 - depth * p / (p + threshold)`` with the power p of the key just before."""

    def __init__(self, config: PumpConfig) -> None:
        self.seconds = config.window_ms / 1000
        self.threshold = 10 ** (config.threshold_dbfs / 10)

    def latency_samples(self, ctx: djtrans.RenderContext) -> int:
        """None: the key counts from its first sample on."""
        return 0

    def tail_seconds(self, ctx: djtrans.RenderContext) -> float:
        """None: it only lowers what it is fed."""
        return 0.0

    def init_state(self, batch: int, channels: int, ctx: djtrans.RenderContext) -> Tensor:
        """Return the power of the key over the last window: silence."""
        import torch

        return torch.zeros(batch, 1, max(1, round(self.seconds * ctx.sample_rate)))

    def process(
        self,
        audio: Tensor,
        curves: Mapping[str, Tensor],
        ctx: djtrans.RenderContext,
        state: Tensor,
        *,
        inputs: Mapping[str, Tensor],
    ) -> tuple[Tensor, Tensor]:
        """Lower the audio ``[batch, channels, samples]`` while the other track's drums sound."""
        import torch

        key = inputs["other/drums"].square().mean(dim=1, keepdim=True)
        past = torch.cat([state.to(key), key], dim=-1)
        # A running mean as the difference of two sums, in float64 against rounding.
        total = torch.nn.functional.pad(past.double().cumsum(dim=-1), (1, 0))
        size = state.shape[-1]
        power = ((total[..., size + 1 :] - total[..., 1:-size]) / size).clamp(min=0).to(audio)
        gain = 1 - curves["depth"].unsqueeze(1) * power / (power + self.threshold)
        return audio * gain, past[..., -size:]


class PumpSwap:
    """The bass swap, with A ducked under B's kicks before the swap."""

    def __init__(self, config: object) -> None:
        self.swap = djtrans.load_technique("bass-swap")

    def generate(self, request: djtrans.CurveRequest) -> Tensor:
        """Return the curves ``[frames, parameters]``."""
        curves = self.swap.generate(request)
        sheet = djtrans.CurveSheet(request)
        swap = request.swap_beat
        sheet.line("a/track/pump/depth", [(0, 0), (swap / 2, 0.7), (swap, 0.7), (swap + 1, 0)])
        rows = request.layout.select("a/track/pump/depth")
        curves[:, rows] = sheet.values[:, rows]
        return curves


def dj56(config: object) -> djtrans.MixerSpec:
    """Put the effect before the reverb of the default mixer, with 56 parameters."""
    spec = djtrans.resolve_spec("djtrans/dj54")
    node = djtrans.NodeSpec("pump", "sidechain/pump")
    return attrs.evolve(spec, track_chain=(node, *spec.track_chain))


@hookimpl
def djtrans_effects() -> Iterable[EffectDeclaration]:
    """Declare the effect and its input."""
    yield EffectDeclaration(
        name="pump",
        summary="Duck a track under the drums of the other one.",
        factory=Pump,
        config=PumpConfig,
        domain="time",
        placements=("track",),
        inputs=("other/drums",),
        parameters=(Parameter(name="depth", unit="fraction", summary="0 off, 1 down to silence."),),
    )


@hookimpl
def djtrans_mixers() -> Iterable[MixerDeclaration]:
    """Declare the mixer."""
    yield MixerDeclaration(name="dj56", summary="The default mixer with a pump.", factory=dj56)


@hookimpl
def djtrans_techniques() -> Iterable[TechniqueDeclaration]:
    """Declare a technique that uses it."""
    yield TechniqueDeclaration(
        name="pump",
        summary="The bass swap, with A ducked under B's kicks before the swap.",
        factory=PumpSwap,
        bars=(8, 16, 32),
        swap_at=0.5,
        needs=("a/track/pump/depth", "a/*/eq/low", "b/*/eq/low"),
    )
