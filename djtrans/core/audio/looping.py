"""Repeat bars of a track: splice a loop into its audio."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.splicing import splice
from djtrans.core.audio.validation import check_audio
from djtrans.core.errors import InputError
from djtrans.core.transition.plan import Loop

#: Length of the part before the downbeat in which the end of the loop is spliced to its start.
SEARCH_SECONDS = 0.03


def looped(audio: Tensor, loop: Loop, sample_rate: int) -> Tensor:
    """Repeat some bars of a track.

    Before each repeat the end of the loop is crossfaded to the samples before its start, so that
    there is no click and the downbeat is complete. Other samples are not changed.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]`` float32: the track from its first sample.
    loop : Loop
        Bars to repeat.
    sample_rate : int
        In Hz.

    Returns
    -------
    Tensor
        ``[channels, samples]``, longer by ``loop.added_seconds``.

    Raises
    ------
    InputError
        If the loop is empty or not within the track.
    """
    check_audio(audio)
    start, stop = (round(t * sample_rate) for t in (loop.start_seconds, loop.stop_seconds))
    if not 0 <= start < stop <= audio.shape[-1] or loop.repeats < 1:
        raise InputError(
            f"A loop from {loop.start_seconds:g} s to {loop.stop_seconds:g} s, repeated "
            f"{loop.repeats} times, does not fit a track of {audio.shape[-1] / sample_rate:g} s; "
            "give at least one repeat of bars within the track."
        )
    reach = min(round(SEARCH_SECONDS * sample_rate), stop - start)
    loop_end, lead_in = audio[..., stop - reach : stop], padded_slice(audio, start - reach, start)
    seam = splice(loop_end, lead_in, sample_rate)
    again = [seam, audio[..., start : stop - reach]] * (loop.repeats - 1)
    return torch.cat([audio[..., : stop - reach], *again, seam, audio[..., start:]], dim=-1)
