"""Band gains of mixes whose gains are known."""

from __future__ import annotations

import torch

from djtrans.inverse.curve_basis import CurveBasis
from djtrans.inverse.least_squares import band_gains

FRAMES = torch.arange(8, dtype=torch.float64) * 0.25
TIMES = torch.arange(200, dtype=torch.float64) * 0.01
#: Two bands of 4 bins.
MEMBER = torch.eye(2).repeat_interleave(4, dim=1)


def _mixed(gains: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, CurveBasis]:
    generator = torch.Generator().manual_seed(0)
    stems = torch.randn(4, 2, 8, len(TIMES), generator=generator, dtype=torch.complex64)
    basis = CurveBasis.at(FRAMES, TIMES)
    is_edge = gains.diff(dim=1).abs().transpose(1, 2) >= 0.5
    weights = basis.weights(is_edge).float()  # [stems, bands, times, frames]
    curves = torch.einsum("kbti,kib->kbt", weights, gains)
    bins = torch.einsum("kbt,bf->kft", curves, MEMBER)
    return (stems * bins.unsqueeze(1)).sum(dim=0), stems, basis


def test_smooth_gains_are_found():
    generator = torch.Generator().manual_seed(1)
    wanted = 0.3 + 0.4 * torch.rand(4, 8, 2, generator=generator)
    mix, stems, basis = _mixed(wanted)
    found, _ = band_gains(mix, stems, basis, MEMBER)
    assert (found - wanted).abs().max() < 0.01


def test_a_kill_in_one_frame_is_found_as_an_edge():
    wanted = torch.full((4, 8, 2), 0.8)
    wanted[0, 4:, 0] = 0.0
    wanted[2, :4, 0] = 0.0
    mix, stems, basis = _mixed(wanted)
    found, _ = band_gains(mix, stems, basis, MEMBER)
    assert (found - wanted).abs().max() < 0.01


def test_a_silent_stem_follows_its_track_and_is_told_by_its_power():
    wanted = torch.full((4, 8, 2), 0.5)
    mix, stems, basis = _mixed(wanted)
    mix = mix - 0.5 * stems[1]
    stems = stems.clone()
    stems[1] = 0.0
    found, power = band_gains(mix, stems, basis, MEMBER)
    assert (found[1] - 0.5).abs().max() < 0.05
    assert power[1].max() == 0.0
    assert power[0].min() > 0.0


def test_no_gain_leaves_its_range():
    mix, stems, basis = _mixed(torch.full((4, 8, 2), 0.5))
    found, _ = band_gains(5.0 * mix - 4.0 * stems[0], stems, basis, MEMBER)
    assert found.min() >= 0.0
    assert found.max() <= 2.0
