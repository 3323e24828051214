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

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from djtrans.mixer.masks import MaskProduct, Part
from djtrans.mixer.stft import Transform

#: A GPU has no use for small chunks: it takes all items of a batch at once, and as many frames as
#: this many times the chunk for this many signals (stems x channels).
GPU_CHUNK_FACTOR, USUAL_SIGNALS = 32, 16
#: Samples between those that are looked at first, to find out if a signal is silent.
_SPARSE = 512


@attrs.frozen(eq=False)
class Job:
    """Computation of a run of spectral nodes.

    Attributes
    ----------
    transform : Transform
    masks : MaskProduct
    chunk_frames : int
        Frames computed at a time.
    weights : tuple of Tensor
        Trainable tensors that the masks depend on besides the controls.
    """

    transform: Transform
    masks: MaskProduct
    chunk_frames: int
    weights: tuple[Tensor, ...] = ()
    _unity: dict[int, Tensor] = attrs.field(init=False, factory=dict)

    def envelope(self, gain: Tensor, frames: int) -> Tensor:
        """Compute the gain of each sample, ``[items, 1, samples]``, from ``[items, frames, 1]``.

        Where a gain does not change (one frame is given for all), it only fades in and out with
        the windows of the first and last frame.
        """
        t = self.transform
        if frames not in self._unity:
            window = (t.analysis * t.synthesis).expand(1, frames, -1)
            self._unity[frames] = _overlap_add(window, t.hop)
        if gain.shape[1] == 1:
            return (gain * self._unity[frames].unsqueeze(1)) if frames else gain
        return _overlap_add(gain * (t.analysis * t.synthesis), t.hop).unsqueeze(1)


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


def is_silent(audio: Tensor) -> bool:
    """Return True if all samples are 0. On a GPU the answer would cost more than the work."""
    if audio.device.type != "cpu" or bool(audio[..., ::_SPARSE].any()):
        return False
    return not bool(audio.any())


@attrs.frozen(eq=False)
class _Chunk:
    """Some frames of some items of the batch, and what is computed of them."""

    job: Job
    items: slice
    at: int
    frames: int

    @property
    def start(self) -> int:
        """First sample."""
        return self.at * self.job.transform.hop

    @property
    def stop(self) -> int:
        """Sample after the last."""
        return self.start + (self.frames - 1) * self.job.transform.hop + self.job.transform.size

    def audio(self, part: tuple[Tensor, Tensor], stems: tuple[int, ...] | None = None) -> Tensor:
        """Cut the samples out of head and body; of stems, the sum of some, ``[items, channels]``."""
        head, body = (x[self.items] for x in part)
        if stems is None:
            return _span(head, body, self.start, self.stop)
        if len(stems) == head.shape[1]:
            audio = _span(head, body, self.start, self.stop)
            return audio.sum(dim=1) if len(stems) > 1 else audio[:, 0]
        audio, *others = (_span(head[:, s], body[:, s], self.start, self.stop) for s in stems)
        for other in others:
            audio = audio + other
        return audio

    def spectra(self, audio: Tensor, window: Tensor) -> Tensor:
        """Transform windowed frames, ``[items, channels, frames, bins]``."""
        t = self.job.transform
        return torch.fft.rfft(audio.unfold(-1, t.size, t.hop) * window)

    def samples(self, spectra: Tensor, window: Tensor) -> Tensor:
        """Transform back, window and overlap-add."""
        t = self.job.transform
        return _overlap_add(torch.fft.irfft(spectra, n=t.size).mul_(window), t.hop)

    def parts(self, controls: Tensor, product: Tensor | None = None) -> list[Part]:
        """Masks of the stems, `controls` ``[sources, items, stems, controls, frames]``."""
        if controls.shape[1] == 1 and controls.device.type == "cpu":
            known = None if product is None else product[:, 0]
            return self.job.masks.parts(controls[:, 0], known)
        if product is None:
            with torch.no_grad():
                product = self.job.masks(controls.flatten(0, 2)).unflatten(0, controls.shape[:3])
        sources, _, stems = controls.shape[:3]
        return [Part(i, (s,), product[i, :, s]) for i in range(sources) for s in range(stems)]


