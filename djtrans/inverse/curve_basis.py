"""Curve basis: interpolation between frames as a linear map, with ramps and late edges."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.curves.interpolation import make_curves
from djtrans.core.curves.parameter import Parameter


@attrs.frozen(eq=False)
class CurveBasis:
    """Weights that interpolate a curve at given times from its values at frames.

    Attributes
    ----------
    ramps, edges : Tensor
        ``[frames - 1, times]``: fraction of the change from one frame to the next, on a straight
        line and on a late edge.
    """

    ramps: Tensor
    edges: Tensor

    @classmethod
    def at(cls, frame_times: Tensor, times: Tensor) -> CurveBasis:
        """Build the basis of frames at `times`, both in seconds and increasing."""
        steps = torch.ones(len(frame_times), len(frame_times), dtype=torch.float64).tril(-1)
        found = []
        for edge in ("linear", "late"):
            step = Parameter(name="step", edge=edge)
            curves = make_curves(
                steps[:, :-1].unsqueeze(0), frame_times, [step] * (len(frame_times) - 1)
            )
            found.append(curves.at(times)[0])
        return cls(*found)

    def weights(self, is_edge: Tensor) -> Tensor:
        """Return the weights of the frames' values, ``[..., times, frames]``.

        Parameters
        ----------
        is_edge : Tensor
            ``[..., frames - 1]`` bool: True for intervals with a late edge.
        """
        done = torch.where(is_edge.unsqueeze(-1), self.edges, self.ramps)
        first, last = torch.ones_like(done[..., :1, :]), torch.zeros_like(done[..., :1, :])
        reached = torch.cat([first, done, last], dim=-2)
        return (reached[..., :-1, :] - reached[..., 1:, :]).transpose(-1, -2)
