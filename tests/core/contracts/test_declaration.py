"""Declarations check what they are given when they are made."""

from __future__ import annotations

import attrs
import pytest

from djtrans.core.contracts.declaration import Declaration, short_name
from djtrans.core.errors import ConfigError

GOOD = {"name": "spin", "summary": "Spins.", "factory": "package.module:Class"}


@attrs.frozen
class NeedsOne:
    x: int


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"name": "Spin"}, "the name is not allowed"),
        ({"name": 1}, "the name is not allowed"),
        ({"name": ""}, "the name is not allowed"),
        ({"summary": ""}, "the summary is empty or has several lines"),
        ({"summary": "a\nb"}, "the summary is empty or has several lines"),
        ({"factory": "package.module"}, "is neither 'package.module:Class' nor callable"),
        ({"factory": 3}, "is neither 'package.module:Class' nor callable"),
        ({"config": dict}, "config must be an attrs class"),
        ({"config": NeedsOne}, "every config field needs a valid default"),
        ({"version": 0}, "version must be an int of at least 1"),
        ({"version": 1.0}, "version must be an int of at least 1"),
        ({"version": True}, "version must be an int of at least 1"),
    ],
)
def test_a_declaration_that_is_not_allowed(changed, match):
    with pytest.raises(ConfigError, match=match):
        Declaration(**GOOD | changed)


def test_a_factory_is_a_path_or_callable():
    assert Declaration(**GOOD).lazy
    assert not Declaration(**GOOD | {"factory": dict}).lazy


def test_only_the_namespace_of_the_built_in_components_is_short():
    assert short_name("djtrans/cut") == "cut"
    assert short_name("mylab/djtrans/cut") == "mylab/djtrans/cut"
