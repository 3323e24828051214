"""Refuses audio that nothing can be done with."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from djtrans.core.audio.decibels import amplitude_to_db, db_to_amplitude
from djtrans.core.errors import AudioFileError, ShapeError


def check_audio(audio: Tensor, what: str = "audio") -> None:
    """Refuse whatever is not a floating-point tensor ``[channels, samples]``.

    Raises
    ------
    ShapeError
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
    """Refuse audio that is too short, silent or not finite.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.
    minimum_seconds : float
        Shortest length allowed.
    what : str
        How the message names the audio, such as its path.
    silence_db : float
        Peak level in dBFS below which audio counts as silent.

    Raises
    ------
    ShapeError
        If it is not ``[channels, samples]``.
    AudioFileError
    """
    check_audio(audio, what)
    check_finite(audio, what)
    seconds = audio.shape[-1] / sample_rate
    if seconds < minimum_seconds:
        raise AudioFileError(
            f"{what} is {seconds:.3g} s long; at least {minimum_seconds:g} s are needed."
        )
    peak = float(audio.abs().max()) if audio.numel() else 0.0
    if peak < db_to_amplitude(silence_db):
        level = f"{amplitude_to_db(peak):.0f} dBFS" if peak > 0 else "digital zero"
        raise AudioFileError(
            f"{what} is silent (its peak is {level}, below {silence_db:g} dBFS); "
            f"give a file with sound in it."
        )


def check_finite(audio: Tensor, what: str) -> None:
    """Refuse samples that are not finite.

    Raises
    ------
    AudioFileError
    """
    # One sum is finite iff every sample is, barring overflow, which float64 rules out.
    if not math.isfinite(float(audio.sum(dtype=torch.float64))):
        count = int((~torch.isfinite(audio)).sum())
        raise AudioFileError(
            f"{what} holds {count} samples that are not finite (NaN or infinite); export it again."
        )
