"""A few frames of a run of spectral nodes: cut out of the audio, transformed, added back."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import torch
from torch import Tensor

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
    _buffers: dict[tuple[int, ...], Tensor] = attrs.field(init=False, factory=dict)

    def buffer(self, like: Tensor) -> Tensor:
        """Return memory to be overwritten; fresh memory would cost as much as a transform."""
        shape = tuple(like.shape)
        if shape not in self._buffers:
            self._buffers.clear()
            self._buffers[shape] = torch.empty(shape, dtype=like.dtype, device=like.device)
        return self._buffers[shape]

    def envelope(self, gain: Tensor, frames: int) -> Tensor:
        """Compute the gain of each sample, ``[items, 1, samples]``, from ``[items, frames, 1]``.

        Where a gain does not change (one frame is given for all), it only fades in and out with
        the windows of the first and last frame.
        """
        t = self.transform
        if frames not in self._unity:
            window = (t.analysis * t.synthesis).expand(1, frames, -1)
            self._unity[frames] = overlap_add(window, t.hop)
        if gain.shape[1] == 1:
            return gain * self._unity[frames].unsqueeze(1)
        return overlap_add(gain * (t.analysis * t.synthesis), t.hop).unsqueeze(1)


def _span(head: Tensor, body: Tensor, start: int, stop: int) -> Tensor:
    """Return samples `start` to `stop` of the concatenation of head and body."""
    edge = head.shape[-1]
    if start >= edge:
        return body[..., start - edge : stop - edge]
    if stop <= edge:
        return head[..., start:stop]
    return torch.cat([head[..., start:], body[..., : stop - edge]], dim=-1)


def add_span(head: Tensor, body: Tensor, start: int, values: Tensor) -> None:
    """Add `values` at `start` of the concatenation of head and body."""
    edge = head.shape[-1]
    split = min(max(edge - start, 0), values.shape[-1])
    if split:
        head[..., start : start + split] += values[..., :split]
    if split < values.shape[-1]:
        at = max(start - edge, 0)
        body[..., at : at + values.shape[-1] - split] += values[..., split:]


def overlap_add(frames: Tensor, hop: int) -> Tensor:
    """``[..., frames, size]`` to ``[..., (frames - 1) * hop + size]``."""
    count, size = frames.shape[-2:]
    overlap = size // hop
    out = frames.new_zeros(*frames.shape[:-2], count - 1 + overlap, hop)
    for part in range(overlap):
        out[..., part : part + count, :] += frames[..., part * hop : (part + 1) * hop]
    return out.flatten(-2)


def is_silent(audio: Tensor) -> bool:
    """Return True if all samples are 0. On a GPU the answer would cost more than the work."""
    # By numpy, whose calls take a quarter of the time on so few samples.
    if audio.device.type != "cpu" or audio.detach()[..., ::_SPARSE].numpy().any():
        return False
    return not bool(audio.any())


@attrs.frozen(eq=False)
class Chunk:
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
        """Cut the samples out of head and body; sum some of the stems, if there are any."""
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
        framed = audio.unfold(-1, t.size, t.hop)
        return torch.fft.rfft(torch.mul(framed, window, out=self.job.buffer(framed)))

    def samples(self, spectra: Tensor, window: Tensor) -> Tensor:
        """Transform back, window and overlap-add."""
        t = self.job.transform
        return overlap_add(torch.fft.irfft(spectra, n=t.size).mul_(window), t.hop)

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


def chunks_of(job: Job, controls: Tensor, signals: int) -> Iterator[tuple[Chunk, Tensor]]:
    """Split the work; `controls` ``[sources, groups, stems, controls, frames]``."""
    groups, frames = controls.shape[1], controls.shape[-1]
    items, count = 1, job.chunk_frames
    if controls.device.type != "cpu":
        items, count = groups, max(1, count * GPU_CHUNK_FACTOR * USUAL_SIGNALS // signals)
    for at in range(0, frames, count):
        for group in range(0, groups, items):
            chunk = Chunk(job, slice(group, group + items), at, min(count, frames - at))
            yield chunk, controls[:, chunk.items, ..., at : at + chunk.frames]
