"""From band gains to the curves of a mixer: those whose masks come nearest to the gains."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from djtrans.core.contracts.effect import RenderContext
from djtrans.core.contracts.mixer_spec import TRACKS
from djtrans.inverse.bands import mean_gain, stem_masks
from djtrans.mixer.mixer import Mixer

STEPS, LEARNING_RATE = 300, 0.05
#: Frequencies at which masks are compared.
POINTS = 64
#: Weight of an audible stem's error where it is silent for a moment.
SILENT_WEIGHT = 0.02
#: A stem counts in a band in full from this part of the band's power on (-30 dB).
AUDIBLE_PART = 1e-3
#: Weights of the change from frame to frame and of the distance from neutral, per range.
MOTION, DISTANCE = 2e-3, 1e-3
#: Where a filter that may be needed starts, as a distance from neutral in parts of its range: the
#: gradient of a bypassed filter is 0.
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
    """Curves whose masks come nearest to given band gains.

    Every mixer whose stem chain has spectral nodes will do. Two starts are tried for each stem, all
    neutral and with its filters engaged, and the better one is kept.

    Parameters
    ----------
    mixer : Mixer
    gains, power : Tensor
        ``[tracks * stems, frames, bands]``.
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
        ``[frames, parameters]``, in range; all that is not in the stem chain is neutral.
    """
    freqs_hz, spectra, member = _thinned(freqs_hz, spectra, member)
    weight = power / power.amax(dim=1, keepdim=True).clamp(min=1e-20) + SILENT_WEIGHT
    total = power.sum(dim=1, keepdim=True)
    heard = total / (AUDIBLE_PART * total.sum(dim=0, keepdim=True) + 1e-20)
    weight = weight * heard.clamp(max=1.0)
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


def _thinned(freqs_hz: Tensor, spectra: Tensor, member: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Fewer bins, evenly spaced in octaves; the power of the others goes to the nearest."""
    bins = len(freqs_hz)
    spaced = torch.logspace(0.0, math.log10(bins - 1), POINTS, dtype=torch.float64)
    kept = spaced.round().long().unique()
    nearest = torch.bucketize(torch.arange(bins), (kept[1:] + kept[:-1]) / 2)
    power = spectra.new_zeros(len(spectra), len(kept)).index_add(1, nearest, spectra)
    return freqs_hz[kept], power, member[:, kept]


def _owners(mixer: Mixer) -> Tensor:
    """For each row of the layout its stem (track A's first); one past the last for the others."""
    places = [(track, stem) for track in TRACKS for stem in mixer.spec.stems]
    index = {place: number for number, place in enumerate(places)}
    return torch.tensor(
        [index.get((row.track, row.stem), len(places)) for row in mixer.layout.rows]
    )
