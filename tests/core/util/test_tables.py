"""Tables, parsed again, and formatted numbers."""

from __future__ import annotations

import csv
import io

import pytest

from djtrans.core.util.tables import csv_table, markdown_table, number


def test_csv_reads_back_and_keeps_every_digit():
    text = csv_table(["name", "x"], [["a, b", 0.1 + 0.2], ["c", None]])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert float(rows[0]["x"]) == 0.1 + 0.2
    assert rows[0]["name"] == "a, b"
    assert rows[1]["x"] == ""


def test_markdown_cells_stay_in_their_cell():
    text = markdown_table(["a", "b"], [["x | y", "two\nlines"]])
    assert text == "| a | b |\n|---|---|\n| x \\| y | two lines |\n"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (0.0, "0"),
        (40.0, "40"),
        (-1.2345, "-1.23"),
        (123.4, "123"),
        (0.0123, "0.01"),
        (-4e-15, "0"),
    ],
)
def test_numbers_are_short(value, said):
    assert number(value) == said
