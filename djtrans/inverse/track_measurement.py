"""Gains of the bands of whole tracks in a mix, measured and by the estimate of the literature."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from djtrans.inverse.bands import BANDS

#: Length of the frames of the short-time transform.
_FFT = 2048
#: Largest gain.
_MOST = 2.0
#: A band is audible above this part of the mean power of all tracks in it.
_AUDIBLE = 1e-3


def measured_gains(audio: Tensor, untouched: Tensor, times: Tensor, sample_rate: int) -> Tensor:
    """Measure the gains of the bands of a track at frames.

    Parameters
    ----------
    audio, untouched : Tensor
        ``[channels, samples]``: the track in the mix, and before the mixer.
    times : Tensor
        ``[frames]`` float64, seconds.
    sample_rate : int
        In Hz.

    Returns
    -------
    Tensor
        ``[frames, bands]``, linear; bands are those of :data:`~djtrans.inverse.bands.BANDS`.
    """
    power = power_by_band(untouched, times, sample_rate).clamp(min=1e-12)
    return (power_by_band(audio, times, sample_rate) / power).sqrt()


def power_by_band(audio: Tensor, times: Tensor, sample_rate: int) -> Tensor:
    """Compute the power in each band around each frame, ``[frames, bands]``."""
    spectra, inside, frame = _framed(audio, times, sample_rate)
    power = torch.stack([spectra[:, rows].square().sum(dim=(0, 1)) for rows in inside], dim=-1)
    return power.new_zeros(len(times), len(inside)).index_add(0, frame, power)


def audible_bands(tracks: Sequence[Tensor], times: Tensor, sample_rate: int) -> Tensor:
    """Find where bands of tracks are within 30 dB of the mean level of all in the band.

    Parameters
    ----------
    tracks : sequence of Tensor
        ``[channels, samples]``, before the mixer.
    times : Tensor
        ``[frames]`` float64, seconds.
    sample_rate : int
        In Hz.

    Returns
    -------
    Tensor
        ``[tracks, frames, bands]`` bool.
    """
    power = torch.stack([power_by_band(track, times, sample_rate) for track in tracks])
    return power > _AUDIBLE * power.mean(dim=1, keepdim=True).sum(dim=0, keepdim=True)


def convex_gains(mix: Tensor, a: Tensor, b: Tensor, times: Tensor, sample_rate: int) -> Tensor:
    """Estimate the gains of both tracks by non-negative least squares of magnitudes [1]_.

    Frames and bands are independent of each other.

    Parameters
    ----------
    mix, a, b : Tensor
        ``[channels, samples]``: the mix, and both tracks aligned with it, before the mixer.
    times : Tensor
        ``[frames]`` float64, seconds.
    sample_rate : int
        In Hz.

    Returns
    -------
    Tensor
        ``[2, frames, bands]``, 0 to 2.

    References
    ----------
    .. [1] T. Kim, Y.-H. Yang, J. Nam, "Joint estimation of fader and equalizer gains of DJ mixers
       using convex optimization", DAFx 2022.
    """
    (y, inside, frame), (p, _, _), (q, _, _) = (_framed(x, times, sample_rate) for x in (mix, a, b))
    out = torch.zeros(2, len(times), len(inside))
    for band, rows in enumerate(inside):
        for at in range(len(times)):
            u, v, w = (x[:, rows][..., frame == at].flatten() for x in (p, q, y))
            uu, vv, uv, uw, vw = u @ u, v @ v, u @ v, u @ w, v @ w
            det = (uu * vv - uv * uv).clamp(min=1e-12)
            pair = torch.stack([(vv * uw - uv * vw) / det, (uu * vw - uv * uw) / det])
            if pair[0] < 0:
                pair = torch.stack([pair[0] * 0, vw / vv.clamp(min=1e-12)])
            elif pair[1] < 0:
                pair = torch.stack([uw / uu.clamp(min=1e-12), pair[1] * 0])
            out[:, at, band] = pair
    return out.clamp(0.0, _MOST)


def _framed(audio: Tensor, times: Tensor, sample_rate: int) -> tuple[Tensor, list[Tensor], Tensor]:
    """Compute magnitudes, the bins of each band, and the nearest frame of each column."""
    hop, window = _FFT // 4, torch.hann_window(_FFT)
    spectra = torch.stft(audio, _FFT, hop, window=window, return_complex=True).abs()
    freqs = torch.fft.rfftfreq(_FFT, 1.0 / sample_rate)
    inside = [(freqs >= low) & (freqs < high) for low, high in BANDS.values()]
    at = torch.arange(spectra.shape[-1], dtype=torch.float64) * (hop / sample_rate)
    return spectra, inside, torch.searchsorted((times[1:] + times[:-1]) / 2, at)
