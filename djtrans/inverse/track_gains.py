"""Band gains of whole tracks from powers, for tracks that are not aligned to the sample.

In a bin, the power of the mix is the sum of the powers of both tracks times their power gains, and
a cross term, whose mean is 0 because the phases are those of another stretch or another encoder.
Each band is a weighted least squares over both gains at all frames. The weights make errors
relative to the level: the error of a bin grows with what is expected in it, and with the mean of
its band. A bin whose error is large all the same counts less (Cauchy's weights [1]_). A part of
the power of each bin is spread over its neighbours, as another stretch or encoder does it; else a
track that is closed seems open where it is the only one to have power beside the peaks of the other
one. Tracks may drift against the mix by some milliseconds (:mod:`djtrans.inverse.drift`). Changes
between frames cost their absolute value, by iteratively reweighted squares: gains are constant, or
jump where the mix demands it.

References
----------
.. [1] P. W. Holland, R. E. Welsch, "Robust regression using iteratively reweighted least-squares",
   Communications in Statistics 6(9), 1977.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.audio.stft_blocks import squared_magnitude
from djtrans.inverse.bands import mean_by_frame, members, nearest_frames
from djtrans.inverse.drift import REACH_SECONDS, Drift, find_drift
from djtrans.inverse.loss import window_samples

#: Length of the analysis window, which resolves the bands below 100 Hz.
WINDOW_SECONDS = 0.093
#: Largest power gain: a full fader and an isolator at its maximum.
LARGEST = 4.0
#: Exponent of a bin's own share in its expected error; the rest is the mean of its band.
OWN_SHARE = 0.7
#: Relative error at which a bin counts half.
OUTLIER = 2.0
#: Part of the power that is spread, and the number of bins over which it is.
SPREAD, SPREAD_BINS = 0.06, 5
#: Cost of a change of the power gain, relative to that of a relative error of one bin, times the
#: root of the number of bins, whose errors are not independent; and the change below which it is
#: quadratic.
CHANGE, SMALL_CHANGE = 21.0, 0.002
#: Bins below this part of the mean power do not count.
FLOOR = 1e-5
PASSES = 10
#: Share of the window at its start (A) and end (B) where a track is unprocessed, and the largest
#: static difference of a band there, in dB, which is taken for an equalizer or another stretch.
END_SHARE, MOST_STATIC_DB = 0.125, 3.0


def track_band_gains(
    mix: Tensor,
    a: Tensor,
    b: Tensor,
    sample_rate: int,
    frame_times: Tensor,
    edges_hz: tuple[float, ...],
) -> tuple[Tensor, Tensor]:
    """Estimate the gains of both tracks in each band.

    Parameters
    ----------
    mix, a, b : Tensor
        ``[channels, samples]``: the mix, and both tracks at their level in it.
    sample_rate : int
        In Hz.
    frame_times : Tensor
        ``[frames]`` float64, seconds.
    edges_hz : tuple of float
        Increasing edges of the bands.

    Returns
    -------
    gains : Tensor
        ``[tracks, frames, bands]``, linear, 0 to 2; relative to A's first and B's last frames.
    power : Tensor
        The same shape: power of the unprocessed track around the frame.
    """
    mixed, freqs, times, _ = _spectra(mix, sample_rate)
    frame = nearest_frames(times, frame_times)
    tracks, inside = [], torch.ones_like(times)
    for track in (a, b):
        drift = find_drift(mix, track, sample_rate)
        power, _, _, known = _spectra(track, sample_rate, drift)
        tracks.append(power)
        inside = inside * known
    # Times at which a track sounds that is not there, beyond its ends, do not count.
    mixed, sources = mixed * inside, _spread(torch.stack(tracks) * inside)
    gains = []
    for rows in members(freqs, edges_hz).bool():
        observed = mixed[:, rows].permute(2, 0, 1).flatten(1)
        own = sources[:, :, rows].permute(0, 3, 1, 2).flatten(2)
        gains.append(_one_band(observed, own, frame, len(frame_times)).sqrt())
    found = _relative_to_ends(torch.stack(gains, dim=-1))
    powers = [band_powers_at(x, sample_rate, frame_times, edges_hz) for x in (a, b)]
    return found.float(), torch.stack(powers).float()


def band_powers_at(
    audio: Tensor, sample_rate: int, frame_times: Tensor, edges_hz: tuple[float, ...]
) -> Tensor:
    """Compute the mean power of audio in bands around each frame, ``[frames, bands]`` float64."""
    power, freqs, times, _ = _spectra(audio, sample_rate)
    bands = members(freqs, edges_hz).double() @ power.sum(dim=0)
    return mean_by_frame(bands[None], frame_times, float(times[1]))[0]


def _spectra(
    audio: Tensor, sample_rate: int, drift: Drift | None = None
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Compute power spectra ``[channels, bins, times]``, their frequencies and times in seconds.

    With a drift, the spectrum of a time is that of the track where it sounds at that time. The last
    result is 1 for times within the audio, and 0 for others.
    """
    size = window_samples(WINDOW_SECONDS, sample_rate)
    hop = size // 4
    at = torch.arange(audio.shape[-1] // hop + 1, dtype=torch.float64) * (hop / sample_rate)
    late = torch.zeros_like(at) if drift is None else drift.at(at)
    center = ((at - late) * sample_rate).round().long()
    within = ((center >= 0) & (center <= audio.shape[-1])).double()
    first = center - size // 2
    margin = size + round(REACH_SECONDS * sample_rate)
    padded = torch.nn.functional.pad(audio.detach().cpu(), (margin, margin))
    blocks = padded[:, first[:, None] + margin + torch.arange(size)]
    spectrum = torch.fft.rfft(blocks * torch.hann_window(size))
    power = squared_magnitude(spectrum).double().transpose(1, 2)
    return power, torch.fft.rfftfreq(size, 1.0 / sample_rate), at, within


def _spread(power: Tensor) -> Tensor:
    """Spread a part of the power ``[..., bins, times]`` over neighbouring bins."""
    over = avg_pool2d(power, (SPREAD_BINS, 1), stride=1, padding=(SPREAD_BINS // 2, 0))
    return (1.0 - SPREAD) * power + SPREAD * over


def _one_band(observed: Tensor, sources: Tensor, frame: Tensor, frames: int) -> Tensor:
    """Estimate the power gains ``[tracks, frames]`` of a band.

    `observed` is ``[times, bins]``, `sources` ``[tracks, times, bins]``, and `frame` the frame of
    each time.
    """
    count = len(sources)
    floor = FLOOR * sources.mean(dim=(1, 2)).sum() + 1e-20
    gains = sources.new_ones(count, frames)
    change = torch.eye(frames, dtype=gains.dtype).diff(dim=0)
    change_cost = CHANGE * observed.shape[1] ** 0.5
    moved = torch.ones_like(gains[:, 1:])
    for _ in range(PASSES):
        expected = (gains[:, frame].unsqueeze(-1) * sources).sum(dim=0)
        mean = expected.mean(dim=-1, keepdim=True)
        error = expected**OWN_SHARE * mean ** (1.0 - OWN_SHARE) + floor
        relative = (observed - expected) / error
        weight = 1.0 / (error.square() * (1.0 + (relative / OUTLIER).square()))
        products = torch.einsum("kto,lto,to->tkl", sources, sources, weight)
        targets = torch.einsum("kto,to->tk", sources, weight * observed)
        by_frame = products.new_zeros(frames, count, count).index_add(0, frame, products)
        right = targets.new_zeros(frames, count).index_add(0, frame, targets).T
        normal = torch.zeros(count, frames, count, frames, dtype=gains.dtype)
        normal.permute(1, 3, 0, 2).diagonal().copy_(by_frame.permute(1, 2, 0))
        for track in range(count):
            stiffness = change_cost / (moved[track] + SMALL_CHANGE)
            normal[track, :, track] += change.T @ (stiffness[:, None] * change)
        square = normal.reshape(count * frames, -1)
        square.diagonal().add_(1e-6)  # where a track is silent throughout
        solved = torch.linalg.solve(square, right.flatten() + 1e-6).view(count, frames)
        gains = solved.clamp(1e-6, LARGEST)
        moved = gains.diff(dim=1).abs()
    return gains


def _relative_to_ends(gains: Tensor) -> Tensor:
    """Divide ``[tracks, frames, bands]`` by the static gains of A's start and B's end."""
    few = max(1, round(END_SHARE * gains.shape[1]))
    ends = torch.stack([gains[0, :few], gains[1, -few:]]).median(dim=1, keepdim=True).values
    most = db_to_amplitude(MOST_STATIC_DB)
    return (gains / ends.clamp(1.0 / most, most)).clamp(0.0, LARGEST**0.5)
