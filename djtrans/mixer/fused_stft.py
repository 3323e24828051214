"""Masked short-time spectra, summed over stems: one pass in cache, with its own backward.

For each source (a track) the stems are windowed and transformed, multiplied by their masks, summed
as spectra, transformed back once and overlap-added. A few frames are computed at a time, so that
nothing leaves the cache.

Backward does the same again: as a mask is real, a masked STFT is a symmetric map, and the gradient
of the audio is the masked STFT of the gradient with the windows exchanged. The mask's gradient in
bin f is ``c_f / size * Re(conj(X_f) G_f)``, with X the spectrum of the audio, G that of the
gradient, and c_f = 2 except at DC and Nyquist. Masks are computed again, chunk by chunk, and
differentiated by autograd, so that an effect has no backward to write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from djtrans.mixer.stft import Transform

#: Signals (stems x channels) for which ``chunk_frames`` was chosen; other numbers scale it.
USUAL_SIGNALS = 16
#: A GPU has no use for small chunks.
GPU_CHUNK_FACTOR = 32


@attrs.frozen(eq=False)
class Job:
    """Computation of one call.

    Attributes
    ----------
    transform : Transform
    mask : callable
        From controls ``[rows, controls, frames]`` the mask ``[rows, frames, bins or 1]``.
    frames : int
        Number of frames that can be computed from the audio at hand.
    chunk_frames : int
        Frames computed at a time.
    weights : tuple of Tensor
        Trainable tensors that the mask depends on besides the controls.
    """

    transform: Transform
    mask: Callable[[Tensor], Tensor]
    frames: int
    chunk_frames: int
    weights: tuple[Tensor, ...] = ()


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


def _span(head: Tensor, body: Tensor, start: int, stop: int) -> Tensor:
    """Return samples `start` to `stop` of the concatenation of head and body."""
    edge = head.shape[-1]
    if start >= edge:
        return body[..., start - edge : stop - edge]
    if stop <= edge:
        return head[..., start:stop]
    return torch.cat([head[..., start:], body[..., : stop - edge]], dim=-1)


def _add_span(head: Tensor, body: Tensor, start: int, values: Tensor) -> None:
    """Add `values` at `start` of the concatenation of head and body."""
    edge = head.shape[-1]
    split = min(max(edge - start, 0), values.shape[-1])
    if split:
        head[..., start : start + split] += values[..., :split]
    if split < values.shape[-1]:
        at = max(start - edge, 0)
        body[..., at : at + values.shape[-1] - split] += values[..., split:]


def _overlap_add(frames: Tensor, hop: int) -> Tensor:
    """``[..., frames, size]`` to ``[..., (frames - 1) * hop + size]``."""
    count, size = frames.shape[-2:]
    overlap = size // hop
    out = frames.new_zeros(*frames.shape[:-2], count - 1 + overlap, hop)
    for part in range(overlap):
        out[..., part : part + count, :] += frames[..., part * hop : (part + 1) * hop]
    return out.flatten(-2)


class _Analysis:
    """Spectra ``[sources, ..., count, bins]`` of windowed frames of head and body, concatenated.

    The frames go through one buffer: fresh memory for each chunk would cost as much as the
    transforms.
    """

    def __init__(self, parts: Sequence[tuple[Tensor, Tensor]], window: Tensor, job: Job) -> None:
        self.parts, self.window, self.hop = parts, window, job.transform.hop
        count = min(job.chunk_frames, job.frames)
        shape = parts[0][1].shape[:-1]
        self.buffer = window.new_empty(len(parts), *shape, count, len(window))

    def __call__(self, at: int, count: int) -> Tensor:
        framed, size = self.buffer[..., :count, :], len(self.window)
        for source, (head, body) in enumerate(self.parts):
            audio = _span(head, body, at * self.hop, (at + count - 1) * self.hop + size)
            torch.mul(audio.unfold(-1, size, self.hop), self.window, out=framed[source])
        return torch.fft.rfft(framed)


class _MaskedSum(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, job: Job, sources: int, controls: Tensor, carry: Tensor, *tensors: Tensor
    ) -> tuple[Tensor, Tensor]:
        parts = list(zip(tensors[:sources], tensors[sources : 2 * sources], strict=True))
        t = job.transform
        groups, stems, channels = parts[0][1].shape[:-1]
        finished = carry.new_zeros(sources, groups, channels, job.frames * t.hop)
        carry_out = carry.new_zeros(carry.shape)
        _add_span(finished, carry_out, 0, carry)
        analyse = _Analysis(parts, t.analysis, job)
        for at in range(0, job.frames, job.chunk_frames):
            count = min(job.chunk_frames, job.frames - at)
            spectra = analyse(at, count)
            mask = job.mask(controls[..., at : at + count])
            # A real factor would be promoted anew for each channel: do it once.
            factor = mask.view(sources, groups, stems, 1, count, -1).to(spectra.dtype)
            total = spectra[:, :, 0] * factor[:, :, 0]
            for stem in range(1, stems):
                total.addcmul_(spectra[:, :, stem], factor[:, :, stem])
            audio = torch.fft.irfft(total, n=t.size).mul_(t.synthesis)
            _add_span(finished, carry_out, at * t.hop, _overlap_add(audio, t.hop))
        ctx.job, ctx.sources = job, sources
        ctx.save_for_backward(controls, *tensors[: 2 * sources])
        return finished, carry_out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_finished: Tensor, grad_carry: Tensor) -> tuple[Any, ...]:
        job, sources = ctx.job, ctx.sources
        controls, *tensors = ctx.saved_tensors
        parts = list(zip(tensors[:sources], tensors[sources:], strict=True))
        needs_audio = ctx.needs_input_grad[4 : 4 + 2 * sources]
        needs_controls = ctx.needs_input_grad[2]
        needs_mask = needs_controls or any(ctx.needs_input_grad[4 + 2 * sources :])
        t = job.transform
        groups, stems, _channels = parts[0][1].shape[:-1]
        # A stem may be an expanded view; its gradient needs room of its own.
        grads = [x.new_zeros(x.shape) for x in tensors] if any(needs_audio) else []
        grad_controls = torch.zeros_like(controls) if needs_controls else None
        grad_weights = [torch.zeros_like(w) for w in job.weights]
        scale = t.freqs_hz.new_full(t.freqs_hz.shape, 2 / t.size)
        scale[0] = scale[-1] = 1 / t.size
        analyse = _Analysis(parts, t.analysis, job)
        ahead = [(grad_finished[i], grad_carry[i]) for i in range(sources)]
        analyse_grad = _Analysis(ahead, t.synthesis, job)
        for at in range(0, job.frames, job.chunk_frames):
            count = min(job.chunk_frames, job.frames - at)
            grad_spectra = analyse_grad(at, count)
            with torch.enable_grad():
                chunk = controls[..., at : at + count].detach().requires_grad_(needs_mask)
                mask = job.mask(chunk)
            if needs_mask and mask.requires_grad:
                spectra = analyse(at, count)
                weighted = (grad_spectra * scale).conj().resolve_conj().unsqueeze(2)
                product = spectra.mul_(weighted).real.sum(dim=3)
                product = product.reshape(sources * groups * stems, count, -1)
                if mask.shape[-1] == 1:
                    product = product.sum(dim=-1, keepdim=True)
                found = torch.autograd.grad(mask, [chunk, *job.weights], product, allow_unused=True)
                if grad_controls is not None and found[0] is not None:
                    grad_controls[..., at : at + count] = found[0]
                for total, part in zip(grad_weights, found[1:], strict=True):
                    if part is not None:
                        total += part
            if any(needs_audio):
                factor = mask.detach().view(sources, groups, stems, 1, count, -1)
                audio = torch.fft.irfft(
                    grad_spectra.unsqueeze(2) * factor.to(grad_spectra.dtype), n=t.size
                ).mul_(t.analysis)
                audio = _overlap_add(audio, t.hop)
                for i in range(sources):
                    _add_span(grads[i], grads[sources + i], at * t.hop, audio[i])
        edge = t.overlap
        whole = torch.cat([grad_finished[..., :edge], grad_carry], dim=-1)[..., :edge]
        audio_grads = grads if grads else [None] * len(tensors)
        return (None, None, grad_controls, whole, *audio_grads, *grad_weights)
