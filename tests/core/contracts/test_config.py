"""Configs: fields with a type, a range and choices, from and to dictionaries."""

from __future__ import annotations

import json
import math

import attrs
import pytest

from djtrans.core.contracts.config import (
    NoConfig,
    config_fields,
    config_from_dict,
    config_to_dict,
    setting,
)
from djtrans.core.errors import ConfigError


@attrs.frozen
class Echo:
    delay_seconds: float = setting(0.5, help="Delay.", unit="s", minimum=0.0, maximum=2.0)
    taps: int = setting(3, help="Number of echoes.", minimum=1)
    mode: str = setting("a", help="Kind.", choices=("a", "b"))
    on: bool = setting(True, help="Switch.")
    gains: tuple[float, ...] = setting((1.0, 0.5), help="Levels.", maximum=1.0)


@pytest.mark.parametrize(
    ("field", "value", "match"),
    [
        ("delay_seconds", -0.1, r"out of range; give 0 to 2 s"),
        ("delay_seconds", 2.1, r"out of range; give 0 to 2 s"),
        ("delay_seconds", math.nan, "out of range"),
        ("delay_seconds", "1", "is of type str; give a value of type float"),
        ("delay_seconds", True, "is of type bool"),
        ("taps", 0, "give 1 to inf"),
        ("taps", 1.5, "is of type float; give a value of type int"),
        ("taps", True, "is of type bool"),
        ("mode", "c", "choose one of 'a', 'b'"),
        ("on", 1, "is of type int; give a value of type bool"),
        ("gains", (0.5, 1.5), "give -inf to 1"),
    ],
)
def test_what_does_not_fit_is_refused(field, value, match):
    with pytest.raises(ConfigError, match=rf"Echo\.{field} = .*{match}"):
        Echo(**{field: value})


def test_limits_belong_to_the_range_and_ints_are_floats():
    assert Echo(delay_seconds=0).delay_seconds == 0.0
    assert isinstance(Echo(delay_seconds=2).delay_seconds, float)
    assert Echo(taps=1, gains=[1.0]).gains == (1.0,)
    assert Echo(gains=(-5.0, 1)).gains == (-5.0, 1)


def test_a_config_survives_json():
    config = Echo(delay_seconds=1.25, gains=(0.25,), mode="b", on=False)
    plain = config_to_dict(config)
    assert plain["gains"] == [0.25]
    assert config_from_dict(Echo, json.loads(json.dumps(plain))) == config


def test_unknown_fields_are_refused_with_those_known():
    with pytest.raises(ConfigError, match="Echo has no field 'tap'; its fields are delay_seconds,"):
        config_from_dict(Echo, {"tap": 1})
    with pytest.raises(ConfigError, match="NoConfig has no field 'tap'; it has no fields"):
        config_from_dict(NoConfig, {"tap": 1})


def test_fields_are_described():
    delay, taps, mode, _, gains = config_fields(Echo)
    assert delay == {
        "name": "delay_seconds",
        "default": 0.5,
        "help": "Delay.",
        "unit": "s",
        "minimum": 0.0,
        "maximum": 2.0,
        "choices": None,
    }
    assert (taps["minimum"], taps["maximum"], taps["help"]) == (1, None, "Number of echoes.")
    assert mode["choices"] == ["a", "b"]
    assert gains["default"] == [1.0, 0.5]


def test_fields_made_without_setting_have_no_description():
    @attrs.frozen
    class Plain:
        x: int = 4

    (field,) = config_fields(Plain)
    assert field == {
        "name": "x",
        "default": 4,
        "help": "",
        "unit": "",
        "minimum": None,
        "maximum": None,
        "choices": None,
    }
