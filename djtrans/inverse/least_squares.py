"""Band gains of every stem in closed form: one regularized least squares for each band.

The mix is linear in the gains: in a band, ``mix = sum of gain x stem``, and a gain is linear in its
values at the frames. One normal equation therefore gives all frames of all stems of a band. Where a
stem is silent, its gain follows from smoothness and from the other stems of its track.
"""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.contracts.mixer_spec import TRACKS
from djtrans.core.curves.interpolation import EDGE_FRACTION
from djtrans.inverse.curve_basis import CurveBasis

#: Largest gain: a full fader and an isolator at its maximum.
LARGEST_GAIN = 2.0
#: Weights, relative to a stem's mean power, of changes between frames and of the track's gain.
SMOOTHNESS, TRACK_GAIN = 1e-3, 1e-4
#: Iterations of the active set of late edges and bounds.
PASSES = 4
#: Weight of a gain's bound, relative to the largest power.
HOLD = 1e4


def band_gains(
    mix: Tensor, stems: Tensor, basis: CurveBasis, member: Tensor
) -> tuple[Tensor, Tensor]:
    """Estimate the gains of all stems in each band by least squares.

    Parameters
    ----------
    mix : Tensor
        ``[channels, bins, times]``, complex spectra, or power spectra, which give power gains.
    stems : Tensor
        ``[stems, channels, bins, times]``, track A's first.
    basis : CurveBasis
        Basis of the frames at the times.
    member : Tensor
        ``[bands, bins]`` of 0 and 1.

    Returns
    -------
    gains : Tensor
        ``[stems, frames, bands]``, from 0 to 2.
    power : Tensor
        ``[stems, frames, bands]``: power of each stem.
    """
    found = [_one_band(mix[:, rows], stems[:, :, rows], basis) for rows in member.bool()]
    gains, power = zip(*found, strict=True)
    return torch.stack(gains, dim=-1), torch.stack(power, dim=-1)


def _one_band(mix: Tensor, stems: Tensor, basis: CurveBasis) -> tuple[Tensor, Tensor]:
    audio = stems.flatten(1, 2).permute(2, 0, 1)  # [times, stems, channels x bins]
    observed = mix.flatten(0, 1).T.unsqueeze(-1)
    gram = (audio.conj() @ audio.mT).real.double()
    target = (audio.conj() @ observed).real.double().squeeze(-1)
    count, frames = stems.shape[0], len(basis.ramps) + 1
    is_edge = torch.zeros(count, frames - 1, dtype=torch.bool)
    power = torch.einsum("kti,tkk->ki", basis.weights(is_edge), gram)
    gains = power.new_ones(count, frames)
    bound: Tensor | None = None
    for attempt in range(PASSES):
        weights = basis.weights(is_edge)
        normal, right = _normal_equation(gram, target, weights)
        _regularize(normal, right, power, gains if attempt else None)
        if bound is not None:
            held = bound.isfinite().double() * HOLD * power.max().clamp(min=1e-20)
            normal.diagonal().add_(held.flatten())
            right += held * bound.nan_to_num(0.0)
        solved = torch.linalg.solve(normal, right.flatten()).view(count, frames)
        gains = solved.clamp(0.0, LARGEST_GAIN)
        bound = torch.where((solved < 0) | (solved > LARGEST_GAIN), gains, torch.nan)
        is_edge = gains.diff(dim=-1).abs() >= EDGE_FRACTION
    return gains.float(), power.float()


def _normal_equation(gram: Tensor, target: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Build the normal equation, ``[stems x frames, stems x frames]`` and ``[stems, frames]``."""
    count, times, frames = weights.shape
    by_time = weights.transpose(0, 1)  # [times, stems, frames]
    normal = gram.new_empty(count, frames, count, frames)
    for other in range(count):
        scaled = (by_time * gram[:, :, other, None]).reshape(times, -1)
        normal[:, :, other] = (scaled.T @ weights[other]).view(count, frames, frames)
    right = torch.einsum("kti,tk->ki", weights, target)
    return normal.view(count * frames, count * frames), right


def _regularize(normal: Tensor, right: Tensor, power: Tensor, before: Tensor | None) -> None:
    """Add smoothness and the track's mean gain as regularization, in place."""
    count, frames = power.shape
    scale = power.mean(dim=-1) + 1e-6 * power.mean() + 1e-20
    change = torch.eye(frames, dtype=power.dtype).diff(dim=0)
    smooth = change.T @ change
    for stem in range(count):
        at = slice(stem * frames, (stem + 1) * frames)
        normal[at, at] += SMOOTHNESS * scale[stem] * smooth
    if before is None:
        expected = power.new_ones(count, frames)
    else:
        tracks = [x.unflatten(0, (len(TRACKS), -1)) for x in (before, power + scale[:, None] * 0.1)]
        mean = (tracks[0] * tracks[1]).sum(dim=1) / tracks[1].sum(dim=1)
        expected = mean.repeat_interleave(count // len(TRACKS), dim=0)
    # Scaled by the mean power, so that it only matters where the stem is silent.
    pull = (TRACK_GAIN * scale)[:, None].expand(count, frames)
    normal.diagonal().add_(pull.flatten())
    right += pull * expected
