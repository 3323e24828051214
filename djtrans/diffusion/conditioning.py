"""Concatenate and split the conditioning of several encoders."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch

from djtrans.core.contracts.denoiser import DenoiserShape
from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.errors import InputError, ShapeError


@attrs.frozen
class ConditioningSlot:
    """Channels of one encoder in the conditioning.

    Attributes
    ----------
    encoder : str
        Name of the encoder.
    per_frame, global_ : int
        Number of channels per frame and of global channels.
    dropout : float
        Fraction of training examples in which its null embedding replaces it, 0 to 1.
    inputs : tuple of int, optional
        Channels per frame and global channels of the inputs of a trainable encoder
        (:class:`~djtrans.core.contracts.encoder.TrainableEncoder`); None for other encoders.
    extractor : tuple of (str, int), optional
        Name and version of the encoder's feature extractor; None if it has none.
    """

    encoder: str
    per_frame: int
    global_: int
    dropout: float = 0.1
    inputs: tuple[int, int] | None = None
    extractor: tuple[str, int] | None = None

    def __attrs_post_init__(self) -> None:
        if self.per_frame < 0 or self.global_ < 0 or not 0.0 <= self.dropout <= 1.0:
            raise InputError(
                f"{self} is not allowed: channel counts are at least 0, and a dropout lies between "
                "0 and 1."
            )

    @property
    def input_widths(self) -> tuple[int, int]:
        """Channels per frame and global channels of the result of ``encode``."""
        return (self.per_frame, self.global_) if self.inputs is None else self.inputs


def shape_for(parameters: int, slots: Sequence[ConditioningSlot]) -> DenoiserShape:
    """Compute the widths of a denoiser from the number of parameters and the slots."""
    return DenoiserShape(parameters, sum(s.per_frame for s in slots), sum(s.global_ for s in slots))


def concatenate(parts: Sequence[Conditioning]) -> Conditioning:
    """Concatenate the conditioning of several encoders along the channels.

    Parameters
    ----------
    parts : sequence of Conditioning
        At least one, of equal batch and frames. The mask is that of the first part that has one.

    Raises
    ------
    ShapeError
        If the parts differ in batch or frames.
    """
    sizes = {(*part.per_frame.shape[:2], part.global_.shape[0]) for part in parts}
    if len(sizes) != 1:
        raise ShapeError(
            "Encoders must agree on batch and frames; per_frame and global_ have the shapes "
            + ", ".join(f"{(*p.per_frame.shape,)} and {(*p.global_.shape,)}" for p in parts)
            + "."
        )
    return Conditioning(
        torch.cat([part.per_frame for part in parts], dim=-1),
        torch.cat([part.global_ for part in parts], dim=-1),
        next((part.mask for part in parts if part.mask is not None), None),
    )


def split(joined: Conditioning, widths: Sequence[tuple[int, int]]) -> list[Conditioning]:
    """Split conditioning into the parts of its encoders: the inverse of :func:`concatenate`.

    Parameters
    ----------
    joined : Conditioning
        ``[batch, frames, sum of C]`` and ``[batch, sum of G]``.
    widths : sequence of (int, int)
        Channels per frame and global channels of each part, in order.

    Returns
    -------
    list of Conditioning
        Parts with the mask of `joined`.

    Raises
    ------
    ShapeError
        If the widths do not add up to those of `joined`.
    """
    given = joined.per_frame.shape[-1], joined.global_.shape[-1]
    expected = sum(w[0] for w in widths), sum(w[1] for w in widths)
    if given != expected:
        raise ShapeError(
            f"The conditioning has {given[0]} channels per frame and {given[1]} global ones; the "
            f"encoders give {expected[0]} and {expected[1]}. Encode with the encoders of the model."
        )
    per_frame = joined.per_frame.split([w[0] for w in widths], dim=-1)
    global_ = joined.global_.split([w[1] for w in widths], dim=-1)
    return [Conditioning(*part, joined.mask) for part in zip(per_frame, global_, strict=True)]
