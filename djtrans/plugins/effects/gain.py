"""Volume fader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from djtrans.core.contracts.config import NoConfig
from djtrans.core.contracts.effect import RenderContext

if TYPE_CHECKING:
    from torch import Tensor


class Gain:
    """Linear gain of all frequencies."""

    def __init__(self, config: NoConfig | None = None) -> None:
        self.config = config if config is not None else NoConfig()

    def mask(self, curves: Mapping[str, Tensor], freqs_hz: Tensor, ctx: RenderContext) -> Tensor:
        """Return the gain as a mask, ``[batch, frames, 1]``."""
        return curves["gain"].unsqueeze(-1)
