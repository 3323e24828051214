"""Tie curves of stems that differ less than can be heard apart."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.contracts.mixer_spec import TRACK_BUS
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.parameter import Parameter

#: Differences of gain up to this (dB) are inaudible in music: each curve changes by less.
GAIN_TOLERANCE_DB = 1.0
#: Gains below this count as silence (dB).
LOWEST_GAIN_DB = -60.0
#: Tolerance of other parameters, as a fraction of the range: 7 % of a cutoff frequency.
RANGE_TOLERANCE = 0.01


def tied(values: Tensor, layout: Layout) -> Tensor:
    """Replace curves of a track's stems that are equal within audibility by their mean.

    Stems are tied if no parameter of any two of them differs by more than the tolerances in any
    frame. Equal curves are easier to read and to edit, and the mixer renders such stems as one.

    Parameters
    ----------
    values : Tensor
        ``[frames, parameters]``.
    layout : Layout
        Parameters of the last axis.

    Returns
    -------
    Tensor
        Same shape; a new tensor.
    """
    out = values.clone()
    tracks: dict[str, dict[str, list[int]]] = {}
    for row in layout.rows:
        if row.track != "mix" and row.stem != TRACK_BUS:
            tracks.setdefault(row.track, {}).setdefault(row.stem, []).append(row.index)
    for stems in tracks.values():
        for group in _groups(values, layout, list(stems.values())):
            curves = torch.stack([values[..., rows] for rows in group])
            if not torch.equal(curves, curves[:1].expand_as(curves)):
                mean = curves.mean(dim=0)
                for rows in group:
                    out[..., rows] = mean
    return out


def _groups(values: Tensor, layout: Layout, stems: list[list[int]]) -> list[list[list[int]]]:
    """Group stems, each given by the rows of its parameters."""
    scaled = torch.stack(
        [_tolerances(values[..., row.index], row.parameter) for row in layout.rows], dim=-1
    )
    groups: list[list[list[int]]] = []
    for rows in stems:
        for group in groups:
            off = [(scaled[..., rows] - scaled[..., other]).abs().max() for other in group]
            if max(off) <= 1.0:
                group.append(rows)
                break
        else:
            groups.append([rows])
    return groups


def _tolerances(curve: Tensor, parameter: Parameter) -> Tensor:
    """Scale a curve so that a difference of 1 is the tolerance."""
    if parameter.curve == "gain":
        least = 10.0 ** (LOWEST_GAIN_DB / 20.0)
        return 20.0 * torch.log10(curve.clamp(min=least)) / GAIN_TOLERANCE_DB
    return curve / (RANGE_TOLERANCE * parameter.span)
