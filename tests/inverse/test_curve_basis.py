"""The linear map from frames to times is that of the mixer's curves."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.curves.interpolation import make_curves
from djtrans.core.curves.parameter import Parameter
from djtrans.inverse.curve_basis import CurveBasis

TIMES = torch.arange(300, dtype=torch.float64) * 0.005
FRAMES = torch.arange(6, dtype=torch.float64) * 0.25


@given(st.lists(st.floats(0.0, 1.0), min_size=6, max_size=6), st.sampled_from(["linear", "late"]))
def test_weighted_values_are_the_curve_that_the_mixer_plays(values, edge):
    curve = torch.tensor(values, dtype=torch.float64)
    parameter = Parameter(name="gain", edge=edge)
    played = make_curves(curve.view(1, -1, 1), FRAMES, [parameter]).at(TIMES)[0, 0]
    is_edge = (curve.diff().abs() >= 0.5 * (1 - 1e-6)) & (edge == "late")
    weights = CurveBasis.at(FRAMES, TIMES).weights(is_edge)
    assert torch.allclose(weights @ curve, played, atol=1e-9)
