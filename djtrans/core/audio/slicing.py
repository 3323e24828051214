"""Part of a signal that may reach beyond its ends."""

from __future__ import annotations

import torch
from torch import Tensor


def padded_slice(audio: Tensor, start: int, stop: int) -> Tensor:
    """Samples `start` to `stop`, zero where there are none.

    Parameters
    ----------
    audio : Tensor
        ``[..., samples]``.
    start, stop : int
        Either may be negative or beyond the end; `stop` is at least `start`.

    Returns
    -------
    Tensor
        ``[..., stop - start]``; a view where nothing has to be filled in.
    """
    samples = int(audio.shape[-1])
    begin, end = min(max(start, 0), samples), min(max(stop, 0), samples)
    cut = audio[..., begin:end]
    if end - begin == stop - start:
        return cut
    lead = min(max(-start, 0), stop - start)
    return torch.nn.functional.pad(cut, (lead, stop - start - lead - (end - begin)))
