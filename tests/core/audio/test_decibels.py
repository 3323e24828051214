"""Decibels of numbers, arrays and tensors, bit for bit as each library computes them."""

import math

import numpy as np
import pytest
import torch

from djtrans.core.audio.decibels import (
    amplitude_to_db,
    db_to_amplitude,
    db_to_power,
    power_to_db,
)


@pytest.mark.parametrize(("ratio", "decibels"), [(1.0, 0.0), (10.0, 20.0), (0.1, -20.0)])
def test_a_factor_of_ten_is_20_db_of_amplitude_and_10_db_of_power(ratio, decibels):
    assert amplitude_to_db(ratio) == pytest.approx(decibels)
    assert db_to_amplitude(decibels) == pytest.approx(ratio)
    assert power_to_db(ratio) == pytest.approx(decibels / 2)
    assert db_to_power(decibels / 2) == pytest.approx(ratio)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_and_tensors_keep_kind_and_dtype(dtype):
    values = np.random.default_rng(0).uniform(1e-6, 2.0, 1000).astype(dtype)
    np.testing.assert_array_equal(power_to_db(values), 10.0 * np.log10(values))
    assert power_to_db(values).dtype == dtype
    tensor = torch.from_numpy(values)
    assert torch.equal(amplitude_to_db(tensor), 20 * torch.log10(tensor))
    assert torch.equal(db_to_power(tensor), 10.0 ** (tensor / 10.0))
    assert isinstance(db_to_amplitude(values), np.ndarray)
    # A scalar of numpy is one of its arrays, not a number of Python's.
    assert power_to_db(values[0]) == 10.0 * np.log10(values[0])


def test_silence_is_minus_infinity_or_the_least_that_counts():
    assert amplitude_to_db(0.0) == -math.inf
    assert amplitude_to_db(0.0, amin=1e-3) == pytest.approx(-60.0)
    assert power_to_db(np.zeros(2), amin=1e-12).tolist() == pytest.approx([-120.0, -120.0])
    assert power_to_db(torch.zeros(2), amin=1e-3).tolist() == pytest.approx([-30.0, -30.0])


def test_a_tensor_keeps_its_gradient():
    level = torch.tensor([-6.0], requires_grad=True)
    db_to_amplitude(level).sum().backward()
    assert level.grad.item() == pytest.approx(math.log(10.0) / 20.0 * 10.0 ** (-0.3))
