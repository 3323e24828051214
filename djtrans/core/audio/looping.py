"""Cutting a loop into a track: some bars are heard again before it goes on."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.splicing import join
from djtrans.core.audio.validation import check_audio
from djtrans.core.errors import InputError
from djtrans.core.transition.plan import Loop

#: Where the end of the loop meets its start: in this last part before the downbeat.
SEARCH_SECONDS = 0.03


def looped(audio: Tensor, loop: Loop, sample_rate: int) -> Tensor:
    """Repeat some bars of a track.

    Each time the end of the loop goes over into what leads to its start, so that no click is
    heard and the downbeat is whole. Nothing else is changed.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]`` float32: the track from its first sample.
    loop : Loop
    sample_rate : int
        In Hz.

    Returns
    -------
    Tensor
        ``[channels, samples]``, as much longer as `loop` says.

    Raises
    ------
    InputError
        If the loop is empty or does not lie within the track.
    """
    check_audio(audio)
    start, stop = (round(t * sample_rate) for t in (loop.start_seconds, loop.stop_seconds))
    if not 0 <= start < stop <= audio.shape[-1] or loop.repeats < 1:
        raise InputError(
            f"A loop from {loop.start_seconds:g} s to {loop.stop_seconds:g} s, repeated "
            f"{loop.repeats} times, cannot be cut into a track of "
            f"{audio.shape[-1] / sample_rate:g} s; give at least one repeat of bars that it has."
        )
    reach = min(round(SEARCH_SECONDS * sample_rate), stop - start)
    leaving, entering = audio[..., stop - reach : stop], padded_slice(audio, start - reach, start)
    seam = join(leaving, entering, sample_rate)
    again = [seam, audio[..., start : stop - reach]] * (loop.repeats - 1)
    return torch.cat([audio[..., : stop - reach], *again, seam, audio[..., start:]], dim=-1)
