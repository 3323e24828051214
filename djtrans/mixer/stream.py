"""Streaming render: process audio chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor

from djtrans.core.errors import InputError, ShapeError
from djtrans.core.track.stems import Stems
from djtrans.mixer.stages import Queue, Stage
from djtrans.mixer.validation import batched_stems, check_pair

#: Zeros that end a render are fed in pieces of this many samples.
FLUSH_SAMPLES = 65536


@attrs.frozen(eq=False)
class MixOutput:
    """Output of the mixer.

    Attributes
    ----------
    mix : Tensor
        ``[channels, samples]`` or ``[batch, channels, samples]``, after the master chain.
    a, b : Tensor
        What each track contributes, of the same shape, before the master chain.
    sample_rate : int
        In Hz.
    """

    mix: Tensor
    a: Tensor
    b: Tensor
    sample_rate: int

    @property
    def samples(self) -> int:
        """Length in samples."""
        return int(self.mix.shape[-1])

    @staticmethod
    def concatenate(parts: Sequence[MixOutput]) -> MixOutput:
        """Concatenate parts of one render."""
        if len(parts) == 1:
            return parts[0]
        joined = [
            torch.cat([getattr(p, name) for p in parts], dim=-1) for name in ("mix", "a", "b")
        ]
        return MixOutput(joined[0], joined[1], joined[2], parts[0].sample_rate)


class MixerStream:
    """A render in progress, made by :meth:`Mixer.stream`.

    Memory does not grow with the length of the audio: it holds one STFT frame of each stem and the
    states of the time effects.
    """

    def __init__(
        self,
        stem_names: tuple[str, ...],
        track_stages: Sequence[Stage],
        master_stages: Sequence[Stage],
        sample_rate: int,
        batch: int | None,
        channels: int,
    ) -> None:
        self.sample_rate, self.batch, self.channels = sample_rate, batch, channels
        self._stem_names = stem_names
        self._track_stages, self._master_stages = track_stages, master_stages
        self._queue = Queue(3)
        self._received = self._given = 0
        self._like: Tensor | None = None

    @property
    def latency_samples(self) -> int:
        """The most that output can lag behind input."""
        return sum(stage.delay for stage in (*self._track_stages, *self._master_stages))

    def process(self, chunk_a: Stems | Tensor, chunk_b: Stems | Tensor) -> MixOutput:
        """Take the next samples of both tracks.

        Parameters
        ----------
        chunk_a, chunk_b : Stems or Tensor
            ``[stems, channels, n]``, or ``[batch, stems, channels, n]`` if the stream has a batch.

        Returns
        -------
        MixOutput
            The next samples that are finished; perhaps none.

        Raises
        ------
        ShapeError
            If a chunk does not fit the stream.
        """
        pair = []
        for chunk, label in ((chunk_a, "chunk_a"), (chunk_b, "chunk_b")):
            rate = self.sample_rate if isinstance(chunk, Stems) else None
            audio, _, has_batch = batched_stems(chunk, self._stem_names, label, rate)
            wanted = (1 if self.batch is None else self.batch, self.channels)
            if has_batch == (self.batch is None) or (audio.shape[0], audio.shape[2]) != wanted:
                shape = tuple(audio.shape if has_batch else audio.shape[1:])
                raise ShapeError(
                    f"{label} has shape {shape}; this stream was made for batch {self.batch} and "
                    f"{self.channels} channels."
                )
            pair.append(audio)
        check_pair(*pair)
        return self._finish(self._push(pair))

    def flush(self, tail_seconds: float = 0.0) -> MixOutput:
        """End the input and return the rest.

        Parameters
        ----------
        tail_seconds : float
            How long to go on after the end of the input, so that echoes ring out.

        Raises
        ------
        InputError
            If the stream has had no input, or the tail is negative.
        """
        if self._like is None:
            raise InputError(
                "The stream has had no input; process at least one chunk before flush."
            )
        if not tail_seconds >= 0:
            raise InputError(f"tail_seconds = {tail_seconds!r}; give 0 or more.")
        end = self._received + round(tail_seconds * self.sample_rate)
        parts = [self._empty()]
        missing = end + self.latency_samples - self._received
        while missing > 0:
            zeros = self._like.new_zeros(1).expand(
                *self._like.shape[:-1], min(missing, FLUSH_SAMPLES)
            )
            missing -= zeros.shape[-1]
            parts.append(self._push([zeros, zeros]))
        a, b, mix = (torch.cat([p[i] for p in parts], dim=-1) for i in range(3))
        left = end - self._given
        return self._finish((a[..., :left], b[..., :left], mix[..., :left]))

    def _push(self, pair: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        self._like = pair[0].detach()[..., :1]
        self._received += pair[0].shape[-1]
        for stage in self._track_stages:
            pair = stage.push(pair)
        a, b = pair
        mix = [a + b]
        for stage in self._master_stages:
            mix = stage.push(mix)
        if self._master_stages:
            a, b, mix[0] = self._queue.push([a, b, mix[0]])
        return a, b, mix[0]

    def _empty(self) -> tuple[Tensor, Tensor, Tensor]:
        if self._like is None:
            raise InputError(
                "The stream has had no input; process at least one chunk before flush."
            )
        nothing = self._like.new_zeros(*self._like.shape[:1], self.channels, 0)
        return nothing, nothing, nothing

    def _finish(self, parts: tuple[Tensor, Tensor, Tensor]) -> MixOutput:
        self._given += parts[0].shape[-1]
        a, b, mix = parts if self.batch is not None else (p.squeeze(0) for p in parts)
        return MixOutput(mix, a, b, self.sample_rate)
