"""Slices of a signal that are zero-padded beyond its ends."""

from __future__ import annotations

import torch
from torch import Tensor


def padded_slice(audio: Tensor, start: int, stop: int) -> Tensor:
    """Slice samples `start` to `stop`, zero-padded beyond the ends of the signal.

    Parameters
    ----------
    audio : Tensor
        ``[..., samples]``.
    start, stop : int
        First sample and the sample after the last. They may be negative or beyond the end; `stop`
        is at least `start`.

    Returns
    -------
    Tensor
        ``[..., stop - start]``; a view if no padding is needed.
    """
    samples = int(audio.shape[-1])
    begin, end = min(max(start, 0), samples), min(max(stop, 0), samples)
    cut = audio[..., begin:end]
    if end - begin == stop - start:
        return cut
    lead = min(max(-start, 0), stop - start)
    return torch.nn.functional.pad(cut, (lead, stop - start - lead - (end - begin)))
