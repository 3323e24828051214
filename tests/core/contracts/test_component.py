"""A component is named by its name, or by its name and fields of its config."""

from __future__ import annotations

import pytest

from djtrans.core.contracts.component import split_choice
from djtrans.core.errors import InputError


def test_a_choice_is_split_into_name_and_config():
    given = {"order": 1}
    assert split_choice("flow") == ("flow", {})
    name, config = split_choice(("flow", given))
    assert (name, config) == ("flow", {"order": 1})
    config["order"] = 2
    assert given == {"order": 1}


@pytest.mark.parametrize("choice", [("flow",), ("flow", 1), (1, {}), None, ("flow", {}, {})])
def test_anything_else_is_refused(choice):
    with pytest.raises(InputError, match="names no component; give its name"):
        split_choice(choice)
