"""Options by name over a record of options."""

from __future__ import annotations

import attrs
import pytest

from djtrans.core.errors import InputError
from djtrans.core.util.option_records import with_fields


@attrs.frozen
class Options:
    bars: int = 8
    quiet: bool = False


def test_fields_replace_those_of_the_record():
    assert with_fields(Options(quiet=True), {"bars": 16}) == Options(16, quiet=True)
    assert with_fields(Options(), {}) == Options()


def test_an_unknown_name_is_an_error_with_the_nearest():
    with pytest.raises(InputError, match=r"There is no option 'bar'\. Did you mean 'bars'"):
        with_fields(Options(), {"bar": 16})
