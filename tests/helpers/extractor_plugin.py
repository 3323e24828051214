"""An encoder with a feature extractor of its own, and a plugin that declares it."""

from __future__ import annotations

import attrs
import torch

from djtrans import EncoderDeclaration, hookimpl, setting
from djtrans.core.contracts.encoder import Conditioning

#: RMS is measured over this much around a frame, in seconds.
AROUND = 0.05


@attrs.frozen
class LoudConfig:
    """Unit of the levels."""

    scale: float = setting(1.0, "Factor of the levels.", unit="ratio", minimum=0.1, maximum=10.0)


class Loudness:
    """RMS of each stem around each frame, ``[frames, stems]``."""

    name, version = "loudness", 1

    def __init__(self, config=None):
        self.scale = (config or LoudConfig()).scale
        self.calls = 0

    def extract(self, stems, frame_times):
        self.calls += 1
        power = stems.audio.double().square().mean(dim=1)
        total = torch.nn.functional.pad(power.cumsum(dim=-1), (1, 0))
        middle = (frame_times * stems.sample_rate).round().long()
        half = round(AROUND * stems.sample_rate)
        first, last = (middle - half).clamp(min=0), (middle + half).clamp(max=power.shape[-1])
        mean = (total[:, last] - total[:, first]) / (last - first)
        return {"rms": self.scale * mean.clamp(min=0.0).sqrt().T.float()}


class Loud:
    """The extracted levels of both tracks side by side."""

    def __init__(self, config=None):
        self.requests = []

    def widths(self, stems):
        return 2 * len(stems), 0

    def encode(self, request):
        self.requests.append(request)
        levels = [track.extra["loudness/rms"] for track in (request.features_a, request.features_b)]
        return Conditioning(torch.cat(levels, dim=-1)[None], torch.zeros(1, 0))


LOUD = EncoderDeclaration(
    name="loud", summary="Levels.", factory=Loud, extractor=Loudness, config=LoudConfig
)


@hookimpl
def djtrans_encoders():
    """Declare the encoder."""
    yield LOUD
