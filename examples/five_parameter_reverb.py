"""A plugin in one loose file: a reverb with five automatable parameters, and a mixer with it.

::

    djtrans --plugin examples/five_parameter_reverb.py layout --mixer dj62
    djtrans --plugin examples/five_parameter_reverb.py generate a.mp3 b.mp3 -o out.wav --mixer dj62

The default reverb has one parameter, this one five, so the mixer has 54 + 2 * 4 = 62. Layout,
curves, params file, picture and render follow from the declaration.

It is a feedback delay network: eight delay lines, each fed back into all of them through an
orthogonal matrix.

References
----------
.. [1] J.-M. Jot and A. Chaigne, "Digital delay networks for designing artificial reverberators",
       AES 90th Convention, 1991.
.. [2] J. O. Smith, "Physical Audio Signal Processing", chapter "Feedback Delay Networks", 2010.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import attrs

import djtrans
from djtrans import EffectDeclaration, MixerDeclaration, Parameter, hookimpl, setting

if TYPE_CHECKING:
    from torch import Tensor

#: Lengths of the delay lines in ms: far from common multiples, so that echoes do not pile up.
LINES_MS = (29.7, 34.1, 37.9, 43.3, 47.9, 53.9, 61.3, 70.1)
LONGEST_DECAY_SECONDS = 6.0
LONGEST_PREDELAY_SECONDS = 0.1


@attrs.frozen
class PlateConfig:
    """What is not automated."""

    level: float = setting(
        0.5,
        "Level of the tail against its input at a send of 1.",
        unit="amplitude ratio",
        minimum=0.0,
        maximum=2.0,
    )


@attrs.frozen(eq=False)
class PlateState:
    """The last input of the predelay and of the eight lines, ``[batch, ..., samples]``."""

    predelay: Tensor
    lines: Tensor


class Plate:
    """The tail of a feedback delay network.

    A line of D samples has the gain ``10^(-3 D / (decay * rate))``, so that all lose 60 dB in the
    decay time. Damping mixes in a three-point mean, which is zero-phase inside a delay line: the
    response of a pass is ``1 - damping * sin(w / 2)^2``. Neither adds energy, nor does the matrix,
    so the loop is bounded.
    """

    def __init__(self, config: PlateConfig) -> None:
        self.config = config

    def latency_samples(self, ctx: djtrans.RenderContext) -> int:
        """None."""
        return 0

    def tail_seconds(self, ctx: djtrans.RenderContext) -> float:
        """The longest that the curves can ask for."""
        return LONGEST_PREDELAY_SECONDS + LONGEST_DECAY_SECONDS

    def init_state(self, batch: int, channels: int, ctx: djtrans.RenderContext) -> PlateState:
        """Silence."""
        import torch

        before = math.ceil(LONGEST_PREDELAY_SECONDS * ctx.sample_rate) + 1
        return PlateState(
            torch.zeros(batch, channels, before),
            torch.zeros(batch, len(LINES_MS), max(self._delays(ctx)) + 1),
        )

    def process(
        self,
        audio: Tensor,
        curves: Mapping[str, Tensor],
        ctx: djtrans.RenderContext,
        state: PlateState,
    ) -> tuple[Tensor, PlateState]:
        """The tail alone, ``[batch, channels, samples]``."""
        import torch

        channels, samples = audio.shape[1:]
        delays = self._delays(ctx)
        heard = torch.cat([state.predelay.to(audio), audio], dim=-1)
        fed = _delayed(heard, curves["predelay"] * ctx.sample_rate, samples)
        fed = fed * curves["send"].unsqueeze(1)
        exponents = audio.new_tensor(delays).unsqueeze(1) * (-3.0 / ctx.sample_rate)
        gains = 10.0 ** (exponents / curves["decay"].unsqueeze(1))
        # Feeding less into what decays slower keeps the level the same at every decay.
        into = [line % channels for line in range(len(delays))]
        fed = fed[:, into] * (1.0 - gains**2).sqrt() * math.sqrt(channels / len(delays))

        # Nothing returns sooner than the shortest line: that many samples are computed at once,
        # less one, because the mean also reads the sample after.
        block = min(delays) - 1
        lines = state.lines.to(audio)
        keep = lines.shape[-1]
        tails = []
        for start in range(0, samples, block):
            now = slice(start, min(start + block, samples))
            count = now.stop - start
            first = [keep - delay for delay in delays]
            around = torch.stack(
                [lines[:, i, at - 1 : at + count + 1] for i, at in enumerate(first)], dim=1
            )
            here = around[..., 1:-1]
            mean = (around[..., :-2] + 2.0 * here + around[..., 2:]) / 4.0
            here = torch.lerp(here, mean, curves["damping"][:, None, now])
            here = here * gains[..., now]
            tails.append(here)
            mixed = here - here.sum(dim=1, keepdim=True) * (2.0 / len(delays))
            lines = torch.cat([lines, fed[..., now] + mixed], dim=-1)[..., -keep:]
        tail = torch.cat(tails, dim=-1)
        wet = torch.stack([tail[:, side::channels].sum(dim=1) for side in range(channels)], dim=1)
        middle = wet.mean(dim=1, keepdim=True)
        wet = middle + curves["width"].unsqueeze(1) * (wet - middle)
        before = heard[..., -state.predelay.shape[-1] :]
        return self.config.level * wet, PlateState(before, lines)

    @staticmethod
    def _delays(ctx: djtrans.RenderContext) -> list[int]:
        return [round(ms * ctx.sample_rate / 1000) for ms in LINES_MS]


def _delayed(heard: Tensor, delay: Tensor, samples: int) -> Tensor:
    """The last `samples` of ``heard [batch, channels, n]``, ``delay [batch, samples]`` earlier."""
    import torch

    now = torch.arange(samples, device=heard.device) + (heard.shape[-1] - samples)
    whole = delay.detach().floor()
    left = (now - whole.long()).unsqueeze(1).expand(-1, heard.shape[1], -1)
    part = (delay - whole).unsqueeze(1)
    return torch.lerp(heard.gather(-1, left), heard.gather(-1, left - 1), part)


@hookimpl
def djtrans_effects() -> Iterable[EffectDeclaration]:
    """The reverb."""
    yield EffectDeclaration(
        name="plate",
        summary="Send reverb with five parameters: a feedback delay network.",
        factory=Plate,  # a package gives "package.module:Plate", imported when it is built
        config=PlateConfig,
        domain="time",
        routing="send",
        placements=("track", "master"),
        parameters=(
            Parameter(name="send", unit="linear gain", curve="gain", summary="Level fed in."),
            Parameter(
                name="decay",
                minimum=0.3,
                maximum=LONGEST_DECAY_SECONDS,
                neutral=2.0,
                unit="s",
                summary="Time in which the tail falls by 60 dB.",
            ),
            Parameter(
                name="damping", neutral=0.3, unit="fraction", summary="How much faster highs decay."
            ),
            Parameter(
                name="predelay",
                maximum=LONGEST_PREDELAY_SECONDS,
                neutral=0.02,
                unit="s",
                summary="Silence before the tail.",
            ),
            Parameter(
                name="width", neutral=1.0, unit="fraction", summary="0 mono, 1 as wide as it is."
            ),
        ),
    )


@hookimpl
def djtrans_mixers() -> Iterable[MixerDeclaration]:
    """The default mixer with this reverb in place of its own."""
    yield MixerDeclaration(
        name="dj62",
        summary="dj54 with a reverb of five parameters.",
        factory=lambda config: djtrans.resolve_spec("dj54").replace_node("reverb", "plate"),
    )
