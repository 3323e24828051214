"""Noise levels of linear betas, compared with the papers."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.contracts.scheduler import Level
from djtrans.core.errors import InputError
from djtrans.core.schedules.noise_schedules import linear_beta_levels, posterior_deviation


def test_alpha_is_the_running_product_of_one_minus_beta():
    levels = linear_beta_levels(1000, zero_terminal_snr=False)
    product = 1.0
    for timestep, level in enumerate(reversed(levels[:-1])):
        beta = 1e-4 + (0.02 - 1e-4) * timestep / 999
        product *= 1.0 - beta
        assert level.alpha == pytest.approx(math.sqrt(product), rel=1e-9)


@given(st.integers(1, 1000), st.booleans())
def test_the_first_level_is_the_last_timestep_whatever_the_number_of_steps(steps, zero):
    levels = linear_beta_levels(steps, zero_terminal_snr=zero)
    assert len(levels) == steps + 1
    assert levels[-1] == Level(1.0, 0.0)
    assert levels[0].alpha == (0.0 if zero else pytest.approx(0.00635, abs=1e-5))
    assert all(lv.alpha**2 + lv.sigma**2 == pytest.approx(1.0) for lv in levels)


def test_zero_terminal_snr_leaves_the_cleanest_level_as_it_was():
    plain, zero = (linear_beta_levels(1000, zero_terminal_snr=z)[-2] for z in (False, True))
    assert zero.alpha == pytest.approx(plain.alpha, rel=1e-12)


@pytest.mark.parametrize("steps", [0, -1, 1001])
def test_a_number_of_steps_that_is_not_allowed_names_the_range(steps):
    with pytest.raises(InputError, match="give 1 to 1000"):
        linear_beta_levels(steps, zero_terminal_snr=True)


def test_the_posterior_deviation_is_that_of_the_joint_gaussian():
    """Of (x_next, x) given clean: condition the joint covariance on x, by its definition."""
    level, next_level = Level(0.3, 0.8), Level(0.7, 0.4)
    carried = level.alpha / next_level.alpha
    covariance = torch.tensor(
        [
            [next_level.sigma**2, carried * next_level.sigma**2],
            [carried * next_level.sigma**2, level.sigma**2],
        ]
    )
    variance = covariance[0, 0] - covariance[0, 1] ** 2 / covariance[1, 1]
    assert posterior_deviation(level, next_level) == pytest.approx(float(variance.sqrt()))
    assert posterior_deviation(Level(0.0, 1.0), next_level) == pytest.approx(next_level.sigma)
    assert posterior_deviation(level, Level(1.0, 0.0)) == 0.0
