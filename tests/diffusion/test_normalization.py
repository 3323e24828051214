"""Scaling to [-1, 1] is exact where it matters and can be undone."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.curves.layout import Layout, Row
from djtrans.core.curves.parameter import Parameter
from djtrans.core.errors import ShapeError
from djtrans.diffusion.normalization import Scaling

RANGES = [(0.0, 1.0), (0.0, 2.0), (-1.0, 1.0), (0.1, 0.7), (-3.3, 8.9)]
LAYOUT = Layout(
    tuple(
        Row(
            i,
            "a",
            "drums",
            "node",
            Parameter(name=f"p{i}", minimum=low, maximum=high, neutral=high),
            f"p{i}",
        )
        for i, (low, high) in enumerate(RANGES)
    )
)
MINIMUM, MAXIMUM = (torch.tensor(ends) for ends in zip(*RANGES, strict=True))


def test_the_ends_of_a_range_are_met_exactly_in_both_directions():
    scaling = Scaling(LAYOUT)
    ones = torch.ones(len(LAYOUT))
    assert torch.equal(scaling.to_model(MINIMUM), -ones)
    assert torch.equal(scaling.to_model(MAXIMUM), ones)
    assert torch.equal(scaling.from_model(-ones), MINIMUM)
    assert torch.equal(scaling.from_model(ones), MAXIMUM)


@given(st.lists(st.floats(0.0, 1.0, width=32), min_size=5, max_size=5))
def test_there_and_back_is_the_identity(parts):
    scaling = Scaling(LAYOUT)
    values = torch.lerp(MINIMUM, MAXIMUM, torch.tensor(parts))
    scaled = scaling.to_model(values)
    assert float(scaled.abs().max()) <= 1.0 + 1e-6
    torch.testing.assert_close(scaling.from_model(scaled), values, rtol=0, atol=2e-6)


def test_it_is_linear_in_the_unit_of_the_parameter():
    scaling = Scaling(LAYOUT)
    middle = scaling.to_model((MINIMUM + MAXIMUM) / 2)
    torch.testing.assert_close(middle, torch.zeros(5), rtol=0, atol=1e-6)


def test_another_number_of_columns_is_refused():
    with pytest.raises(ShapeError, match="4 columns, the layout 5"):
        Scaling(LAYOUT).to_model(torch.zeros(2, 8, 4))
