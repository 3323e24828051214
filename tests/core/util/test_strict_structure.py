"""JSON becomes records without coercion, and errors name the field."""

from __future__ import annotations

import attrs
import pytest

from djtrans.core.errors import FormatError
from djtrans.core.util.strict_structure import make_converter, structure


@attrs.frozen
class Inner:
    """A record in a record."""

    level: float


@attrs.frozen
class Outer:
    """Fields of each kind."""

    count: int
    level: float
    name: str
    on: bool
    inner: tuple[Inner, ...] = ()


GOOD = {"count": 3, "level": 1, "name": "x", "on": True, "inner": [{"level": 0.5}]}


def read(**changed):
    return structure(make_converter(), {**GOOD, **changed}, Outer, "plan")


def test_numbers_are_values_not_spellings():
    record = read(count=3.0, level=1)
    assert record == Outer(3, 1.0, "x", True, (Inner(0.5),))
    assert (type(record.count), type(record.level)) == (int, float)


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"count": 2.5}, r"plan\.count is 2\.5; give an integer"),
        ({"count": "3"}, r"plan\.count is '3'; give a finite number"),
        ({"count": True}, r"plan\.count is True; give a finite number"),
        ({"level": float("nan")}, r"plan\.level is nan; give a finite number"),
        ({"level": None}, r"plan\.level is None"),
        ({"name": 5}, r"plan\.name is 5; give a text"),
        ({"on": "false"}, r"plan\.on is 'false'; give true or false"),
        ({"inner": [{"level": "loud"}]}, r"plan\.inner\[0\]\.level is 'loud'"),
        ({"inner": [3]}, r"plan\.inner\[0\]"),
        ({"more": 1}, "more"),
    ],
)
def test_other_types_are_refused_by_name(changed, match):
    with pytest.raises(FormatError, match=match):
        read(**changed)


def test_what_is_no_object_is_refused():
    with pytest.raises(FormatError, match="plan is 'x'; give an object"):
        structure(make_converter(), "x", Outer, "plan")
