"""Run a separator: resample, validate its result and add the residual to ``other``."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from djtrans.core.audio.decibels import power_to_db
from djtrans.core.audio.polarity import channel_signs, in_phase
from djtrans.core.audio.resampling import resample
from djtrans.core.audio.validation import check_audio
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.contracts.separator import Separator, SeparatorDeclaration
from djtrans.core.errors import SeparationError
from djtrans.core.track.stem_fitting import RESIDUAL_LIMIT_DB
from djtrans.core.track.stems import Stems
from djtrans.core.util.finite import all_finite
from djtrans.core.util.isolation import isolated

#: Stem to which the residual is added.
RESIDUAL_STEM = "other"


def separate(
    separator: Separator,
    declaration: SeparatorDeclaration,
    audio: Tensor,
    sample_rate: int,
    start_seconds: float = 0.0,
    progress: FractionCallback | None = None,
) -> Stems:
    """Separate audio into stems that sum to it within -100 dB.

    Parameters
    ----------
    separator : Separator
        The separator.
    declaration : SeparatorDeclaration
        Its declaration: name, stems and sample rate.
    audio : Tensor
        ``[channels, samples]`` float32.
    sample_rate : int
        In Hz.
    start_seconds : float
        Position of the audio in the track.
    progress : callable, optional
        Progress callback.

    Returns
    -------
    Stems
        ``[stems, channels, samples]`` with the channels, length and rate of `audio`; the residual
        is added to ``other``.

    Raises
    ------
    SeparationError
        If the separator fails, returns a wrong shape or samples that are not finite, has no stem
        named ``other``, or reads stems that are not those of the audio.
    """
    check_audio(audio)
    label = f"Separator {declaration.name!r}"
    names = declaration.stems
    if RESIDUAL_STEM not in names:
        raise SeparationError(
            f"{label} has no stem named {RESIDUAL_STEM!r} for the residual (it has "
            f"{', '.join(names)}); declare one, even if it is silent."
        )
    audio = audio.to(torch.float32)
    rate = declaration.sample_rate or sample_rate
    fed = resample(audio, sample_rate, rate)
    # Separators take what cancels in the centre for wide; stems that are read are as their files.
    signs = (1.0,) * len(fed) if declaration.reads_source else channel_signs(fed)
    fed = in_phase(fed, signs)
    with isolated(label, SeparationError):
        given = separator.separate(fed, rate, start_seconds=start_seconds, progress=progress)
    _check(given, (len(names), *fed.shape), label)
    # A copy: the residual must not be written into what the separator may have cached.
    given = in_phase(given.detach().to(torch.float32), signs)
    stems = resample(given, rate, sample_rate).clone().to(audio.device)
    stems = _fit(stems, audio.shape[-1])
    residual = audio - stems.sum(dim=0)
    if declaration.reads_source:
        _check_residual(residual, audio, label)
    stems[names.index(RESIDUAL_STEM)] += residual
    return Stems(stems, names, sample_rate)


def _check(given: object, shape: tuple[int, ...], label: str) -> None:
    if not isinstance(given, Tensor):
        raise SeparationError(
            f"{label} returned a {type(given).__name__}; it must return a torch.Tensor."
        )
    if tuple(given.shape) != shape:
        raise SeparationError(
            f"{label} returned shape {tuple(given.shape)}; expected [stems, channels, samples] = "
            f"{shape}."
        )
    if not given.is_floating_point() or not all_finite(given):
        raise SeparationError(
            f"{label} returned samples that are not finite numbers; report it to its author, or "
            "use another separator."
        )


def _check_residual(residual: Tensor, audio: Tensor, label: str) -> None:
    """Refuse stems that were read, and are not those of the audio."""
    power, total = (float(x.square().sum(dtype=torch.float64)) for x in (residual, audio))
    level = power_to_db(power / total, amin=1e-30) if total > 0.0 else -math.inf
    if level > RESIDUAL_LIMIT_DB:
        raise SeparationError(
            f"{label} read stems that do not add up to the track: the residual is {level:.1f} dB "
            f"relative to it, and at most {RESIDUAL_LIMIT_DB:g} dB is allowed; give its own stems."
        )


def _fit(audio: Tensor, samples: int) -> Tensor:
    """Cut or pad by the one or two samples that resampling back and forth may add or remove."""
    return torch.nn.functional.pad(audio, (0, samples - audio.shape[-1]))
