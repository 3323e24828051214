"""Controls that a DJ's hands move: faders, EQ, filters and sends, with knots on bar lines."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.curves.layout import Layout, Row
from djtrans.core.errors import InputError

#: Level at which controls are moved: of whole tracks, or of stems where that can be heard alone.
LEVELS = ("track", "stem")
#: Distance of a cutoff from neutral, as a part of its range, at which its filter is in use.
ENGAGED = 0.06


@attrs.frozen(eq=False)
class Controls:
    """Groups of parameters that move together, and the range in which each may move.

    Attributes
    ----------
    groups : tuple of tuple of int
        Rows of the layout, one group for each control.
    start : Tensor
        ``[frames, parameters]``: the curves to refine.
    lowest, highest : Tensor
        ``[frames, parameters]``: allowed values.
    span : Tensor
        ``[parameters]``: ranges of the parameters.
    basis : Tensor
        ``[frames, knots]``: linear interpolation between bar lines; 0 on the ends of the window.
    bypassed, engaged : Tensor
        ``[parameters]``: the neutral value of each cutoff, and the next one at which its filter
        has a gradient; NaN for other parameters.
    """

    groups: tuple[tuple[int, ...], ...]
    start: Tensor
    lowest: Tensor
    highest: Tensor
    span: Tensor
    basis: Tensor
    bypassed: Tensor
    engaged: Tensor

    @property
    def n_knots(self) -> int:
        """Number of bar lines inside the window."""
        return int(self.basis.shape[1])

    def apply(self, moves: Tensor) -> Tensor:
        """Add moves to the curves.

        Parameters
        ----------
        moves : Tensor
            ``[controls, knots]``, in ranges of the parameters.

        Returns
        -------
        Tensor
            ``[frames, parameters]``, differentiable in the moves.
        """
        moved = self.start + (self.basis @ moves.T @ self._matrix()) * self.span
        return self.limit(moved)

    def limit(self, curves: Tensor) -> Tensor:
        """Clip curves ``[frames, parameters]`` to the allowed values."""
        return torch.minimum(torch.maximum(curves, self.lowest), self.highest)

    def project(self, curves: Tensor) -> Tensor:
        """Restrict the gradient of curves to moves of the controls.

        Values are unchanged. The gradient is projected orthogonally onto the changes that
        :meth:`apply` can make, in ranges of the parameters: rows of one control change alike,
        linearly between bar lines, and other rows do not change.

        Parameters
        ----------
        curves : Tensor
            ``[frames, parameters]``.

        Returns
        -------
        Tensor
            Same shape.
        """
        matrix = self._matrix()
        moves = torch.linalg.pinv(self.basis) @ ((curves - curves.detach()) / self.span)
        means = (moves @ matrix.T) / matrix.sum(dim=1)
        return curves.detach() + (self.basis @ means @ matrix) * self.span

    def engage(self, curves: Tensor) -> Tensor:
        """Replace the cutoffs of bypassed filters, with the gradient of the filters in use.

        A bypassed filter has no gradient. The cutoffs close to neutral are evaluated just beyond
        the bypass, and their gradient is passed straight through [1]_, so that descent can put a
        filter to use.

        Parameters
        ----------
        curves : Tensor
            ``[frames, parameters]``, see :meth:`apply`.

        Returns
        -------
        Tensor
            Same shape; to be evaluated, not to be kept.

        References
        ----------
        .. [1] Y. Bengio et al., Estimating or Propagating Gradients Through Stochastic Neurons for
           Conditional Computation, 2013.
        """
        close = (curves - self.bypassed).abs() < (self.engaged - self.bypassed).abs()
        return torch.where(close, curves + (self.engaged - curves).detach(), curves)

    def _matrix(self) -> Tensor:
        """Return ``[controls, parameters]``: 1 where a control moves a parameter."""
        matrix = self.start.new_zeros(len(self.groups), self.start.shape[1])
        for index, rows in enumerate(self.groups):
            matrix[index, list(rows)] = 1.0
        return matrix


def make_controls(
    layout: Layout,
    start: Tensor,
    frames_per_bar: int,
    level: str = "track",
    *,
    filters: bool = False,
) -> Controls:
    """Group the parameters of a layout into controls.

    Faders and the EQ's mid and high band are always controls; a filter or a send is one if the
    curves move it. The low band is left to the search over the ownership of the low end. No value
    exceeds its neutral or that of the curves, so that nothing is boosted.

    Parameters
    ----------
    layout : Layout
    start : Tensor
        ``[frames, parameters]``: the curves to refine.
    frames_per_bar : int
        Distance of the knots.
    level : {"track", "stem"}
        Whether the stems of a track move together.
    filters : bool
        Filters that the curves leave at neutral are controls, too; see :meth:`Controls.engage`.

    Returns
    -------
    Controls

    Raises
    ------
    InputError
        If the level is unknown.
    """
    if level not in LEVELS:
        raise InputError(f"The level {level!r} is unknown; choose {' or '.join(LEVELS)}.")
    moves = (start.amax(dim=0) - start.amin(dim=0)) > 0
    groups: dict[tuple[str, ...], list[int]] = {}
    for row in layout.rows:
        is_filter = filters and row.parameter.curve == "frequency"
        if is_filter or _is_control(row, bool(moves[row.index])):
            place = (row.stem,) if level == "stem" and row.parameter.name == "gain" else ()
            key = (row.track, row.node, row.parameter.name, *place)
            groups.setdefault(key, []).append(row.index)
    frames = len(start)
    minimum, maximum, neutral = (
        start.new_tensor([getattr(row.parameter, name) for row in layout.rows])
        for name in ("minimum", "maximum", "neutral")
    )
    opens_upwards = neutral > minimum
    is_cutoff = torch.tensor([row.parameter.curve == "frequency" for row in layout.rows])
    inwards = torch.where(opens_upwards, -1.0, 1.0) * (maximum - minimum)
    return Controls(
        groups=tuple(map(tuple, groups.values())),
        start=start,
        lowest=torch.where(opens_upwards, minimum, torch.minimum(neutral, start)),
        highest=torch.where(opens_upwards, torch.maximum(neutral, start), maximum),
        span=maximum - minimum,
        basis=_basis(frames, frames_per_bar).to(start),
        bypassed=torch.where(is_cutoff, neutral, torch.nan),
        engaged=torch.where(is_cutoff, neutral + ENGAGED * inwards, torch.nan),
    )


def _is_control(row: Row, moves: bool) -> bool:
    parameter = row.parameter
    if parameter.curve == "gain" and parameter.neutral > parameter.minimum:
        return parameter.name != "low"
    return moves


def _basis(frames: int, frames_per_bar: int) -> Tensor:
    """Linear interpolation between the bar lines inside the window, ``[frames, knots]``."""
    knots = torch.tensor(range(frames_per_bar, frames - 1, frames_per_bar), dtype=torch.int64)
    times = torch.arange(frames)
    distance = (times[:, None] - knots).abs() / frames_per_bar
    basis = (1.0 - distance).clamp(min=0.0)
    basis[[0, -1]] = 0.0
    return basis
