"""A small trainable encoder, and a plugin that declares it."""

from __future__ import annotations

import attrs
import torch
from torch import nn

from djtrans import EncoderDeclaration, hookimpl, setting
from djtrans.core.contracts.encoder import Conditioning

STEMS = 4


@attrs.frozen
class LevelsConfig:
    """Width of the encoder."""

    width: int = setting(3, "Channels per frame.", unit="channels", minimum=1, maximum=64)


class Levels(nn.Module):
    """A linear layer on the levels of both tracks' stems, and one on their tempo change."""

    def __init__(self, config=None):
        super().__init__()
        self.width = getattr(config, "width", 3)
        self.per_frame = nn.Linear(2 * 3 * STEMS, self.width)
        self.whole = nn.Linear(1, 2)

    def widths(self, stems):
        return self.width, 2

    def input_widths(self, stems):
        return 2 * 3 * len(stems), 1

    def encode(self, request):
        a, b = request.features_a, request.features_b
        if a is None or b is None:
            return None
        levels = torch.cat([track.level_db.flatten(1) / 60.0 + 1.0 for track in (a, b)], dim=-1)
        return Conditioning(levels[None], torch.tensor([[b.stretch - a.stretch]]))

    def forward(self, inputs):
        return Conditioning(self.per_frame(inputs.per_frame), self.whole(inputs.global_))


LEVELS = EncoderDeclaration(
    name="levels", summary="Learned levels.", factory=Levels, config=LevelsConfig
)


class Plugin:
    """Declares the encoder."""

    @hookimpl
    def djtrans_encoders(self):
        yield LEVELS
