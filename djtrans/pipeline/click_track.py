"""Render a track with a click on each beat, to check a beat grid by ear."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from djtrans.core.track.beat_grid import BeatGrid

#: Frequencies in Hz of the clicks on downbeats and on other beats, and their peaks.
_DOWNBEAT_HZ, _BEAT_HZ = 2000.0, 1000.0
_DOWNBEAT_PEAK, _BEAT_PEAK = 0.5, 0.25
#: Gain of the track, so that the sum cannot exceed the track's own peak, or full scale.
_TRACK_GAIN = 0.5
_LENGTH_SECONDS, _DECAY_SECONDS = 0.04, 0.006


def render_clicks(audio: Tensor, sample_rate: int, grid: BeatGrid) -> Tensor:
    """Mix a click onto each beat of a track.

    A click is a decaying cosine, which is loudest at its first sample: the one nearest to the
    beat. Clicks on downbeats are an octave higher and 6 dB louder. The track is lowered by 6 dB.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.
    grid : BeatGrid
        Beats outside the audio have no click.

    Returns
    -------
    Tensor
        ``[channels, samples]``.
    """
    mixed = _TRACK_GAIN * audio
    accented = _click(sample_rate, _DOWNBEAT_HZ, _DOWNBEAT_PEAK).to(audio)
    plain = _click(sample_rate, _BEAT_HZ, _BEAT_PEAK).to(audio)
    for beat, seconds in enumerate(grid.beat_times):
        start = round(float(seconds) * sample_rate)
        if not 0 <= start < audio.shape[-1]:
            continue
        downbeat = (beat - grid.first_downbeat) % grid.beats_per_bar == 0
        click = accented if downbeat else plain
        stop = min(start + len(click), audio.shape[-1])
        mixed[:, start:stop] += click[: stop - start]
    return mixed


def _click(sample_rate: int, frequency: float, peak: float) -> Tensor:
    seconds = torch.arange(round(_LENGTH_SECONDS * sample_rate)) / sample_rate
    return (
        peak * torch.exp(-seconds / _DECAY_SECONDS) * torch.cos(2 * math.pi * frequency * seconds)
    )
