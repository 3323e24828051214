"""Fine bands of a spectrum, and the gain that a stem undergoes in each: fader x EQ x filters."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from djtrans.core.contracts.effect import RenderContext
from djtrans.core.contracts.mixer_spec import TRACKS
from djtrans.core.errors import InputError
from djtrans.mixer.mixer import Mixer

#: The bands in which a fit is judged, in Hz: those of the default isolator.
BANDS = {"low": (20.0, 300.0), "mid": (300.0, 4000.0), "high": (4000.0, 20000.0)}
#: Edges of the bands in which gains are found; no band of the isolator is split by one.
FINE_EDGES_HZ = (20.0, 60.0, 100.0, 170.0, 300.0, 600.0, 1200.0, 2200.0, 4000.0, 7000.0, 20000.0)


def members(freqs_hz: Tensor, edges_hz: tuple[float, ...]) -> Tensor:
    """Which bin lies in which band, ``[bands, bins]`` of 0 and 1; bands without a bin are left out.

    Parameters
    ----------
    freqs_hz : Tensor
        ``[bins]``.
    edges_hz : tuple of float
        Increasing.
    """
    rows = [(freqs_hz >= low) & (freqs_hz < high) for low, high in pairwise(edges_hz)]
    return torch.stack([row for row in rows if row.any()]).to(freqs_hz.dtype)


def stem_masks(mixer: Mixer, values: Tensor, freqs_hz: Tensor, ctx: RenderContext) -> Tensor:
    """What the spectral nodes of the stem chain do to each stem at each frame.

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
    """Root mean square gain of stems in bands.

    Parameters
    ----------
    masks : Tensor
        ``[stems, frames, bins]``.
    power : Tensor
        ``[stems, bins]``: the stems' own spectra, which say what of a band is there to be heard.
    member : Tensor
        ``[bands, bins]``, see :func:`members`.

    Returns
    -------
    Tensor
        ``[stems, frames, bands]``.
    """
    # A trace of every bin, so that a band without sound has a gain too.
    floor = 1e-9 * power.mean(dim=-1, keepdim=True) + 1e-20
    share = (power + floor).unsqueeze(1) * member
    share = share / share.sum(dim=-1, keepdim=True)
    return (masks.square() @ share.transpose(1, 2) + 1e-12).sqrt()


def check_bands(sample_rate: int) -> None:
    """Refuse a sample rate at which the high band has no room."""
    if sample_rate < 2.5 * BANDS["high"][0]:
        raise InputError(
            f"The audio is at {sample_rate} Hz; fitting needs 10000 Hz or more, for the high band."
        )
