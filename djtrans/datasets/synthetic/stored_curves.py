"""Curves that are stored with a dataset, and the value of the objectives for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import torch
from torch import Tensor

#: Names of the arrays in a file, after the name of the part.
_VALUES, _COMPOSITION, _COST, _REFINED = "values", "composition", "cost", "refined"


@attrs.frozen(eq=False)
class StoredCurves:
    """Curves for one composition.

    Attributes
    ----------
    composition : int
        Index in the compositions of the part.
    values : Tensor
        ``[frames, parameters]``, -1 to 1.
    cost : float
        Weighted sum of the objectives; lower is better.
    refined : bool
        True if the curves were refined by the objectives, False if a technique generated them.

    See Also
    --------
    SyntheticDataset : Contains stored curves for training and validation.

    Examples
    --------
    >>> import torch
    >>> from djtrans.datasets import StoredCurves
    >>> curves = StoredCurves(0, torch.zeros(128, 54), cost=3.2, refined=True)
    >>> tuple(curves.values.shape)
    (128, 54)
    """

    composition: int
    values: Tensor
    cost: float
    refined: bool


def improvements(curves: Sequence[StoredCurves]) -> list[float]:
    """Rate the curves of one composition.

    Parameters
    ----------
    curves : sequence of StoredCurves
        All of one composition.

    Returns
    -------
    list of float
        Share of the known improvement, -1 to 1: 0 for the mean cost of the technique's own curves,
        1 for the lowest known cost; 0 for all if there is no difference.
    """
    own = [each.cost for each in curves if not each.refined]
    mean = sum(own) / max(1, len(own))
    most = mean - min((each.cost for each in curves), default=mean)
    if most < 1e-6:
        return [0.0] * len(curves)
    return [max(-1.0, (mean - each.cost) / most) for each in curves]


def curve_tensors(curves: Iterable[StoredCurves], part: str) -> dict[str, Tensor]:
    """Convert stored curves to the tensors of a safetensors file."""
    every = list(curves)
    if not every:
        return {}
    return {
        f"{part}/{_VALUES}": torch.cat([each.values for each in every]).half(),
        f"{part}/{_COMPOSITION}": torch.tensor([each.composition for each in every]),
        f"{part}/{_COST}": torch.tensor([each.cost for each in every], dtype=torch.float32),
        f"{part}/{_REFINED}": torch.tensor([each.refined for each in every]),
    }


def read_curves(
    tensors: Mapping[str, Tensor], part: str, frames: Sequence[int]
) -> tuple[StoredCurves, ...]:
    """Read what :func:`curve_tensors` wrote; empty if there is nothing.

    Parameters
    ----------
    tensors : mapping of str to Tensor
    part : str
    frames : sequence of int
        Frames of each composition.

    Raises
    ------
    ValueError
        If the curves do not fit the compositions.
    """
    if f"{part}/{_VALUES}" not in tensors:
        return ()
    of = tensors[f"{part}/{_COMPOSITION}"].tolist()
    if of and not 0 <= min(of) <= max(of) < len(frames):
        raise ValueError(f"its curves of {part} are of compositions that it does not have")
    # Raises ValueError or RuntimeError if the lengths do not sum up.
    split = tensors[f"{part}/{_VALUES}"].split([frames[index] for index in of])
    rows: zip[tuple[Any, ...]] = zip(
        of,
        split,
        tensors[f"{part}/{_COST}"].tolist(),
        tensors[f"{part}/{_REFINED}"].tolist(),
        strict=True,
    )
    return tuple(StoredCurves(*row) for row in rows)
