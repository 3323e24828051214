"""Normalize parameter values to [-1, 1] and back."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.curves.layout import Layout
from djtrans.core.errors import ShapeError


@attrs.frozen
class Scaling:
    """Linear map between the range of each parameter and [-1, 1].

    Linear in the unit of the params file, so clipping to [-1, 1] is clipping to the range of the
    parameter. In logits, a fader at 0 or 1 would be infinite.

    Attributes
    ----------
    layout : Layout
        Parameters in column order.

    Examples
    --------
    >>> import torch
    >>> import djtrans
    >>> layout = djtrans.mixer_layout("dj54")
    >>> scaled = djtrans.diffusion.Scaling(layout).to_model(torch.tensor(layout.neutral))
    >>> bool(scaled.abs().max() <= 1.0)
    True
    """

    layout: Layout

    def to_model(self, values: Tensor) -> Tensor:
        """Normalize values ``[..., parameters]`` to [-1, 1]."""
        minimum, maximum = self._ends(values)
        return 2.0 * (values - minimum) / (maximum - minimum) - 1.0

    def from_model(self, scaled: Tensor) -> Tensor:
        """Convert normalized values ``[..., parameters]`` to the units of the parameters.

        The inverse of :meth:`to_model`. Both ends of a range are exact; values outside [-1, 1] are
        not clipped.
        """
        minimum, maximum = self._ends(scaled)
        return torch.lerp(minimum, maximum, (scaled + 1.0) / 2.0)

    def _ends(self, like: Tensor) -> tuple[Tensor, Tensor]:
        if like.shape[-1] != len(self.layout):
            raise ShapeError(
                f"Curves have {like.shape[-1]} columns, the layout {len(self.layout)}; give "
                "curves [..., parameters] of this layout."
            )
        parameters = [row.parameter for row in self.layout.rows]
        return (
            like.new_tensor([p.minimum for p in parameters]),
            like.new_tensor([p.maximum for p in parameters]),
        )
