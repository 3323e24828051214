"""Uniformly partitioned convolution (overlap-save), and its gradient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def convolve(line: Tensor, history: Tensor, response: Tensor) -> tuple[Tensor, Tensor]:
    """Convolve new blocks of a signal with a response in partitions.

    Its gradient is the same convolution, backward in time.

    Parameters
    ----------
    line : Tensor
        ``[..., channels, (1 + count) * block]``: the last block and the new ones.
    history : Tensor
        ``[..., channels, partitions - 1, bins]``: spectra of earlier pairs of blocks.
    response : Tensor
        ``[partitions, channels, bins]``: spectra of the partitions, each padded to two blocks.

    Returns
    -------
    wet : Tensor
        ``[..., channels, count * block]``.
    history : Tensor
        As the argument, for the next call.
    """
    wet, newest = _Convolution.apply(line, history, response)
    return wet, newest


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, line: Tensor, history: Tensor, response: Tensor) -> tuple[Tensor, Tensor]:
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(response)
        block, kept = response.shape[-1] - 1, history.shape[-2]
        spectra = torch.fft.rfft(line.unfold(-1, 2 * block, block))
        ctx.sizes = block, kept, spectra.shape[-2]
        total = spectra * response[0].unsqueeze(-2)
        for source, target, index in _terms(history, spectra, total, len(response)):
            target.addcmul_(source, response[index].unsqueeze(-2))
        ends = spectra if kept <= spectra.shape[-2] else torch.cat([history, spectra], dim=-2)
        newest = ends[..., ends.shape[-2] - kept :, :].clone()
        return torch.fft.irfft(total, n=2 * block)[..., block:].flatten(-2), newest

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, grad: Tensor | None, grad_newest: Tensor | None
    ) -> tuple[Tensor | None, Tensor | None, None]:
        (response,) = ctx.saved_tensors
        block, kept, count = ctx.sizes
        mirrored = response.conj().resolve_conj()
        if grad is None:  # only later output has a gradient
            if grad_newest is None:
                return None, None, None
            like = grad_newest.real
            grad = like.new_zeros(*like.shape[:-2], count * block)
        # The real transforms count each bin between the first and the last twice.
        blocks = torch.nn.functional.pad(2 * grad.unflatten(-1, (count, block)), (block, 0))
        total = torch.fft.rfft(blocks, norm="forward")
        total[..., ::block] *= 0.5
        spectra = total * mirrored[0].unsqueeze(-2)
        history = None
        if ctx.needs_input_grad[1]:
            history = total.new_zeros(*total.shape[:-2], kept, block + 1)
        for source, target, index in _terms(history, spectra, total, len(response)):
            source.addcmul_(target, mirrored[index].unsqueeze(-2))
        if grad_newest is not None:
            recent = min(kept, count)
            spectra[..., count - recent :, :] += grad_newest[..., kept - recent :, :]
            if history is not None and kept > count:
                history[..., count:, :] += grad_newest[..., : kept - count, :]
        spectra[..., ::block] *= 2
        frames = torch.fft.irfft(spectra, n=2 * block, norm="forward").mul_(0.5)
        line = grad.new_zeros(*grad.shape[:-1], count + 1, block)
        line[..., :-1, :] = frames[..., :block]
        line[..., 1:, :] += frames[..., block:]
        return line.flatten(-2), history, None


def _terms(
    history: Tensor | None, spectra: Tensor, total: Tensor, partitions: int
) -> Iterator[tuple[Tensor, Tensor, int]]:
    """Pair blocks of input with the output that each partition after the first moves them to."""
    count = spectra.shape[-2]
    for index in range(1, min(count, partitions)):
        yield spectra[..., : count - index, :], total[..., index:, :], index
    if history is not None:
        kept = history.shape[-2]
        for index in range(1, kept + 1):
            reached = min(index, count)
            first = kept - index
            yield history[..., first : first + reached, :], total[..., :reached, :], index
