"""Encode the requested technique, the swap and its anchors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.contracts.technique import PLACES
from djtrans.core.curves.request import CurveRequest

if TYPE_CHECKING:
    from djtrans.plugins.encoders import TechniqueEncoderConfig, TechniqueVocabulary

_ANCHORS = tuple(PLACES)
#: Side of the swap, on the swap, and proximity of the swap.
_PER_FRAME = 3
#: Distance in bars at which the proximity of the swap is 1/e, and the side is half of its limit.
_SWAP_BARS = 2.0


class TechniqueEncoder:
    """Encoder of the swap per frame, and of the technique and both anchors globally.

    Without a technique, or with one that is not in the vocabulary, the technique is "any"; the swap
    and the anchors are encoded nevertheless, since they are part of the plan.
    """

    _side_name = "side of swap"

    def __init__(self, config: TechniqueVocabulary | TechniqueEncoderConfig) -> None:
        self.techniques = config.techniques

    def widths(self, stems: tuple[str, ...]) -> tuple[int, int]:
        """Return the numbers of channels per frame and of global channels."""
        return _PER_FRAME, 1 + len(self.techniques) + 2 * len(_ANCHORS)

    def encode(self, request: CurveRequest) -> Conditioning:
        """Encode one transition."""
        bars = torch.from_numpy(request.frame_beats).float() - request.swap_beat
        bars = bars / request.beats_per_bar
        at_swap = bars.abs() < 0.5 / (request.frames_per_beat * request.beats_per_bar)
        per_frame = torch.stack(
            [self._side(bars), at_swap.float(), torch.exp(-bars.abs() / _SWAP_BARS)], dim=1
        )
        known = self.knows(request.technique)
        technique = self.techniques.index(request.technique) + 1 if known else 0
        global_ = torch.cat(
            [
                _one_hot(technique, 1 + len(self.techniques)),
                _one_hot(_anchor(request.place_a), len(_ANCHORS)),
                _one_hot(_anchor(request.place_b), len(_ANCHORS)),
            ]
        )
        return Conditioning(per_frame[None], global_[None])

    def _side(self, bars: Tensor) -> Tensor:
        """Encode the distance to the swap, -1 to 1, with its sign.

        A step at the swap would be the very curve of the low band in most techniques, which a
        model could copy instead of choosing the owner of the low end by the music.
        """
        return bars / (bars.abs() + _SWAP_BARS)

    def knows(self, technique: str) -> bool:
        """Return True if the technique is in the vocabulary."""
        return technique in self.techniques

    def channel_names(self, stems: tuple[str, ...]) -> tuple[list[str], list[str]]:
        """Return the names of the channels per frame and of the global channels."""
        anchors = [f"{side}: {anchor}" for side in "ab" for anchor in _ANCHORS]
        return [self._side_name, "at swap", "near swap"], ["any", *self.techniques, *anchors]


class SwapStepEncoder(TechniqueEncoder):
    """Version 1 of :class:`TechniqueEncoder`, with a step at the swap."""

    _side_name = "after swap"

    def _side(self, bars: Tensor) -> Tensor:
        return (bars >= 0).float()


def _anchor(name: str) -> int | None:
    return _ANCHORS.index(name) if name in _ANCHORS else None


def _one_hot(index: int | None, width: int) -> Tensor:
    out = torch.zeros(width)
    if index is not None:
        out[index] = 1.0
    return out
