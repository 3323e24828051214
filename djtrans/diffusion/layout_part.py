"""Compare the layouts of a model and a mixer, and generate a part of the mixer's curves."""

from __future__ import annotations

from typing import Any

import attrs
from torch import Tensor

from djtrans.core.contracts.mixer_spec import MASTER_BUS, TRACK_BUS
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.parameter import Parameter
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import LayoutError, ShapeError
from djtrans.diffusion.normalization import Scaling


def layout_difference(trained: Layout, given: Layout) -> str:
    """Describe how the layout of a mixer differs from that of a model; ``""`` if equal."""
    if trained.digest == given.digest:
        return ""
    lacking = [key for key in trained.keys if key not in set(given.keys)]
    unknown = [key for key in given.keys if key not in set(trained.keys)]
    parts = []
    if unknown:
        parts.append(f"the mixer has {_abbreviate(unknown)}, which the model does not know")
    if lacking:
        parts.append(f"the model generates {_abbreviate(lacking)}, which the mixer lacks")
    if not parts:
        known = {row.key: row.parameter for row in trained.rows}
        changed = [row.key for row in given.rows if row.parameter != known[row.key]]
        parts.append(
            f"{_abbreviate(changed)} have another range or unit" if changed else "the order differs"
        )
    return "; ".join(parts)


def uncovered(trained: Layout, given: Layout) -> str:
    """Describe why a model cannot generate its part of a mixer's curves; ``""`` if it can.

    It can if the mixer has the same stems, and every parameter of the model with the same meaning.
    The mixer may have further parameters, in any order.

    Parameters
    ----------
    trained : Layout
        Layout of the model.
    given : Layout
        Layout of the mixer.
    """
    meanings = {row.key: _meaning(row.parameter) for row in given.rows}
    lacking = [key for key in trained.keys if key not in meanings]
    changed = [
        row.key
        for row in trained.rows
        if row.key in meanings and meanings[row.key] != _meaning(row.parameter)
    ]
    parts = []
    if _stems(given) - _stems(trained):
        parts.append(
            f"the mixer has the stems {', '.join(sorted(_stems(given)))}, the model was trained on "
            f"{', '.join(sorted(_stems(trained)))}"
        )
    if lacking:
        parts.append(f"the model generates {_abbreviate(lacking)}, which the mixer lacks")
    if changed:
        parts.append(f"{_abbreviate(changed)} have another range or unit")
    return "; ".join(parts)


def other_keys(trained: Layout, given: Layout) -> tuple[str, ...]:
    """Return the keys of a mixer's parameters that a model does not generate."""
    known = set(trained.keys)
    return tuple(key for key in given.keys if key not in known)


def check_layout(trained: Layout, given: Layout) -> None:
    """Raise if a model cannot generate its part of a mixer's curves; the message states why.

    Raises
    ------
    LayoutError
        If the mixer lacks parameters of the model, or has other stems.
    """
    if why := uncovered(trained, given):
        raise LayoutError(
            f"The model was trained for another mixer: {why}. Choose the mixer that it was "
            "trained for or one with further effects, a technique, or train a model for this one "
            "(djtrans train --mixer)."
        )


@attrs.frozen(eq=False)
class LayoutPart:
    """Part of a request's layout that a model generates, and the curves of the rest.

    Attributes
    ----------
    request : CurveRequest
        Request for the whole layout.
    own : CurveRequest
        Request for the model's layout.
    columns : list of int
        Columns of the whole layout, in the order of the model's layout.
    """

    request: CurveRequest
    own: CurveRequest
    columns: list[int]

    @classmethod
    def of(cls, trained: Layout, request: CurveRequest) -> LayoutPart:
        """Find a model's part of a request; the layout must pass :func:`check_layout`."""
        columns = [request.layout.index(key) for key in trained.keys]
        return cls(request, attrs.evolve(request, layout=trained, rest=None), columns)

    @property
    def is_whole(self) -> bool:
        """True if there is nothing else, and the order is the same."""
        return self.columns == list(range(len(self.request.layout)))

    def select(self, values: Tensor) -> Tensor:
        """Return the model's columns of ``[..., parameters]`` of the whole layout."""
        return values if self.is_whole else values[..., self.columns]

    def insert(self, curves: Tensor) -> Tensor:
        """Put the model's curves ``[..., frames, parameters]`` among those of the rest."""
        return curves if self.is_whole else self._insert(curves, self._rest(curves))

    def insert_normalized(self, curves: Tensor) -> Tensor:
        """Do as :meth:`insert`, for curves from -1 to 1."""
        if self.is_whole:
            return curves
        return self._insert(curves, Scaling(self.request.layout).to_model(self._rest(curves)))

    def _insert(self, curves: Tensor, rest: Tensor) -> Tensor:
        whole = rest.expand(*curves.shape[:-1], -1).clone()
        whole[..., self.columns] = curves
        return whole

    def _rest(self, like: Tensor) -> Tensor:
        """Return the given curves of the whole layout, neutral ones by default."""
        layout, given = self.request.layout, self.request.rest
        expected = (self.request.n_frames, len(layout))
        if given is None:
            return like.new_tensor(layout.neutral).expand(*expected)
        if tuple(given.shape) != expected:
            raise ShapeError(
                f"CurveRequest.rest has the shape {tuple(given.shape)}; give curves {expected} "
                "[frames, parameters] of the whole layout."
            )
        return given.to(like)


def _meaning(parameter: Parameter) -> tuple[Any, ...]:
    p = parameter
    return (float(p.minimum), float(p.maximum), float(p.neutral), p.curve, p.edge)


def _stems(layout: Layout) -> set[str]:
    return {row.stem for row in layout.rows} - {TRACK_BUS, MASTER_BUS}


def _abbreviate(keys: list[str]) -> str:
    """List keys, of which two are written out."""
    rest = f" and {len(keys) - 2} more" if len(keys) > 2 else ""
    return ", ".join(keys[:2]) + rest
