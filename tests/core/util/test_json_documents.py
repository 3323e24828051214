"""Versioned JSON documents: reading, and errors for other formats and versions."""

from __future__ import annotations

import json

import pytest

from djtrans.core.errors import FormatError, InputError
from djtrans.core.util.json_documents import MOST_BYTES, json_digest, parse_json, read_document


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
        (
            '{"format": "thing", "format_version": "' + "x" * 999 + '"}',
            r"version 'x{39}\.\.\.; this",
        ),
        ("[" * 100_000, r"is not JSON: it is nested too deeply\. Make"),
        ('{"a": ' * 100_000, r"is not JSON: it is nested too deeply\."),
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


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": NaN}', "NaN is not a number of JSON"),
        ("[-Infinity]", "-Infinity is not"),
        ("[1e999]", "1e999 is too large"),
        ("[-1e999]", "-1e999 is too large"),
        ("[" + "9" * 301 + "]", "a number has 301 digits"),
        ("[" + "9" * 100_000 + "]", "a number has 100000 digits"),
        ('{"b": {"a": 1, "c": 2, "a": 1}}', "the field 'a' twice"),
        ('{"c": 2, "a": 1, "a": 1}', "the field 'a' twice"),
        ('["\\ud800"]', "half a character"),
        ('{"\\uDC00": 1}', "half a character"),
        (b'["\xff"]', "byte 2 is not utf-8"),
        (b"", "Expecting value"),
        (b"\x00\x01\x02", "Expecting value|not utf"),
    ],
)
def test_json_from_outside_is_read_strictly(text, why):
    with pytest.raises(ValueError, match=why) as caught:
        parse_json(text)
    assert len(str(caught.value)) < 150
    assert "\n" not in str(caught.value)


def test_what_is_allowed():
    assert parse_json("[" + "9" * 300 + ", 1e308, 1E-999]")[1:] == [1e308, 0.0]
    assert parse_json('["\\ud83d\\ude00", "\\\\ud800"]') == ["\U0001f600", "\\ud800"]
    # Python's spelling of a file name that is not UTF-8.
    assert parse_json(json.dumps("caf\udce9")) == "caf\udce9"
    assert parse_json("[NaN, Infinity]", finite=False)[1] == float("inf")
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"):
        assert parse_json('{"ü": 1}'.encode(encoding)) == {"ü": 1}
    assert parse_json("\ufeff1") == 1


def test_a_file_has_a_largest_size(tmp_path):
    file = tmp_path / "thing.json"
    with file.open("wb") as sparse:
        sparse.truncate(MOST_BYTES + 1)
    with pytest.raises(FormatError, match=r"is not JSON: it is larger than 128 MB\. Make"):
        read(file)


def test_a_digest_does_not_depend_on_the_order_of_the_fields():
    assert json_digest({"a": 1, "b": {"c": 2, "d": 3}}) == json_digest(
        {"b": {"d": 3, "c": 2}, "a": 1}
    )
    assert json_digest({"a": 1}) != json_digest({"a": 2})
