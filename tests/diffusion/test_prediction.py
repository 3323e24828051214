"""Velocity, noise and clean predictions are equivalent."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.contracts.denoiser import PREDICTIONS
from djtrans.core.errors import InputError
from djtrans.diffusion.prediction import (
    NOISIEST_NOISE_PREDICTION,
    clamp_noise_fraction,
    target_of,
    to_clean,
)

GENERATOR = torch.Generator().manual_seed(0)
CLEAN, NOISE = (torch.randn(2, 5, 3, generator=GENERATOR, dtype=torch.float64) for _ in "cn")


@given(st.sampled_from(PREDICTIONS), st.floats(0.0, NOISIEST_NOISE_PREDICTION))
def test_the_target_converts_to_the_clean_curves_at_every_level(prediction, t):
    z = (1.0 - t) * CLEAN + t * NOISE
    output = target_of(prediction, CLEAN, NOISE)
    torch.testing.assert_close(to_clean(prediction, output, z, t), CLEAN, rtol=0, atol=1e-12)


@pytest.mark.parametrize("prediction", ["velocity", "clean"])
def test_velocity_and_clean_are_defined_at_pure_noise(prediction):
    output = target_of(prediction, CLEAN, NOISE)
    torch.testing.assert_close(to_clean(prediction, output, NOISE, 1.0), CLEAN)
    assert clamp_noise_fraction(prediction, 1.0) == 1.0


def test_a_noise_prediction_is_not_asked_where_it_would_be_divided_by_zero():
    assert clamp_noise_fraction("noise", 1.0) == NOISIEST_NOISE_PREDICTION
    assert clamp_noise_fraction("noise", 0.5) == 0.5
    several = clamp_noise_fraction("noise", torch.tensor([0.2, 1.0]))
    torch.testing.assert_close(several, torch.tensor([0.2, NOISIEST_NOISE_PREDICTION]))


def test_an_unknown_prediction_is_refused_by_name():
    with pytest.raises(InputError, match="velocity"):
        target_of("velocty", CLEAN, NOISE)
