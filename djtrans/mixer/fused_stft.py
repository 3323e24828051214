"""Masked short-time spectra, summed over stems: one pass in cache, with its own backward.

For each source (a track) the stems are windowed and transformed, multiplied by their masks, summed
as spectra, transformed back once and overlap-added. A few frames are computed at a time, so that
nothing leaves the cache. Stems with equal masks are added before the transform; a mask that is
the same at all frequencies needs no transform: it is an envelope in time. Silence is left out.

Backward does the same again: as a mask is real, a masked STFT is a symmetric map, and the gradient
of the audio is the masked STFT of the gradient with the windows exchanged. The mask's gradient in
bin f is ``c_f / size * Re(conj(X_f) G_f)``, with X the spectrum of the audio, G that of the
gradient, and c_f = 2 except at DC and Nyquist. Masks are computed again, chunk by chunk, and
differentiated by autograd, so that an effect has no backward to write. A mask that is neutral or
held has a gradient in every frame, so none is left out there, except those of silent stems.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from djtrans.mixer.chunks import Job, add_span, chunks_of, is_silent


def masked_sum(
    job: Job, controls: Tensor, carry: Tensor, heads: Sequence[Tensor], bodies: Sequence[Tensor]
) -> tuple[Tensor, Tensor]:
    """Filter every stem by its mask and sum the stems of each source.

    Parameters
    ----------
    job : Job
    controls : Tensor
        ``[sources * groups * stems, controls, frames]``.
    carry : Tensor
        ``[sources, groups, channels, size - hop]``: what earlier frames left to be added.
    heads, bodies : sequence of Tensor
        For each source the audio in two parts, ``[groups, stems, channels, samples]``: what was
        kept from before, and what is new. The first frame starts at the first sample of the head.

    Returns
    -------
    finished : Tensor
        ``[sources, groups, channels, frames * hop]``.
    carry : Tensor
        As the argument, for the next call.
    """
    finished, carry_out = _MaskedSum.apply(
        job, len(heads), controls, carry, *heads, *bodies, *job.weights
    )
    return finished, carry_out


class _MaskedSum(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, job: Job, sources: int, controls: Tensor, carry: Tensor, *tensors: Tensor
    ) -> tuple[Tensor, Tensor]:
        inputs = list(zip(tensors[:sources], tensors[sources : 2 * sources], strict=True))
        t = job.transform
        groups, stems, channels = inputs[0][1].shape[:-1]
        finished = carry.new_zeros(sources, groups, channels, controls.shape[-1] * t.hop)
        carry_out = carry.new_zeros(carry.shape)
        add_span(finished, carry_out, 0, carry)
        split = controls.unflatten(0, (sources, groups, stems))
        for chunk, some in chunks_of(job, split, controls.shape[0] * channels):
            totals: list[Tensor | None] = [None] * sources
            for part in chunk.parts(some):
                audio, source = chunk.audio(inputs[part.source], part.stems), part.source
                if is_silent(audio):
                    continue
                if part.mask.shape[-1] == 1:
                    audio = audio * job.envelope(part.mask, chunk.frames)
                    out = finished[source, chunk.items], carry_out[source, chunk.items]
                    add_span(*out, chunk.start, audio)
                    continue
                spectra = chunk.spectra(audio, t.analysis)
                # A real factor would be promoted anew for each channel: do it once.
                factor = part.mask.unsqueeze(1).to(spectra.dtype)
                total = totals[source]
                if total is None:
                    totals[source] = spectra.mul_(factor)
                else:
                    total.addcmul_(spectra, factor)
            for source, total in enumerate(totals):
                if total is not None:
                    out = finished[source, chunk.items], carry_out[source, chunk.items]
                    add_span(*out, chunk.start, chunk.samples(total, t.synthesis))
        ctx.job, ctx.sources = job, sources
        ctx.save_for_backward(controls, *tensors[: 2 * sources])
        return finished, carry_out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_finished: Tensor, grad_carry: Tensor) -> tuple[Any, ...]:
        job, sources = ctx.job, ctx.sources
        controls, *tensors = ctx.saved_tensors
        inputs = list(zip(tensors[:sources], tensors[sources:], strict=True))
        needed = ctx.needs_input_grad[4 : 4 + 2 * sources]
        needs_audio = [needed[i] or needed[i + sources] for i in range(sources)]
        needs_controls = ctx.needs_input_grad[2]
        needs_mask = needs_controls or any(ctx.needs_input_grad[4 + 2 * sources :])
        t = job.transform
        groups, stems, channels = inputs[0][1].shape[:-1]
        # A stem may be an expanded view; its gradient needs room of its own.
        grads = [
            x.new_zeros(x.shape) if needs else None
            for x, needs in zip(tensors, 2 * needs_audio, strict=True)
        ]
        split = controls.unflatten(0, (sources, groups, stems))
        grad_controls = torch.zeros_like(split) if needs_controls else None
        grad_weights = [torch.zeros_like(w) for w in job.weights]
        scale = t.freqs_hz.new_full(t.freqs_hz.shape, 2 / t.size)
        scale[0] = scale[-1] = 1 / t.size
        for chunk, some in chunks_of(job, split, controls.shape[0] * channels):
            ahead = [chunk.audio((grad_finished[i], grad_carry[i])) for i in range(sources)]
            moved = [i for i in range(sources) if not is_silent(ahead[i])]
            if not moved:
                continue
            spectra = {i: chunk.spectra(ahead[i], t.synthesis) for i in moved}
            product = None
            if needs_mask:
                with torch.enable_grad():
                    given = some.detach().requires_grad_(True)
                    masks = job.masks(given.flatten(0, 2))
                product = masks.detach().unflatten(0, some.shape[:3])
                if masks.requires_grad:
                    grad_masks = torch.zeros_like(product)
                    for i in moved:
                        weighted = spectra[i] * scale
                        for stem in range(stems):
                            audio = chunk.audio(inputs[i], (stem,))
                            if not is_silent(audio):
                                found = grad_masks[i, :, stem]
                                _correlate(chunk.spectra(audio, t.analysis), weighted, found)
                    wanted = [given, *job.weights]
                    first, *rest = torch.autograd.grad(
                        masks, wanted, grad_masks.flatten(0, 2), allow_unused=True
                    )
                    if grad_controls is not None and first is not None:
                        at = slice(chunk.at, chunk.at + chunk.frames)
                        grad_controls[:, chunk.items, ..., at] = first
                    for total, grad in zip(grad_weights, rest, strict=True):
                        if grad is not None:
                            total += grad
            if not any(needs_audio):
                continue
            for part in chunk.parts(some.detach(), product):
                i = part.source
                head, body = grads[i], grads[i + sources]
                if i not in spectra or head is None or body is None:
                    continue
                if part.mask.shape[-1] == 1:
                    audio = ahead[i] * job.envelope(part.mask, chunk.frames)
                else:
                    factor = part.mask.unsqueeze(1).to(spectra[i].dtype)
                    audio = chunk.samples(spectra[i] * factor, t.analysis)
                for stem in part.stems:
                    add_span(head[chunk.items, stem], body[chunk.items, stem], chunk.start, audio)
        edge = t.overlap
        whole = torch.cat([grad_finished[..., :edge], grad_carry], dim=-1)[..., :edge]
        found_controls = None if grad_controls is None else grad_controls.flatten(0, 2)
        return (None, None, found_controls, whole, *grads, *grad_weights)


def _correlate(spectra: Tensor, weighted: Tensor, out: Tensor) -> None:
    """Sum ``Re(conj(x) y)`` over the channels into `out`, ``[items, frames, bins or 1]``."""
    x, y = (torch.view_as_real(z).unbind(dim=1) for z in (spectra, weighted))
    both = x[0].mul_(y[0])
    for channel in range(1, len(x)):
        both.addcmul_(x[channel], y[channel])
    if out.shape[-1] == 1:
        out.copy_(both.sum(dim=(-2, -1)).unsqueeze(-1))
    else:
        torch.add(both[..., 0], both[..., 1], out=out)
