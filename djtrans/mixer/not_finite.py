"""Find the node of a mixer that makes samples that are not finite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.effect import RenderContext
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import PluginError
from djtrans.core.track.stems import Stems
from djtrans.core.util.finite import all_finite
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.nodes import BuiltNode, frame_at


def raise_not_finite(
    mixer: Mixer, a: Stems | Tensor, b: Stems | Tensor, params: TransitionParams, **options: Any
) -> NoReturn:
    """Raise an error that names the node of a mixer whose output is not finite, and the frame.

    The mixer renders once more, with every effect checked; call it when a render is not finite.

    Parameters
    ----------
    mixer : Mixer
    a, b, params, **options
        Arguments of the render.

    Raises
    ------
    PluginError
        In any case.
    """
    stem, track, master = (
        [attrs.evolve(node, effect=_Checked(node)) for node in chain]
        for chain in (mixer.stem_nodes, mixer.track_nodes, mixer.master_nodes)
    )
    with torch.no_grad():
        Mixer(mixer.spec, stem, track, master, mixer.config)(a, b, params, **options)
    raise PluginError(
        "The mix has samples that are not finite (NaN or infinite), but the output of every effect "
        "is finite: their levels are too high to be added. Lower the gains of the curves."
    )


class _Checked:
    """An effect whose output is checked. Its state is the position and the state of the effect."""

    def __init__(self, node: BuiltNode) -> None:
        self.node, self.effect = node, node.effect

    def latency_samples(self, ctx: RenderContext) -> int:
        return int(self.effect.latency_samples(ctx))

    def tail_seconds(self, ctx: RenderContext) -> float:
        return float(self.effect.tail_seconds(ctx))

    def init_state(self, batch: int, channels: int, ctx: RenderContext) -> tuple[int, Any]:
        return 0, self.effect.init_state(batch, channels, ctx)

    def mask(self, curves: Mapping[str, Tensor], freqs_hz: Tensor, ctx: RenderContext) -> Tensor:
        mask: Tensor = self.effect.mask(curves, freqs_hz, ctx)
        if not all_finite(mask):
            row, frame, _ = (~torch.isfinite(mask)).nonzero()[0].tolist()
            self._fail("a mask", _values(curves, row, frame))
        return mask

    def process(
        self,
        audio: Tensor,
        curves: Mapping[str, Tensor],
        ctx: RenderContext,
        state: tuple[int, Any],
        **inputs: Any,
    ) -> tuple[Tensor, tuple[int, Any]]:
        position, own = state
        out, own = self.effect.process(audio, curves, ctx, own, **inputs)
        if not all_finite(out):
            row, _, sample = (~torch.isfinite(out)).nonzero()[0].tolist()
            frame = frame_at((position + sample) / ctx.sample_rate, ctx)
            self._fail("samples", f"in frame {frame}, {_values(curves, row, sample)}")
        return out, (position + audio.shape[-1], own)

    def _fail(self, what: str, where: str) -> NoReturn:
        raise PluginError(
            f"{self.node.label} makes {what} with values that are not finite (NaN or infinite) "
            f"{where}; "
            "report it to the author of the plugin, or replace the effect."
        )


def _values(curves: Mapping[str, Tensor], row: int, at: int) -> str:
    """State the values of the parameters at a place of the curves."""
    found = (f"{name} = {float(curve[row, at]):.4g}" for name, curve in curves.items())
    return f"with {', '.join(found)}" if curves else "without parameters"
