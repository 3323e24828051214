"""What is wished for: a technique, and where and on what the swap lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.contracts.technique import PLACES
from djtrans.core.curves.request import CurveRequest

if TYPE_CHECKING:
    from djtrans.plugins.encoders import TechniqueEncoderConfig

_PLACES = tuple(PLACES)
#: After or before the swap, the swap itself, and how far away it is.
_PER_FRAME = 3
#: Distance to the swap at which its channel has fallen to a third, in bars.
_SWAP_BARS = 2.0


class TechniqueEncoder:
    """The swap per frame; the technique and both anchors for the whole.

    Without a wish, or with one that this encoder does not know, the technique is "any": the swap
    and the anchors are told all the same, since the plan holds them.
    """

    def __init__(self, config: TechniqueEncoderConfig) -> None:
        self.techniques = config.techniques

    def widths(self, stems: tuple[str, ...]) -> tuple[int, int]:
        """Channels per frame and of the whole."""
        return _PER_FRAME, 1 + len(self.techniques) + 2 * len(_PLACES)

    def encode(self, request: CurveRequest) -> Conditioning:
        """Conditioning of one transition."""
        bars = torch.from_numpy(request.frame_beats).float() - request.swap_beat
        bars = bars / request.beats_per_bar
        at_swap = bars.abs() < 0.5 / (request.frames_per_beat * request.beats_per_bar)
        per_frame = torch.stack(
            [(bars >= 0).float(), at_swap.float(), torch.exp(-bars.abs() / _SWAP_BARS)], dim=1
        )
        wish = self.techniques.index(request.technique) + 1 if self.knows(request.technique) else 0
        whole = torch.cat(
            [
                _one_hot(wish, 1 + len(self.techniques)),
                _one_hot(_place(request.place_a), len(_PLACES)),
                _one_hot(_place(request.place_b), len(_PLACES)),
            ]
        )
        return Conditioning(per_frame[None], whole[None])

    def knows(self, technique: str) -> bool:
        """Whether a technique has a channel of its own."""
        return technique in self.techniques


def _place(name: str) -> int | None:
    return _PLACES.index(name) if name in _PLACES else None


def _one_hot(index: int | None, width: int) -> torch.Tensor:
    out = torch.zeros(width)
    if index is not None:
        out[index] = 1.0
    return out
