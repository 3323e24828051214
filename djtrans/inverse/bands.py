"""Frequency bands, and the gain of a stem's fader, EQ and filters in each."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from djtrans.core.contracts.effect import RenderContext
from djtrans.core.contracts.mixer_spec import TRACKS
from djtrans.core.errors import InputError
from djtrans.mixer.mixer import Mixer

#: Bands in which a fit is evaluated, in Hz: those of the default isolator.
BANDS = {"low": (20.0, 300.0), "mid": (300.0, 4000.0), "high": (4000.0, 20000.0)}
#: Edges of the bands in which gains are estimated; each lies within one band of the isolator.
FINE_EDGES_HZ = (20.0, 60.0, 100.0, 170.0, 300.0, 600.0, 1200.0, 2200.0, 4000.0, 7000.0, 20000.0)


def members(freqs_hz: Tensor, edges_hz: tuple[float, ...]) -> Tensor:
    """Return the membership of bins in bands; bands without a bin are omitted.

    Parameters
    ----------
    freqs_hz : Tensor
        ``[bins]``.
    edges_hz : tuple of float
        Increasing edges of the bands.

    Returns
    -------
    Tensor
        ``[bands, bins]`` of 0 and 1.
    """
    rows = [(freqs_hz >= low) & (freqs_hz < high) for low, high in pairwise(edges_hz)]
    return torch.stack([row for row in rows if row.any()]).to(freqs_hz.dtype)


def stem_masks(mixer: Mixer, values: Tensor, freqs_hz: Tensor, ctx: RenderContext) -> Tensor:
    """Compute the product of the masks of the spectral nodes, for each stem and frame.

    Parameters
    ----------
    mixer : Mixer
    values : Tensor
        ``[frames, parameters]``.
    freqs_hz : Tensor
        ``[bins]``.
    ctx : RenderContext

    Returns
    -------
    Tensor
        ``[tracks * stems, frames, bins]``, track A's stems first; differentiable in `values`.
    """
    places = [(track, stem) for track in TRACKS for stem in mixer.spec.stems]
    product = values.new_ones(len(places), len(values), len(freqs_hz))
    for node in mixer.stem_nodes:
        if node.declaration.domain != "spectral":
            continue
        curves = {}
        for parameter in node.parameters:
            keys = [f"{track}/{stem}/{node.id}/{parameter.name}" for track, stem in places]
            curves[parameter.name] = values[:, [mixer.layout.index(key) for key in keys]].T
        product = product * node.effect.mask(curves, freqs_hz, ctx)
    return product


def mean_gain(masks: Tensor, power: Tensor, member: Tensor) -> Tensor:
    """Compute the root mean square gain of stems in bands.

    Parameters
    ----------
    masks : Tensor
        ``[stems, frames, bins]``.
    power : Tensor
        ``[stems, bins]``: power spectra of the stems, which weight the bins of a band.
    member : Tensor
        ``[bands, bins]``, see :func:`members`.

    Returns
    -------
    Tensor
        ``[stems, frames, bands]``.
    """
    # A small weight for every bin, so that the gain of a silent band is defined.
    floor = 1e-9 * power.mean(dim=-1, keepdim=True) + 1e-20
    share = (power + floor).unsqueeze(1) * member
    share = share / share.sum(dim=-1, keepdim=True)
    return (masks.square() @ share.transpose(1, 2) + 1e-12).sqrt()


def nearest_frames(times: Tensor, frame_times: Tensor) -> Tensor:
    """Return the index of the frame nearest to each time."""
    return torch.searchsorted((frame_times[1:] + frame_times[:-1]) / 2, times)


def mean_by_frame(power: Tensor, frame_times: Tensor, hop_seconds: float) -> Tensor:
    """Average ``[stems, bands, times]`` around each frame: ``[stems, frames, bands]``."""
    at = torch.arange(power.shape[-1], dtype=torch.float64) * hop_seconds
    index = nearest_frames(at, frame_times).to(power.device)
    sums = power.new_zeros(*power.shape[:2], len(frame_times)).index_add(2, index, power)
    counts = torch.bincount(index, minlength=len(frame_times)).clamp(min=1)
    return (sums / counts).transpose(1, 2)


def check_bands(sample_rate: int) -> None:
    """Raise InputError if the sample rate is too low for the high band."""
    if sample_rate < 2.5 * BANDS["high"][0]:
        raise InputError(
            f"The audio is at {sample_rate} Hz; inverse mixing needs 10000 Hz or more, for the "
            "high band."
        )
