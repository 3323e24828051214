"""Versioned JSON documents: reading, and errors for other formats and versions."""

from __future__ import annotations

import json

import pytest

from djtrans.core.errors import FormatError, InputError
from djtrans.core.util.json_documents import read_document


def read(file):
    return read_document(file, "thing", 2, expected="thing; give one", again="Make it again.")


def test_the_fields_are_read_without_those_that_name_the_format(tmp_path):
    file = tmp_path / "thing.json"
    file.write_text(json.dumps({"format": "thing", "format_version": 2, "a": [1, "ü"]}))
    assert read(file) == {"a": [1, "ü"]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", r"is not JSON: .* Make it again\."),
        ("[1]", r"is not a valid thing; give one\."),
        ('{"format": "other", "format_version": 2}', r"is not a valid thing; give one\."),
        ('{"format": "thing", "format_version": 1}', r"version 1; .* reads 2\. Make it again\."),
        ('{"format": "thing"}', r"format version None"),
    ],
)
def test_what_is_something_else_is_refused_by_what_it_is(tmp_path, text, why):
    file = tmp_path / "thing.json"
    file.write_text(text)
    with pytest.raises(FormatError, match=why):
        read(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"Cannot read .*thing\.json"):
        read(tmp_path / "thing.json")
