"""What a metric may declare."""

from __future__ import annotations

import pytest

import djtrans
from djtrans.core.errors import ConfigError


def value(name="offset_ms", better="lower"):
    return djtrans.MetricValue(name=name, unit="ms", better=better, summary="A test.")


def declared(*values):
    return djtrans.MetricDeclaration(
        name="offset", summary="A test.", factory="nowhere:Nothing", values=values
    )


def test_values_are_kept_in_order():
    assert [v.name for v in declared(value("b_ms"), value("a_ms")).values] == ["b_ms", "a_ms"]


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ((), "one MetricValue or more"),
        (("offset_ms",), "one MetricValue or more"),
        ((value("Offset (ms)"),), r"value 'Offset \(ms\)'; a name has lower-case letters"),
        ((value(), value("spread_ms"), value()), "two values are named 'offset_ms'"),
    ],
)
def test_values_that_tables_cannot_show_are_refused(values, match):
    with pytest.raises(ConfigError, match=match):
        declared(*values)


def test_a_direction_is_one_of_three():
    with pytest.raises(ConfigError, match="allowed: 'lower', 'higher', 'description'"):
        value(better="smaller")
