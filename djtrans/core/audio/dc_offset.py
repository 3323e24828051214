"""Remove a constant (DC) offset, which is inaudible but counts as level, and clicks where cut."""

from __future__ import annotations

from torch import Tensor

from djtrans.core.audio.decibels import amplitude_to_db
from djtrans.core.audio.validation import channel_sums

#: Offset, in dBFS, up to which audio is left as it is, bit for bit; music is far above it.
DC_LIMIT_DB = -60.0
#: Offset, in dBFS, from which it is a fault of the file that its owner should know of.
FAULTY_DC_DB = -30.0


def dc_offset_db(audio: Tensor) -> float:
    """Compute the largest mean of a channel in dBFS.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.

    Returns
    -------
    float
        ``-inf`` without an offset.
    """
    return amplitude_to_db(float(_means(audio).abs().max())) if audio.numel() else float("-inf")


def without_dc(audio: Tensor) -> Tensor:
    """Subtract the mean of each channel if an offset exceeds :data:`DC_LIMIT_DB`.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.

    Returns
    -------
    Tensor
        The input itself if there is no offset to remove.
    """
    if dc_offset_db(audio) <= DC_LIMIT_DB:
        return audio
    return audio - _means(audio).to(audio.dtype)


def _means(audio: Tensor) -> Tensor:
    return (channel_sums(audio) / audio.shape[-1])[..., None]
