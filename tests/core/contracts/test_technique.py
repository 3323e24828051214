"""Declarations of techniques refuse what the planner could not use."""

from __future__ import annotations

import pytest

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.errors import ConfigError

GOOD = {
    "name": "hold",
    "summary": "Holds.",
    "factory": "package.module:Class",
    "bars": (4, 8, 16),
    "swap_at": 0.5,
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bars", (8, 16)),
        ("bars", (8, 4, 16)),
        ("bars", (0, 4, 8)),
        ("bars", (4.0, 8.0, 16.0)),
        ("swap_at", 1.5),
        ("swap_at", float("nan")),
        ("place_a", ()),
        ("place_b", ("outro", "chorus")),
        ("key_limit", -1),
        ("tempo", "b"),
        ("tempo_limit", 0.0),
        ("tempo_least", -0.01),
        ("tempo_ratios", ((4, 3),)),
        ("tempo_ratios", ()),
    ],
)
def test_a_field_that_is_not_allowed_is_named_with_what_is(field, value):
    with pytest.raises(ConfigError, match=rf"\(name='hold'\)\.{field} = .*; (give|allowed)"):
        TechniqueDeclaration(**GOOD | {field: value})


def test_a_list_of_lengths_is_as_good_as_a_tuple():
    assert TechniqueDeclaration(**GOOD | {"bars": [4, 8, 16]}).bars == (4, 8, 16)
