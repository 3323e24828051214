"""Stems of audio."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.slicing import padded_slice
from djtrans.core.contracts.config import as_tuple
from djtrans.core.errors import ShapeError, did_you_mean


@attrs.frozen(eq=False)
class Stems:
    """Stems with their names and sample rate.

    Attributes
    ----------
    audio : Tensor
        ``[..., stems, channels, samples]``, floating point.
    names : tuple of str
        Names of the stems, in order.
    sample_rate : int
        In Hz.

    Examples
    --------
    >>> import djtrans, torch
    >>> stems = djtrans.Stems(torch.zeros(2, 2, 44100), ("drums", "bass"), 44100)
    >>> stems["drums"].shape
    torch.Size([2, 44100])

    See Also
    --------
    djtrans.load_stems : Read stems from audio files.
    """

    audio: Tensor
    names: tuple[str, ...] = attrs.field(converter=as_tuple)
    sample_rate: int

    def __attrs_post_init__(self) -> None:
        if self.audio.ndim < 3 or self.audio.shape[-3] != len(self.names):
            raise ShapeError(
                f"Stems.audio has shape {tuple(self.audio.shape)}; expected [..., stems, channels,"
                f" samples] with {len(self.names)} stems ({', '.join(self.names)})."
            )
        if not self.audio.is_floating_point():
            raise ShapeError(f"Stems.audio is {self.audio.dtype}; convert it to torch.float32.")

    def __getitem__(self, name: str) -> Tensor:
        """Return one stem, ``[..., channels, samples]``."""
        if name not in self.names:
            raise ShapeError(f"There is no stem {name!r}. {did_you_mean(name, self.names)}")
        return self.audio[..., self.names.index(name), :, :]

    @property
    def samples(self) -> int:
        """Length in samples."""
        return int(self.audio.shape[-1])

    @property
    def mix(self) -> Tensor:
        """Sum of the stems, ``[..., channels, samples]``."""
        return self.audio.sum(dim=-3)

    def to(self, device: str | torch.device) -> Stems:
        """Move the stems to another device."""
        return attrs.evolve(self, audio=self.audio.to(device))

    def window(self, start: int, stop: int) -> Stems:
        """Slice samples `start` to `stop`, zero-padded beyond the ends."""
        return attrs.evolve(self, audio=padded_slice(self.audio, start, stop))

    def scaled(self, gain: float) -> Stems:
        """Multiply the stems by a linear gain."""
        return self if gain == 1.0 else attrs.evolve(self, audio=self.audio * gain)
