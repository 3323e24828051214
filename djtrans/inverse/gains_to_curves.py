"""Fit the curves of a mixer to given band gains."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from djtrans.core.contracts.effect import RenderContext
from djtrans.core.contracts.mixer_spec import TRACKS
from djtrans.inverse.bands import BANDS, mean_gain, stem_masks
from djtrans.mixer.mixer import Mixer

STEPS, LEARNING_RATE = 300, 0.05
#: Number of frequencies at which masks are compared.
POINTS = 64
#: Weight of an audible stem's error where it is momentarily silent.
SILENT_WEIGHT = 0.02
#: A stem has full weight in a band from this fraction of the band's power on (-30 dB).
AUDIBLE_PART = 1e-3
#: Weights of the change from frame to frame and of the distance from neutral, per range.
MOTION, DISTANCE = 2e-3, 1e-3
#: Initial distance of filters from neutral, as a fraction of the range: the gradient of a bypassed
#: filter is 0.
ENGAGED = 0.3


def match_curves(
    mixer: Mixer,
    gains: Tensor,
    power: Tensor,
    spectra: Tensor,
    freqs_hz: Tensor,
    member: Tensor,
    ctx: RenderContext,
) -> Tensor:
    """Find the curves whose masks are nearest to given band gains.

    Works with every mixer whose stem chain has spectral nodes. Two starts are tried for each stem,
    all neutral and with its filters engaged; the better result is used.

    Parameters
    ----------
    mixer : Mixer
    gains, power : Tensor
        ``[tracks * stems, frames, bands]``: linear gains, and the power of the stems.
    spectra : Tensor
        ``[tracks * stems, bins]``: power spectra of the stems.
    freqs_hz : Tensor
        ``[bins]``.
    member : Tensor
        ``[bands, bins]``.
    ctx : RenderContext

    Returns
    -------
    Tensor
        ``[frames, parameters]``, within the ranges; parameters outside the stem chain are neutral.
    """
    freqs_hz, spectra, member = _thinned(freqs_hz, spectra, member)
    weight = power / power.amax(dim=1, keepdim=True).clamp(min=1e-20) + SILENT_WEIGHT
    total = power.sum(dim=1, keepdim=True)
    audible = total / (AUDIBLE_PART * total.sum(dim=0, keepdim=True) + 1e-20)
    weight = weight * audible.clamp(max=1.0) * _shares(total, freqs_hz, member)
    weight = weight / weight.sum(dim=(1, 2), keepdim=True).clamp(min=1e-9)

    layout = mixer.layout
    low = gains.new_tensor([row.parameter.minimum for row in layout.rows])
    high = gains.new_tensor([row.parameter.maximum for row in layout.rows])
    neutral = gains.new_tensor(layout.neutral)
    owner = _owners(mixer).to(gains.device)
    filters = gains.new_tensor([row.parameter.curve == "frequency" for row in layout.rows])
    inward = torch.where(neutral > low, -1.0, 1.0) * (high - low) * filters
    best, least = neutral.repeat(gains.shape[1], 1), gains.new_full((len(gains),), math.inf)
    for engaged in (0.0, ENGAGED):
        values = (neutral + engaged * inward).repeat(gains.shape[1], 1).requires_grad_()
        optimizer = torch.optim.Adam([values], lr=LEARNING_RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
        scaled_errors = gains.new_zeros(len(gains))
        for _ in range(STEPS):
            optimizer.zero_grad()
            masks = stem_masks(mixer, values, freqs_hz, ctx)
            error = (mean_gain(masks, spectra, member) - gains).square() * weight
            scaled = (values - neutral) / (high - low)
            prior = MOTION * scaled.diff(dim=0).abs().mean(dim=0)
            prior = prior + DISTANCE * scaled.abs().mean(dim=0)
            scaled_errors = error.sum(dim=(1, 2))
            (scaled_errors.sum() + prior.sum()).backward()
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                values.clamp_(low, high)
        with torch.no_grad():
            by_stem = prior.new_zeros(len(gains) + 1).index_add(0, owner, prior)[:-1]
            objective = scaled_errors + by_stem
            better = torch.cat([objective < least, objective.new_zeros(1, dtype=torch.bool)])
            best = torch.where(better[owner], values, best)
            least = torch.minimum(objective, least)
    return best.detach()


def _shares(power: Tensor, freqs_hz: Tensor, member: Tensor) -> Tensor:
    """Compute the share of each band in the power of its low, mid or high band.

    What is compared in the end is the gain of these three, in which a weak band has no effect.
    """
    middles = (member @ freqs_hz.to(member)) / member.sum(dim=1)
    group = torch.bucketize(middles, middles.new_tensor([low for low, _ in BANDS.values()][1:]))
    sums = power.new_zeros(*power.shape[:-1], len(BANDS)).index_add(-1, group, power)
    return power / sums[..., group].clamp(min=1e-20)


def _thinned(freqs_hz: Tensor, spectra: Tensor, member: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Reduce to bins that are evenly spaced in octaves; each takes the power of its neighbours."""
    bins = len(freqs_hz)
    spaced = torch.logspace(0.0, math.log10(bins - 1), POINTS, dtype=torch.float64)
    kept = spaced.round().long().unique()
    nearest = torch.bucketize(torch.arange(bins), (kept[1:] + kept[:-1]) / 2)
    power = spectra.new_zeros(len(spectra), len(kept)).index_add(1, nearest, spectra)
    return freqs_hz[kept], power, member[:, kept]


def _owners(mixer: Mixer) -> Tensor:
    """Return the stem index of each row (track A's first); one past the last for other rows."""
    places = [(track, stem) for track in TRACKS for stem in mixer.spec.stems]
    index = {place: number for number, place in enumerate(places)}
    return torch.tensor(
        [index.get((row.track, row.stem), len(places)) for row in mixer.layout.rows]
    )
