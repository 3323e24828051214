"""Validate audio: shape, dtype, length, level and finite samples."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.audio.decibels import amplitude_to_db, db_to_amplitude
from djtrans.core.errors import AudioFileError, ShapeError
from djtrans.core.util.finite import all_finite

#: Samples of each channel that are summed at once.
_SUM_BLOCK = 1 << 22


def check_audio(audio: Tensor, what: str = "audio") -> None:
    """Raise unless audio is a floating-point tensor ``[channels, samples]``.

    Parameters
    ----------
    audio : Tensor
        Audio to check.
    what : str
        Name of the audio in the message.

    Raises
    ------
    ShapeError
        If it is anything else.
    """
    if not isinstance(audio, Tensor):
        raise ShapeError(
            f"{what} is a {type(audio).__name__}; give a torch.Tensor [channels, samples]."
        )
    if audio.ndim != 2 or audio.shape[0] < 1:
        hint = "; use audio[None] for mono" if audio.ndim == 1 else ""
        raise ShapeError(
            f"{what} has shape {tuple(audio.shape)}; expected [channels, samples]{hint}."
        )
    if not audio.is_floating_point():
        raise ShapeError(f"{what} is {audio.dtype}; convert it to torch.float32.")


def require_sound(
    audio: Tensor,
    sample_rate: int,
    minimum_seconds: float,
    *,
    what: str = "The audio",
    silence_db: float = -80.0,
) -> None:
    """Raise if audio is too short, silent or not finite.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.
    minimum_seconds : float
        Shortest length allowed.
    what : str
        Name of the audio in the message, such as its path.
    silence_db : float
        Peak level in dBFS below which audio counts as silent.

    Raises
    ------
    ShapeError
        If it is not ``[channels, samples]``.
    AudioFileError
        If it is too short, silent or not finite.
    """
    check_audio(audio, what)
    check_finite(audio, what)
    seconds = audio.shape[-1] / sample_rate
    if seconds < minimum_seconds:
        raise AudioFileError(
            f"{what} is {seconds:.3g} s long; give at least {minimum_seconds:g} s."
        )
    peak = max(abs(float(x)) for x in torch.aminmax(audio)) if audio.numel() else 0.0
    if peak < db_to_amplitude(silence_db):
        level = f"{amplitude_to_db(peak):.0f} dBFS" if peak > 0 else "digital zero"
        raise AudioFileError(
            f"{what} is silent (its peak is {level}, below {silence_db:g} dBFS); "
            f"give a file that is not silent."
        )


def channel_sums(audio: Tensor) -> Tensor:
    """Sum the samples of each channel ``[..., samples]`` in float64.

    In blocks, as torch converts what it sums to float64 first.
    """
    sums = torch.zeros(audio.shape[:-1], dtype=torch.float64, device=audio.device)
    for block in audio.split(_SUM_BLOCK, dim=-1):
        sums += block.sum(dim=-1, dtype=torch.float64)
    return sums


def check_finite(audio: Tensor, what: str) -> None:
    """Raise if a sample is not finite.

    Parameters
    ----------
    audio : Tensor
        Audio to check.
    what : str
        Name of the audio in the message.

    Raises
    ------
    AudioFileError
        If a sample is NaN or infinite.
    """
    if not all_finite(audio):
        count = int((~torch.isfinite(audio)).sum())
        raise AudioFileError(
            f"{what} has {count} samples that are not finite (NaN or infinite); export it again."
        )
