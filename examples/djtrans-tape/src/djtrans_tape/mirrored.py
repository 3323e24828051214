"""A separator that asks another one twice, the second time with left and right swapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import djtrans
from djtrans.core import ConfigError, separate

if TYPE_CHECKING:
    from torch import Tensor

    from djtrans.core import FractionCallback
    from djtrans_tape.plugin import MirroredConfig

STEMS = ("drums", "bass", "vocals", "other")


class Mirrored:
    """The mean of both answers: a network's preference for a side cancels."""

    def __init__(self, config: MirroredConfig) -> None:
        registry = djtrans.default_registry()
        self.declaration = registry.separators.find(config.inner).declaration
        if self.declaration.stems != STEMS or self.declaration.reads_source:
            raise ConfigError(
                f"tape/mirrored: inner = {config.inner!r} is not allowed; give a separator that "
                f"makes {', '.join(STEMS)} from audio."
            )
        self.inner = registry.separators.build(config.inner)

    def separate(
        self,
        audio: Tensor,
        sample_rate: int,
        *,
        start_seconds: float = 0.0,
        progress: FractionCallback | None = None,
    ) -> Tensor:
        """Stems ``[4, channels, samples]``."""
        answers = []
        for done, sides in enumerate((audio, audio.flip(0))):
            # Resamples to the rate that the inner one wants, and checks what it gives.
            stems = separate(self.inner, self.declaration, sides, sample_rate, start_seconds)
            answers.append(stems.audio)
            if progress is not None:
                progress((done + 1) / 2)
        return (answers[0] + answers[1].flip(1)) / 2
