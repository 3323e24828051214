"""Products of the masks of neighbouring spectral nodes, evaluated only where they differ.

A mask depends on the parameters of its row and frame alone, and is exactly 1 at neutral. So a few
frames of many stems need few masks: a node that is neutral is left out, a node that does not move
is evaluated once, and stems with equal parameters share one mask and one transform of their sum.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.effect import RenderContext
from djtrans.core.errors import PluginError
from djtrans.mixer.nodes import BuiltNode


@attrs.frozen(eq=False)
class Part:
    """Stems of a source that have the same mask in a few frames.

    Attributes
    ----------
    source : int
    stems : tuple of int
    mask : Tensor
        ``[items, frames or 1, bins or 1]``.
    """

    source: int
    stems: tuple[int, ...]
    mask: Tensor


class MaskProduct:
    """Product of the masks of a run of spectral nodes.

    Parameters
    ----------
    nodes : sequence of BuiltNode
    freqs_hz : Tensor
        ``[bins]``.
    ctx : RenderContext
    """

    def __init__(self, nodes: Sequence[BuiltNode], freqs_hz: Tensor, ctx: RenderContext) -> None:
        if not nodes:
            raise PluginError("A run of spectral nodes is empty; this is a bug in the mixer.")
        self.nodes, self.freqs_hz, self.ctx = tuple(nodes), freqs_hz, ctx
        counts = [len(node.parameters) for node in nodes]
        self.spans = [slice(sum(counts[:i]), sum(counts[: i + 1])) for i in range(len(nodes))]
        neutral = [p.neutral for node in nodes for p in node.parameters]
        self._neutral = freqs_hz.new_tensor(neutral).cpu().numpy()
        self._bypass = [
            [span.start + i for i in node.bypass]
            for node, span in zip(nodes, self.spans, strict=True)
        ]
        with torch.no_grad():
            probe = freqs_hz.new_tensor(neutral).view(1, -1, 1)
            # Gains of all frequencies at once: a silent row is found before its other masks.
            wide = [self._mask(i, probe).shape[-1] > 1 for i in range(len(nodes))]
        self._gains = [i for i, is_wide in enumerate(wide) if not is_wide]
        self._filters = [i for i, is_wide in enumerate(wide) if is_wide]
        self._held: dict[bytes, Tensor] = {}

    def __call__(self, controls: Tensor) -> Tensor:
        """Multiply all masks: ``[rows, controls, frames]`` to ``[rows, frames, bins or 1]``."""
        return _product([self._mask(i, controls) for i in (*self._gains, *self._filters)])

    @torch.no_grad()
    def parts(self, controls: Tensor, product: Tensor | None = None) -> list[Part]:
        """Group the stems of one item of a batch by their masks; omit those that are silent.

        Parameters
        ----------
        controls : Tensor
            ``[sources, stems, controls, frames]`` on the CPU.
        product : Tensor, optional
            ``[sources, stems, frames, bins or 1]``: the product of all masks, if it is known.
        """
        sources, stems = controls.shape[:2]
        rows = controls.flatten(0, 1)
        values = rows.detach().numpy()
        members: dict[bytes, list[int]] = {}
        for row in range(sources * stems):
            members.setdefault(values[row].tobytes(), []).append(row)
        first = [rows_of[0] for rows_of in members.values()]
        masks = self._masks(rows[first], None if product is None else product.flatten(0, 1)[first])
        return [
            Part(source, same, mask.unsqueeze(0))
            for rows_of, mask in zip(members.values(), masks, strict=True)
            if mask is not None
            for source in range(sources)
            if (same := tuple(row % stems for row in rows_of if row // stems == source))
        ]

    def _masks(self, controls: Tensor, product: Tensor | None) -> list[Tensor | None]:
        """Compute the mask of each row, ``[frames or 1, bins or 1]``; None if it is silent."""
        values = controls.numpy()
        still = (values == values[..., :1]).all(axis=-1)
        neutral = still & (values[..., 0] == self._neutral)
        # For each filter, the rows in which it is held or left out.
        held_in = [still[:, self.spans[i]].all(axis=1) for i in self._filters]
        unused_in = [
            neutral[:, self._bypass[i]].all(axis=1) & bool(self._bypass[i]) for i in self._filters
        ]
        is_still = still.all(axis=1).tolist()
        gains = [self._mask(i, controls) for i in self._gains]
        gain = _product([controls.new_ones(len(controls), 1, 1), *gains])
        audible = gain.flatten(1).any(dim=1).tolist()
        masks: list[Tensor | None] = [None] * len(controls)
        # Rows in which the same nodes are left out or held are computed together.
        alike: dict[tuple[bool, tuple[int, ...], tuple[int, ...]], list[int]] = {}
        held: dict[bytes, Tensor] = {}
        for row in range(len(controls)):
            if not audible[row]:
                continue
            key = values[row, :, 0].tobytes() if is_still[row] else b""
            if key in self._held:
                masks[row] = held[key] = self._held[key]
                continue
            used = [n for n, unused in enumerate(unused_in) if not unused[row]]
            fixed = tuple(self._filters[n] for n in used if held_in[n][row])
            moving = tuple(self._filters[n] for n in used if not held_in[n][row])
            alike.setdefault((is_still[row], fixed, moving), []).append(row)
        for (held_all, fixed, moving), rows in alike.items():
            given, frames = controls[rows], 1 if held_all else controls.shape[-1]
            if product is not None and moving:
                found = product[rows]
            else:
                factors = [gain[rows, :frames]]
                factors += [self._mask(i, given[..., :1]) for i in fixed]
                factors += [self._mask(i, given) for i in moving]
                found = _product(factors)
            for row, mask in zip(rows, found.unbind(0), strict=True):
                masks[row] = mask
                if held_all:
                    held[values[row, :, 0].tobytes()] = mask
        self._held = held
        return masks

    def _mask(self, index: int, controls: Tensor) -> Tensor:
        """Compute the mask of one node from the controls of all, checked."""
        node, (rows, _, frames) = self.nodes[index], controls.shape
        given = controls[:, self.spans[index]]
        named = {p.name: given[:, i] for i, p in enumerate(node.parameters)}
        mask = node.mask(named, self.freqs_hz, self.ctx)
        bins = len(self.freqs_hz)
        if mask.shape[:2] != (rows, frames) or mask.shape[-1] not in (1, bins):
            raise PluginError(
                f"Effect {node.declaration.name!r} gave a mask of shape {tuple(mask.shape)};"
                f" it must be [{rows}, {frames}, {bins}] or [{rows}, {frames}, 1]."
            )
        return mask


def _product(factors: Sequence[Tensor]) -> Tensor:
    """Multiply factors that broadcast, small ones first.

    Each large product is made once; in place where autograd does not need the factors, but never
    into a factor.
    """
    product, *others = sorted(factors, key=Tensor.numel)
    owned = False
    for factor in others:
        if owned and not torch.is_grad_enabled() and product.shape == factor.shape:
            product = product.mul_(factor)
        else:
            product, owned = product * factor, True
    return product
