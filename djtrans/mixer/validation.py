"""Validate and normalize the inputs of the mixer."""

from __future__ import annotations

import math
from typing import Any

import attrs
import torch
from torch import Tensor

from djtrans.core.curves.layout import Layout
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import ConfigError, InputError, LayoutError, ShapeError
from djtrans.core.track.stems import Stems

#: Sample rate of bare tensors that come without one.
DEFAULT_SAMPLE_RATE = 44100
#: Frames per beat of bare parameter tensors.
DEFAULT_FRAMES_PER_BEAT = 2
#: How far (of its range) a value may lie outside by rounding.
TOLERANCE = 1e-4


@attrs.frozen(eq=False)
class Clock:
    """``frame_times [frames]`` and ``beat_times [beats]``, float64 seconds on the CPU."""

    frame_times: Tensor
    beat_times: Tensor


def batched_stems(
    stems: Stems | Tensor, names: tuple[str, ...], label: str, sample_rate: int | None
) -> tuple[Tensor, int | None, bool]:
    """Audio ``[batch, stems, channels, samples]``, its sample rate, and whether it had a batch.

    Raises
    ------
    ShapeError
        If the shape is another, or the stems are not those of the mixer.
    """
    if isinstance(stems, Stems):
        if stems.names != names:
            raise ShapeError(
                f"{label} has the stems {', '.join(stems.names)}; this mixer is made for "
                f"{', '.join(names)}, in this order."
            )
        if sample_rate is not None and sample_rate != stems.sample_rate:
            raise InputError(
                f"{label} is at {stems.sample_rate} Hz but {sample_rate} Hz is asked; "
                "resample the stems, both tracks must share one rate."
            )
        audio, sample_rate = stems.audio, stems.sample_rate
    elif isinstance(stems, Tensor):
        audio = stems
    else:
        raise ShapeError(
            f"{label} is a {type(stems).__name__}; give djtrans Stems or a torch tensor "
            "[stems, channels, samples]."
        )
    if audio.ndim not in (3, 4) or audio.shape[-3] != len(names) or 0 in audio.shape:
        raise ShapeError(
            f"{label} has shape {tuple(audio.shape)}; expected [{len(names)} stems, channels, "
            f"samples] or [batch, {len(names)} stems, channels, samples], none of them empty."
        )
    if audio.dtype not in (torch.float32, torch.float64):
        raise ShapeError(f"{label} is {audio.dtype}; convert it to torch.float32 or float64.")
    return (audio[None] if audio.ndim == 3 else audio), sample_rate, audio.ndim == 4


def check_pair(a: Tensor, b: Tensor) -> None:
    """Refuse two tracks ``[batch, stems, channels, samples]`` that do not fit each other."""
    if a.shape[1:] != b.shape[1:] or (
        a.shape[0] != b.shape[0] and 1 not in (a.shape[0], b.shape[0])
    ):
        raise ShapeError(
            f"stems_a {tuple(a.shape)} and stems_b {tuple(b.shape)} differ; cut both to the same "
            "window and give both the same number of channels."
        )
    if a.dtype != b.dtype or a.device != b.device:
        raise ShapeError(
            f"stems_a is {a.dtype} on {a.device}, stems_b {b.dtype} on {b.device}; "
            "convert one to match."
        )


def batched_values(params: TransitionParams | Tensor, layout: Layout) -> tuple[Tensor, bool]:
    """Values ``[batch, frames, parameters]``, and whether they had a batch.

    Raises
    ------
    LayoutError
        If the params were made for another layout.
    ShapeError
        If the shape is another.
    InputError
        If a value is not a number or out of its range.
    """
    if isinstance(params, TransitionParams):
        if params.layout.digest != layout.digest:
            raise LayoutError(
                f"The parameters were made for a layout of {len(params.layout)} rows (digest "
                f"{params.layout.digest}), this mixer has {len(layout)} ({layout.digest}); "
                "convert them or build the mixer that they were made for."
            )
        values = params.values
    elif isinstance(params, Tensor):
        values = params
    else:
        raise ShapeError(
            f"params is a {type(params).__name__}; give TransitionParams or a tensor [frames, "
            f"{len(layout)}]."
        )
    if values.ndim not in (2, 3) or values.shape[-1] != len(layout) or 0 in values.shape[:-1]:
        raise ShapeError(
            f"Parameter values have shape {tuple(values.shape)}; expected [frames, {len(layout)}]"
            f" or [batch, frames, {len(layout)}], none of them empty."
        )
    if not values.is_floating_point():
        raise ShapeError(f"Parameter values are {values.dtype}; convert them to torch.float32.")
    _check_ranges(values.detach(), layout)
    return (values[None] if values.ndim == 2 else values), values.ndim == 3


def _check_ranges(values: Tensor, layout: Layout) -> None:
    if not layout.rows:
        return
    flat = values.reshape(-1, len(layout))
    lows, highs = flat.amin(dim=0).tolist(), flat.amax(dim=0).tolist()
    for row, low, high in zip(layout.rows, lows, highs, strict=True):
        p = row.parameter
        slack = TOLERANCE * p.span
        if not (p.minimum - slack <= low and high <= p.maximum + slack):
            raise InputError(
                f"Parameter {row.key} runs from {low:g} to {high:g}; its range is {p.minimum:g} "
                f"to {p.maximum:g}. Clamp the values, or use djtrans.core.curves.params.conform."
            )


def clock_of(
    params: TransitionParams | Tensor,
    frames: int,
    duration_seconds: float | None,
    frame_times: Any,
    beat_times: Any,
) -> Clock:
    """Return the timeline of the params, a given one, or frames spread evenly over the audio.

    Raises
    ------
    InputError
        If there are two clocks or none, or times that do not increase.
    """
    if isinstance(params, TransitionParams):
        if frame_times is not None or beat_times is not None:
            raise InputError(
                "TransitionParams carry their own clock; leave out frame_times and beat_times, "
                "or pass params.values."
            )
        frame_times, beat_times = params.frame_times, params.beat_times
    if frame_times is None:
        if duration_seconds is None:
            raise InputError(
                "A stream does not know its length: give frame_times (seconds) with a bare "
                "parameter tensor, or pass TransitionParams."
            )
        frame_times = torch.arange(frames, dtype=torch.float64) * (duration_seconds / frames)
    at = torch.as_tensor(frame_times, dtype=torch.float64).detach().cpu()
    if at.shape != (frames,):
        raise ShapeError(f"frame_times has shape {tuple(at.shape)}; expected [{frames}].")
    if beat_times is None:
        step = float(at[-1] - at[0]) / (frames - 1) if frames > 1 else duration_seconds or 0.5
        count = math.ceil(frames / DEFAULT_FRAMES_PER_BEAT) + 1
        beats = torch.arange(count, dtype=torch.float64)
        beat_times = at[0] + beats * (step * DEFAULT_FRAMES_PER_BEAT)
    beats = torch.as_tensor(beat_times, dtype=torch.float64).detach().cpu()
    if beats.ndim != 1 or len(beats) < 2 or bool((beats.diff() <= 0).any()):
        raise InputError(
            "beat_times must be at least two increasing times in seconds, [beats]; got "
            f"shape {tuple(beats.shape)}."
        )
    return Clock(at, beats)


def check_sample_rate(sample_rate: int) -> int:
    """Refuse a sample rate that is not a positive whole number."""
    if isinstance(sample_rate, bool) or not isinstance(sample_rate, int) or sample_rate < 1:
        raise ConfigError(f"sample_rate = {sample_rate!r}; give a whole number of Hz, at least 1.")
    return sample_rate
