"""Move stems as one control where a difference between them is not audible."""

from __future__ import annotations

from torch import Tensor

from djtrans.core.curves.layout import Layout

#: Difference of two curves, in ranges of the parameter, that is not noticed: half a decibel of a
#: fader near its top.
TIED = 0.05


def tie_stems(values: Tensor, layout: Layout, tolerance: float = TIED) -> Tensor:
    """Give stems whose curves are nearly equal one curve, and unused parameters their neutral.

    Samples of a model differ a little from stem to stem where its training data do not. One curve
    is easier to read and edit, and cheaper to render.

    Parameters
    ----------
    values : Tensor
        ``[..., frames, parameters]``.
    layout : Layout
        Parameters of the last axis.
    tolerance : float
        Largest difference that is removed, in ranges of the parameter: of a stem's curve from the
        median of the track's stems, and of a curve from neutral.

    Returns
    -------
    Tensor
        Same shape; a new tensor. Stems within the tolerance in all frames get their mean.

    Examples
    --------
    >>> import djtrans, torch
    >>> from djtrans.core.curves.tying import tie_stems
    >>> layout = djtrans.mixer_layout()
    >>> values = torch.tensor(layout.neutral).repeat(8, 1)
    >>> highs = layout.select("a/*/eq/high")
    >>> values[:, highs] = torch.tensor([0.25, 0.28125, 0.3125, 1.0])
    >>> tie_stems(values, layout)[0, highs].tolist()
    [0.28125, 0.28125, 0.28125, 1.0]
    """
    neutral = values.new_tensor(layout.neutral)
    near = tolerance * values.new_tensor([row.parameter.span for row in layout.rows])
    unused = ((values - neutral).abs() <= near).all(dim=-2, keepdim=True)
    out = values.where(~unused, neutral)
    for rows in layout.controls():
        curves = out[..., rows]
        # Lower and upper median, since torch's is the lower one of an even number.
        median = (curves.median(dim=-1).values - (-curves).median(dim=-1).values) / 2.0
        tied = ((curves - median[..., None]).abs() <= near[rows]).all(dim=-2, keepdim=True)
        mean = (curves * tied).sum(dim=-1, keepdim=True) / tied.sum(dim=-1, keepdim=True).clamp(1)
        out[..., rows] = mean.where(tied, curves)
    return out
