"""Export a mixer as a program of ``torch.export``."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from djtrans.core.contracts.effect import RenderContext
from djtrans.core.curves.interpolation import make_curves
from djtrans.core.errors import InputError
from djtrans.core.util.program_files import save_program, trace_program
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.plain_mixer import PlainMixer
from djtrans.mixer.validation import DEFAULT_SAMPLE_RATE, check_sample_rate, clock_of

#: Inputs of an exported mixer, in order, and its outputs.
INPUTS, OUTPUTS = ("stems_a", "stems_b", "values"), ("mix", "a", "b")
SUFFIX = ".pt2"


def export_mixer(
    mixer: Mixer,
    path: str | os.PathLike[str],
    *,
    samples: int,
    frames: int,
    batch: int = 1,
    channels: int = 2,
    sample_rate: int = DEFAULT_SAMPLE_RATE,
    frame_times: Any = None,
    beat_times: Any = None,
    seed: int = 0,
    tail_seconds: float = 0.0,
) -> None:
    """Export a mixer for windows of one length, to be run by torch without djtrans.

    The inputs are `stems_a` and `stems_b` ``[batch, stems, channels, samples]`` and the curves
    `values` ``[batch, frames, parameters]``, float32; the outputs `mix`, `a` and `b` are ``[batch,
    channels, samples + tail]``, as those of the mixer. Values are not checked. The program has no
    gradients.

    Parameters
    ----------
    mixer : Mixer
    path : path
        File to write, ``.pt2``, for ``torch.export.load``. Its entry ``djtrans.json`` has the
        layout, the stems and the timeline.
    samples, frames : int
        Length of the audio, and number of frames of the curves.
    batch, channels : int
    sample_rate : int
        In Hz.
    frame_times, beat_times : array, optional
        ``[frames]`` and ``[beats]``, seconds; by default as in :meth:`Mixer.forward`.
    seed : int
        Seed of whatever is random in an effect.
    tail_seconds : float
        How long the mix goes on after the end of the audio.

    Raises
    ------
    InputError
        If the suffix, a size or the timeline is not allowed.
    FormatError
        If an effect cannot be exported, since it branches on values or runs code that is not of
        torch, or the file cannot be written.

    See Also
    --------
    djtrans.diffusion.export_network : Export the network of a model.

    Examples
    --------
    >>> import djtrans
    >>> from djtrans.mixer import export_mixer
    >>> mixer = djtrans.DifferentiableDJMixer()
    >>> export_mixer(mixer, "mixer.pt2", samples=44100 * 8, frames=32)  # doctest: +SKIP
    """
    if Path(path).suffix != SUFFIX:
        raise InputError(f"Cannot export to {os.fspath(path)!r}; give a name ending in {SUFFIX}.")
    sizes = {"samples": samples, "frames": frames, "batch": batch, "channels": channels}
    for name, size in sizes.items():
        if size < 1:
            raise InputError(f"{name} = {size} is not allowed; give 1 or more.")
    if not tail_seconds >= 0:
        raise InputError(f"tail_seconds = {tail_seconds!r}; give 0 or more.")
    rate = check_sample_rate(sample_rate)
    stems = torch.zeros(batch, len(mixer.spec.stems), channels, samples)
    neutral = torch.tensor([row.parameter.neutral for row in mixer.layout.rows])
    values = neutral.repeat(batch, frames, 1)
    clock = clock_of(values, frames, samples / rate, frame_times, beat_times)
    # Made once to refuse times that do not increase.
    make_curves(values, clock.frame_times, [row.parameter for row in mixer.layout.rows])
    context = RenderContext(rate, clock.beat_times, clock.frame_times, seed)
    tail = round(tail_seconds * rate)
    plain = PlainMixer(
        mixer, context, samples, batch=batch, channels=channels, tail_samples=tail
    ).eval()
    program = trace_program(plain, (stems, stems.clone(), values), "The mixer")
    with suppress(AttributeError):  # it cannot be set in torch 2.4
        program.example_inputs = None  # as large as the audio
    facts = {
        "inputs": INPUTS,
        "outputs": OUTPUTS,
        **sizes,
        "tail_samples": tail,
        "sample_rate": rate,
        "frame_times": clock.frame_times.tolist(),
        "beat_times": clock.beat_times.tolist(),
        "stems": mixer.spec.stems,
        "layout": mixer.layout.to_json(),
        "layout_digest": mixer.layout.digest,
    }
    save_program(program, path, facts)
