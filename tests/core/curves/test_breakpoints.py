"""Breakpoints describe the same curve as the interpolation of the mixer."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from djtrans.core.curves.breakpoints import breakpoints
from djtrans.core.curves.interpolation import make_curves
from djtrans.core.curves.layout import Layout, Row
from djtrans.core.curves.parameter import Parameter
from djtrans.core.curves.params import TransitionParams


def params(values, times, **fields):
    parameter = Parameter(name="gain", **fields)
    layout = Layout((Row(0, "a", "drums", "fader", parameter, "gain"),))
    clock = torch.tensor(times, dtype=torch.float64)
    return TransitionParams(torch.tensor(values)[:, None], layout, clock, clock)


KEY = "a/drums/fader/gain"


@pytest.mark.parametrize("edge", ["linear", "late"])
@pytest.mark.parametrize("step", [0.25, 0.02])  # 0.02 s is shorter than an edge and its lead
def test_they_are_the_curve_of_the_mixer(edge, step):
    values = torch.rand(40, generator=torch.Generator().manual_seed(3)).tolist()
    given = params(values, [step * i for i in range(40)], edge=edge)
    curves = make_curves(
        given.values[None], given.frame_times, [r.parameter for r in given.layout.rows]
    )
    at = torch.linspace(-0.5, 41 * step, 5000, dtype=torch.float64)
    points = breakpoints(given, KEY)
    times, found = zip(*points, strict=True)
    assert all(b > a for a, b in itertools.pairwise(times))
    expected = curves.at(at)[0, 0].numpy()
    np.testing.assert_allclose(np.interp(at.numpy(), times, found), expected, atol=2e-6)


def test_a_cut_is_three_points_and_a_constant_curve_is_one():
    beats = [0.5 * i for i in range(8)]
    cut = breakpoints(params([1.0] * 4 + [0.0] * 4, beats, edge="late"), KEY)
    assert cut == [(0.0, 1.0), (pytest.approx(1.97), 1.0), (pytest.approx(1.99), 0.0)]
    assert breakpoints(params([0.3] * 8, beats), KEY) == [(0.0, pytest.approx(0.3))]


def test_a_ramp_is_its_two_ends():
    ramp = params([0.0, 0.25, 0.5, 0.75, 1.0, 1.0], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    assert breakpoints(ramp, KEY) == [(0.0, 0.0), (4.0, 1.0)]
