"""Drift of a track against a mix: offsets of some milliseconds that change over the window.

Two time-stretchers can place a beat 30 ms apart, and not by a constant. Onsets of mix and track are
correlated in short windows, and the most plausible course of the offset is found by dynamic
programming: where the track is inaudible, all offsets fit equally badly and the course stays level.
"""

from __future__ import annotations

import attrs
import numpy as np
import torch
from torch import Tensor

from djtrans.core.audio.decibels import db_to_power
from djtrans.core.audio.stft_blocks import squared_magnitude

#: Spacing of the onsets, which is also the resolution of an offset.
HOP_SECONDS = 0.003
#: Length and spacing of the windows that are correlated.
WINDOW_SECONDS, STEP_SECONDS = 3.0, 0.5
#: Largest offset that is found.
REACH_SECONDS = 0.045
#: Cost of a change by one hop between windows, and of an offset of one hop, in correlations.
CHANGE, DISTANCE = 0.06, 0.003
#: Onsets are increases of the level above this frequency, within this range of the loudest, in dB.
LOWEST_HZ, RANGE_DB = 150.0, 60.0


@attrs.frozen(eq=False)
class Drift:
    """Course of an offset, linear between its points and level beyond them.

    Attributes
    ----------
    times : Tensor
        ``[points]`` float64, seconds, increasing.
    late : Tensor
        ``[points]`` float64, seconds by which the track is late in the mix.
    """

    times: Tensor
    late: Tensor

    def at(self, times: Tensor) -> Tensor:
        """Interpolate the offset at given times."""
        return torch.from_numpy(np.interp(times.numpy(), self.times.numpy(), self.late.numpy()))


def find_drift(mix: Tensor, track: Tensor, sample_rate: int) -> Drift:
    """Find by how much a track is late in the mix.

    Parameters
    ----------
    mix, track : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.

    Returns
    -------
    Drift
        Within 45 ms: the track at ``time - late`` sounds at `time`.
    """
    hop = round(HOP_SECONDS * sample_rate)
    observed, expected = (_onsets(x, sample_rate, hop) for x in (mix, track))
    size = min(round(WINDOW_SECONDS * sample_rate / hop), len(observed))
    step = max(1, round(STEP_SECONDS * sample_rate / hop))
    reach = int(REACH_SECONDS * sample_rate / hop)
    padded = torch.nn.functional.pad(expected, (reach, reach))
    lags = torch.arange(-reach, reach + 1)
    scores = []
    for lag in lags.tolist():
        moved = padded[reach - lag : reach - lag + len(observed)]
        products = torch.stack([observed * moved, observed.square(), moved.square()])
        both, own, other = products.unfold(-1, size, step).sum(dim=-1)
        scores.append(both / (own * other + 1e-12).sqrt())
    course = lags[_best_course(torch.stack(scores, dim=-1), lags.double())]
    middles = torch.arange(len(course), dtype=torch.float64) * step + size / 2
    seconds = hop / sample_rate
    return Drift(middles * seconds, course.double() * seconds)


def _onsets(audio: Tensor, sample_rate: int, hop: int) -> Tensor:
    """Compute the increase of the level, summed over bins, ``[times]``, with mean 0."""
    size = 4 * hop
    window = torch.hann_window(size)
    mono = audio.cpu().mean(dim=0)
    power = squared_magnitude(torch.stft(mono, size, hop, window=window, return_complex=True))
    power = power[torch.fft.rfftfreq(size, 1.0 / sample_rate) >= LOWEST_HZ].double()
    floor = power.max() * db_to_power(-RANGE_DB) + 1e-20
    rise = (power + floor).log().diff(dim=1).clamp(min=0.0).sum(dim=0)
    return rise - rise.mean()


def _best_course(scores: Tensor, lags: Tensor) -> Tensor:
    """Return the index of the lag in each window, of ``scores [windows, lags]``."""
    scores = scores - DISTANCE * lags.abs()
    cost = CHANGE * (lags[:, None] - lags[None, :]).abs()
    total, origins = scores[0], []
    for row in scores[1:]:
        best, origin = (total[None, :] - cost).max(dim=1)
        total = row + best
        origins.append(origin)
    at = total.argmax()
    course = [at]
    for origin in reversed(origins):
        at = origin[at]
        course.append(at)
    return torch.stack(course[::-1])
