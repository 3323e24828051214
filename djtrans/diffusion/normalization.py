"""Parameters in their own units, and the range -1 to 1 in which a model knows them."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.curves.layout import Layout
from djtrans.core.errors import ShapeError


@attrs.frozen
class Scaling:
    """The linear map between each parameter's own range and [-1, 1], there and back.

    Linear in the unit of the params file, so that clipping to [-1, 1] is clipping to the
    parameter's range. In a logit, a fader at 0 or 1 would lie at infinity.

    Attributes
    ----------
    layout : Layout
        Whose columns are scaled.
    """

    layout: Layout

    def to_model(self, values: Tensor) -> Tensor:
        """Values ``[..., parameters]`` in their own units, as numbers from -1 to 1."""
        minimum, maximum = self._ends(values)
        return 2.0 * (values - minimum) / (maximum - minimum) - 1.0

    def from_model(self, scaled: Tensor) -> Tensor:
        """Numbers ``[..., parameters]`` from -1 to 1, as values in their own units.

        The inverse of :meth:`to_model`. Both ends of a range are met exactly; what is beyond them
        stays beyond.
        """
        minimum, maximum = self._ends(scaled)
        return torch.lerp(minimum, maximum, (scaled + 1.0) / 2.0)

    def _ends(self, like: Tensor) -> tuple[Tensor, Tensor]:
        if like.shape[-1] != len(self.layout):
            raise ShapeError(
                f"Curves have {like.shape[-1]} columns, the layout {len(self.layout)}; give "
                "[..., parameters]."
            )
        parameters = [row.parameter for row in self.layout.rows]
        return (
            like.new_tensor([p.minimum for p in parameters]),
            like.new_tensor([p.maximum for p in parameters]),
        )
