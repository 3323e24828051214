"""Declarations of separators refuse stems and rates that no separation could have."""

from __future__ import annotations

import pytest

from djtrans.core.contracts.separator import SeparatorDeclaration
from djtrans.core.errors import ConfigError

GOOD = {"name": "half", "summary": "Halves.", "factory": "package.module:Class"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("stems", ()),
        ("stems", ("drums", "bass", "drums")),
        ("sample_rate", 0),
        ("sample_rate", 44100.0),
    ],
)
def test_a_field_that_is_not_allowed_is_named_with_what_is(field, value):
    with pytest.raises(ConfigError, match=rf"\(name='half'\)\.{field} = .*; give"):
        SeparatorDeclaration(**GOOD | {field: value})


def test_a_list_of_stems_is_as_good_as_a_tuple():
    assert SeparatorDeclaration(**GOOD | {"stems": ["drums", "rest"]}).stems == ("drums", "rest")
