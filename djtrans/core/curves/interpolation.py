"""Interpolate parameter curves between frames, at any times.

Between two frames a curve is the sum of the earlier value, a line and a late edge. Each interval
has three coefficients per parameter, and evaluating it at many times is one small matrix product
with the basis ``[1, line, edge]``. That is cheap at audio rate, and its gradient is the transposed
product.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor

from djtrans.core.curves.parameter import Parameter
from djtrans.core.errors import InputError, ShapeError
from djtrans.core.util.finite import all_finite

#: Time from the end of a late edge to the later frame ...
EDGE_LEAD_SECONDS = 0.010
#: ... and duration of the edge. If frames are closer than the sum, both shrink in proportion.
EDGE_SECONDS = 0.020
#: Smallest jump within one interval that is an edge, as a fraction of the range; less is a line.
EDGE_FRACTION = 0.5


@attrs.frozen(eq=False)
class Curves:
    """Interpolated curves; build them with :func:`make_curves`.

    Attributes
    ----------
    frame_times : Tensor
        ``[frames]`` float64, seconds, increasing.
    coefficients : Tensor
        ``[batch, parameters, frames + 1, 3]``: the weights of ``1``, line and edge in each interval
        (before the first frame, between two frames, after the last).
    has_edge : tuple of bool
        True for each interval in which any parameter has a late edge.
    """

    frame_times: Tensor
    coefficients: Tensor
    has_edge: tuple[bool, ...]

    def __len__(self) -> int:
        return self.coefficients.shape[1]

    def select(self, rows: Sequence[int]) -> Curves:
        """Select parameters by index, in the given order; indices may repeat."""
        index = torch.tensor(list(rows), dtype=torch.long, device=self.coefficients.device)
        return _curves(self.frame_times, self.coefficients.index_select(1, index))

    def intervals(self, start: float, stop: float) -> slice:
        """Select the intervals that the times from `start` to `stop`, in seconds, lie in."""
        ends = torch.tensor([start, stop], dtype=torch.float64)
        first, last = torch.searchsorted(self.frame_times, ends, right=True).tolist()
        return slice(first, last + 1)

    def at(self, times: Tensor) -> Tensor:
        """Evaluate the curves.

        Parameters
        ----------
        times : Tensor
            ``[n]`` float64 on the CPU, seconds, sorted.

        Returns
        -------
        Tensor
            ``[batch, parameters, n]``.
        """
        batch, rows, intervals, _ = self.coefficients.shape
        if len(times) == 0:
            return self.coefficients.new_zeros(batch, rows, 0)
        bounds = [0, *torch.searchsorted(times, self.frame_times).tolist(), len(times)]
        first = next(i for i in range(intervals) if bounds[i + 1] > 0)
        last = next(i for i in range(intervals) if bounds[i + 1] == len(times))
        knots = self.frame_times.tolist()
        # One slice and one unbind, or the gradient of each interval would fill the whole tensor.
        touched = self.coefficients[:, :, first : last + 1].unbind(2)
        pieces = []
        for interval, weights in zip(range(first, last + 1), touched, strict=True):
            start, stop = bounds[interval], bounds[interval + 1]
            if start == stop:
                continue
            hold = weights[..., :1]
            if interval in (0, intervals - 1):
                pieces.append(hold.expand(batch, rows, stop - start))
                continue
            now, earlier, later = times[start:stop], knots[interval - 1], knots[interval]
            line = ((now - earlier) / (later - earlier)).to(weights)
            if self.has_edge[interval]:
                edge = _edge(now, earlier, later).to(weights)
                pieces.append(hold + weights[..., 1:] @ torch.stack([line, edge]))
            else:
                pieces.append(torch.addcmul(hold, weights[..., 1:2], line))
        return pieces[0] if len(pieces) == 1 else torch.cat(pieces, dim=-1)

    def sample(self, times: Tensor) -> Tensor:
        """Evaluate the curves at few times at once.

        Faster than :meth:`at` where there are about as many times as frames; it gathers the
        coefficients of each time.

        Parameters
        ----------
        times : Tensor
            ``[n]`` float64 on the CPU, seconds, in any order.

        Returns
        -------
        Tensor
            ``[batch, parameters, n]``.
        """
        knots = self.frame_times
        interval = torch.searchsorted(knots, times, right=True)
        left = (interval - 1).clamp(0, max(len(knots) - 2, 0))
        right = (left + 1).clamp(max=len(knots) - 1)
        earlier, later = knots[left], knots[right]
        line = (times - earlier) / (later - earlier).clamp(min=1e-12)
        basis = torch.stack([torch.ones_like(line), line, _edges(times, earlier, later)])
        weights = self.coefficients.index_select(2, interval.to(self.coefficients.device))
        # Before the first and after the last frame, the weights of line and edge are 0.
        return torch.einsum("bpnk,kn->bpn", weights, basis.to(weights))


def join_curves(parts: Sequence[Curves], places: int) -> Curves:
    """Join the parameters of curves of the same frames, place by place.

    Parameters
    ----------
    parts : sequence of Curves
        The rows of each are places x parameters.
    places : int

    Returns
    -------
    Curves
        Its rows are places x the parameters of all parts.
    """
    split = [part.coefficients.unflatten(1, (places, -1)) for part in parts if len(part)]
    if not split:
        return parts[0]
    return _curves(parts[0].frame_times, torch.cat(split, dim=2).flatten(1, 2))


def make_curves(values: Tensor, frame_times: Tensor, parameters: Sequence[Parameter]) -> Curves:
    """Interpolate values at frames; they are held before the first frame and after the last.

    Parameters
    ----------
    values : Tensor
        ``[batch, frames, parameters]``, each in the unit of its parameter.
    frame_times : Tensor
        ``[frames]`` seconds, strictly increasing.
    parameters : sequence of Parameter
        Parameters of the last axis. A parameter with ``edge="late"`` that jumps by
        :data:`EDGE_FRACTION` of its range or more from one frame to the next moves within
        :data:`EDGE_SECONDS`, and arrives :data:`EDGE_LEAD_SECONDS` before the later frame.

    Returns
    -------
    Curves

    Raises
    ------
    ShapeError
        If the shapes do not agree.
    InputError
        If the frame times do not increase.
    """
    times = torch.as_tensor(frame_times, dtype=torch.float64, device="cpu").detach()
    if values.ndim != 3 or times.ndim != 1 or values.shape[1:] != (len(times), len(parameters)):
        raise ShapeError(
            f"Curve values have shape {tuple(values.shape)}; expected [batch, {times.numel()} "
            f"frames, {len(parameters)} parameters]."
        )
    if len(times) == 0:
        raise ShapeError("Curves need at least one frame; give values [batch, frames, parameters].")
    if not all_finite(times) or bool((times.diff() <= 0).any()):
        raise InputError(
            "Frame times must be finite and strictly increasing; sort them, in seconds."
        )
    return _curves(times, curve_coefficients(values, parameters))


def curve_coefficients(values: Tensor, parameters: Sequence[Parameter]) -> Tensor:
    """Compute the coefficients of :class:`Curves`, without looking at the values.

    Parameters
    ----------
    values : Tensor
        ``[batch, frames, parameters]``.
    parameters : sequence of Parameter
        As in :func:`make_curves`.

    Returns
    -------
    Tensor
        ``[batch, parameters, frames + 1, 3]``.
    """
    edges = [p.edge == "late" for p in parameters]
    late = torch.tensor(edges, dtype=torch.bool, device=values.device)
    least = values.new_tensor([EDGE_FRACTION * p.span for p in parameters])
    values = values.transpose(1, 2)
    jump = values.diff(dim=-1)
    # The tolerance lets a jump from 0.2 to 0.7 count as half a range in float32 too.
    is_edge = late[:, None] & (jump.detach().abs() >= least[:, None] * (1 - 1e-6))
    line = torch.where(is_edge, torch.zeros_like(jump), jump)
    between = torch.stack([values[..., :-1], line, jump - line], dim=-1)
    hold = torch.nn.functional.pad(values[..., [0, -1], None], (0, 2))
    return torch.cat([hold[:, :, :1], between, hold[:, :, 1:]], dim=2)


def _curves(frame_times: Tensor, coefficients: Tensor) -> Curves:
    edges = coefficients.detach()[..., 2].ne(0).flatten(0, 1).any(dim=0)
    return Curves(frame_times, coefficients, tuple(edges.tolist()))


def _edge(times: Tensor, earlier: float, later: float) -> Tensor:
    """Compute the progress of a late edge between two frames, 0 to 1."""
    return _edges(times, *torch.tensor([earlier, later], dtype=torch.float64))


def _edges(times: Tensor, earlier: Tensor, later: Tensor) -> Tensor:
    """Compute the progress of late edges, each between the two frames around its time."""
    shrink = ((later - earlier) / (EDGE_LEAD_SECONDS + EDGE_SECONDS)).clamp(1e-12, 1.0)
    end = later - shrink * EDGE_LEAD_SECONDS
    duration = shrink * EDGE_SECONDS
    return ((times - (end - duration)) / duration).clamp(0.0, 1.0)
