"""Curve interpolation, compared with numpy's and with the definition of edges."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.curves.interpolation import make_curves
from djtrans.core.curves.parameter import Parameter
from djtrans.core.errors import InputError, ShapeError

LINEAR = Parameter(name="x")
LATE = Parameter(name="x", edge="late")


def test_lines_equal_numpy_and_hold_beyond_the_ends() -> None:
    times = torch.tensor([0.5, 1.0, 1.7, 3.0], dtype=torch.float64)
    values = torch.rand(2, 4, 3, dtype=torch.float64)
    at = torch.linspace(-1, 5, 601, dtype=torch.float64)
    got = make_curves(values, times, [LINEAR] * 3).at(at)
    for batch in range(2):
        for row in range(3):
            want = np.interp(at.numpy(), times.numpy(), values[batch, :, row].numpy())
            np.testing.assert_allclose(got[batch, row].numpy(), want, atol=1e-12)


def test_late_edge_is_whole_10_ms_before_the_frame_and_20_ms_long() -> None:
    curves = make_curves(torch.tensor([[[0.0], [1.0]]]), torch.tensor([0.0, 0.25]), [LATE])
    at = torch.tensor([0.0, 0.2199, 0.22, 0.23, 0.24, 0.2401, 0.25, 1.0], dtype=torch.float64)
    want = torch.tensor([0, 0, 0, 0.5, 1, 1, 1, 1.0])
    torch.testing.assert_close(curves.at(at)[0, 0], want, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("jump", "is_edge"), [(0.49, False), (0.5, True), (-0.7, True)])
def test_only_a_jump_of_half_the_range_is_an_edge(jump: float, is_edge: bool) -> None:
    start = 0.8 if jump < 0 else 0.2
    values = torch.tensor([[[start], [start + jump]]])
    halfway = make_curves(values, torch.tensor([0.0, 1.0]), [LATE]).at(torch.tensor([0.5]).double())
    assert float(halfway) == pytest.approx(start if is_edge else start + jump / 2, abs=1e-6)


def test_a_linear_parameter_has_no_edge() -> None:
    curves = make_curves(torch.tensor([[[0.0], [1.0]]]), torch.tensor([0.0, 1.0]), [LINEAR])
    assert float(curves.at(torch.tensor([0.5]).double())) == pytest.approx(0.5)


def test_edge_fits_between_close_frames() -> None:
    curves = make_curves(torch.tensor([[[0.0], [1.0]]]), torch.tensor([0.0, 0.015]), [LATE])
    got = curves.at(torch.tensor([0.0, 0.005, 0.010, 0.015], dtype=torch.float64))[0, 0]
    torch.testing.assert_close(got, torch.tensor([0.0, 0.5, 1.0, 1.0]), atol=1e-6, rtol=0)


@given(cuts=st.lists(st.integers(0, 400), max_size=6), seed=st.integers(0, 99))
def test_any_cutting_of_the_times_gives_the_same(cuts: list[int], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    values = torch.rand(1, 9, 2, generator=generator)
    curves = make_curves(values, torch.arange(9) * 0.11 + 0.1, [LINEAR, LATE])
    at = torch.linspace(0, 1.2, 400, dtype=torch.float64)
    bounds = [0, *sorted(cuts), 400]
    parts = [curves.at(at[i:j]) for i, j in itertools.pairwise(bounds)]
    torch.testing.assert_close(torch.cat(parts, -1), curves.at(at), atol=1e-7, rtol=0)


def test_gradient() -> None:
    values = torch.rand(2, 5, 3, dtype=torch.float64, requires_grad=True)
    times = torch.arange(5) * 0.1
    at = torch.linspace(-0.1, 0.6, 23, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda v: make_curves(v, times, [LINEAR, LATE, LATE]).select([2, 0]).at(at), values
    )


def test_bad_input_is_refused() -> None:
    with pytest.raises(ShapeError, match="expected"):
        make_curves(torch.rand(1, 3, 1), torch.arange(4), [LINEAR])
    with pytest.raises(InputError, match="increasing"):
        make_curves(torch.rand(1, 3, 1), torch.tensor([0.0, 1.0, 1.0]), [LINEAR])
