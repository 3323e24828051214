"""Run demucs' networks over segments that overlap, several at a time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from djtrans.core.contracts.progress import FractionCallback


def separate_in_batches(
    ensemble: Any,
    mix: Tensor,
    *,
    segment: int,
    overlap: float,
    batch: int,
    device: str,
    progress: FractionCallback,
) -> Tensor:
    """Separate audio as ``demucs.apply.apply_model`` does, but several segments in one call.

    Parameters
    ----------
    ensemble : demucs.apply.BagOfModels
        Of networks on `device`, in evaluation mode.
    mix : Tensor
        ``[2, samples]`` on the CPU, at least one sample.
    segment : int
        Length of a segment in samples, at most the length that the networks were trained with.
    overlap : float
        Fraction of a segment that overlaps with the next one, 0 to less than 1.
    batch : int
        Number of segments in one call of a network; memory grows with it.
    device : str
    progress : callable
        Receives the fraction that is done after each call of a network.

    Returns
    -------
    Tensor
        ``[sources, 2, samples]`` on the CPU, sources in the order of the ensemble.
    """
    stride, count = int((1 - overlap) * segment), len(ensemble.models)
    stems = torch.zeros(len(ensemble.sources), *mix.shape)
    for index, (network, shares) in enumerate(zip(ensemble.models, ensemble.weights, strict=True)):

        def report(fraction: float, index: int = index) -> None:
            progress((index + fraction) / count)

        own = _separate_by(network, mix, segment, stride, batch, device, report)
        stems += own.mul_(torch.tensor(shares)[:, None, None])
    return stems.div_(torch.tensor(ensemble.weights).sum(dim=0)[:, None, None])


def _separate_by(
    network: Any,
    mix: Tensor,
    segment: int,
    stride: int,
    batch: int,
    device: str,
    progress: FractionCallback,
) -> Tensor:
    """Separate by one network: overlapping segments, averaged with triangular weights."""
    samples = mix.shape[-1]
    ramp = torch.arange(1, segment + 1)
    weight = torch.minimum(ramp, segment + 1 - ramp) / ((segment + 1) // 2)
    stems = torch.zeros(len(network.sources), *mix.shape)
    total = torch.zeros(samples)
    padded = pad(mix, (segment, segment))
    offsets = range(0, samples, stride)
    for first in range(0, len(offsets), batch):
        chosen = offsets[first : first + batch]
        lengths = [min(segment, samples - offset) for offset in chosen]
        # What is shorter at the end is in the middle of what the network gets.
        before = [(segment - length) // 2 for length in lengths]
        starts = [segment + offset - n for offset, n in zip(chosen, before, strict=True)]
        fed = torch.stack([padded[:, start : start + segment] for start in starts])
        with torch.no_grad():
            separated = network(fed.to(device)).cpu()
        for own, offset, length, n in zip(separated, chosen, lengths, before, strict=True):
            stems[..., offset : offset + length] += weight[:length] * own[..., n : n + length]
            total[offset : offset + length] += weight[:length]
        progress(min(1.0, (first + batch) / len(offsets)))
    return stems.div_(total)
