"""Parameters check their range when they are made."""

from __future__ import annotations

import math

import pytest

from djtrans.core.curves.parameter import Parameter
from djtrans.core.errors import ConfigError


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"name": "Gain"}, "name 'Gain' is not allowed"),
        ({"name": "2x"}, "a letter first"),
        ({"minimum": 1.0}, "the minimum must be below the maximum"),
        ({"minimum": 2.0, "neutral": 2.0}, "the minimum must be below the maximum"),
        ({"maximum": math.nan}, "the minimum must be below the maximum"),
        ({"neutral": -0.1}, "outside its range"),
        ({"neutral": 1.1}, "outside its range"),
        ({"edge": "soft"}, "allowed are"),
        ({"curve": "soft"}, "allowed are"),
    ],
)
def test_what_is_not_allowed(fields, match):
    with pytest.raises(ConfigError, match=match):
        Parameter(**{"name": "gain"} | fields)


def test_a_neutral_may_be_at_either_end():
    assert Parameter(name="gain", minimum=-1.0, neutral=-1.0).span == 2.0
    assert Parameter(name="gain", neutral=1.0).neutral == 1.0