def _chunks(job: Job, controls: Tensor, signals: int) -> Iterator[tuple[_Chunk, Tensor]]:
    """Split the work; `controls` ``[sources, groups, stems, controls, frames]``."""
    groups, frames = controls.shape[1], controls.shape[-1]
    items, count = 1, job.chunk_frames
    if controls.device.type != "cpu":
        items, count = groups, max(1, count * GPU_CHUNK_FACTOR * USUAL_SIGNALS // signals)
    for at in range(0, frames, count):
        for group in range(0, groups, items):
            chunk = _Chunk(job, slice(group, group + items), at, min(count, frames - at))
            yield chunk, controls[:, chunk.items, ..., at : at + chunk.frames]


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
        _add_span(finished, carry_out, 0, carry)
        split = controls.unflatten(0, (sources, groups, stems))
        for chunk, some in _chunks(job, split, controls.shape[0] * channels):
            totals: list[Tensor | None] = [None] * sources
            for part in chunk.parts(some):
                audio, source = chunk.audio(inputs[part.source], part.stems), part.source
                if is_silent(audio):
                    continue
                if part.mask.shape[-1] == 1:
                    audio = audio * job.envelope(part.mask, chunk.frames)
                    out = finished[source, chunk.items], carry_out[source, chunk.items]
                    _add_span(*out, chunk.start, audio)
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
                    _add_span(*out, chunk.start, chunk.samples(total, t.synthesis))
        ctx.job, ctx.sources = job, sources
        ctx.save_for_backward(controls, *tensors[: 2 * sources])
        return finished, carry_out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_finished: Tensor, grad_carry: Tensor) -> tuple[Any, ...]:
        job, sources = ctx.job, ctx.sources
        controls, *tensors = ctx.saved_tensors
        inputs = list(zip(tensors[:sources], tensors[sources:], strict=True))
        needs_audio = any(ctx.needs_input_grad[4 : 4 + 2 * sources])
        needs_controls = ctx.needs_input_grad[2]
        needs_mask = needs_controls or any(ctx.needs_input_grad[4 + 2 * sources :])
        t = job.transform
        groups, stems, channels = inputs[0][1].shape[:-1]
        # A stem may be an expanded view; its gradient needs room of its own.
        grads = [x.new_zeros(x.shape) for x in tensors] if needs_audio else []
        split = controls.unflatten(0, (sources, groups, stems))
        grad_controls = torch.zeros_like(split) if needs_controls else None
        grad_weights = [torch.zeros_like(w) for w in job.weights]
        scale = t.freqs_hz.new_full(t.freqs_hz.shape, 2 / t.size)
        scale[0] = scale[-1] = 1 / t.size
        for chunk, some in _chunks(job, split, controls.shape[0] * channels):
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
                                found = _correlation(chunk.spectra(audio, t.analysis), weighted)
                                if product.shape[-1] == 1:
                                    found = found.sum(dim=-1, keepdim=True)
                                grad_masks[i, :, stem] = found
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
            if not needs_audio:
                continue
            for part in chunk.parts(some.detach(), product):
                i = part.source
                if i not in spectra:
                    continue
                if part.mask.shape[-1] == 1:
                    audio = ahead[i] * job.envelope(part.mask, chunk.frames)
                else:
                    factor = part.mask.unsqueeze(1).to(spectra[i].dtype)
                    audio = chunk.samples(spectra[i] * factor, t.analysis)
                for stem in part.stems:
                    into = (grads[i + k * sources][chunk.items, stem] for k in range(2))
                    _add_span(*into, chunk.start, audio)
        edge = t.overlap
        whole = torch.cat([grad_finished[..., :edge], grad_carry], dim=-1)[..., :edge]
        audio_grads = grads if grads else [None] * len(tensors)
        found_controls = None if grad_controls is None else grad_controls.flatten(0, 2)
        return (None, None, found_controls, whole, *audio_grads, *grad_weights)


def _correlation(spectra: Tensor, weighted: Tensor) -> Tensor:
    """Sum ``Re(conj(x) y)`` over the channels, ``[items, frames, bins]``; overwrites `spectra`."""
    products = torch.view_as_real(spectra).mul_(torch.view_as_real(weighted))
    both = products.sum(dim=1)
    return both[..., 0] + both[..., 1]
