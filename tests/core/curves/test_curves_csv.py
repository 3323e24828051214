"""Tables of curves that spreadsheets and scripts edited."""

from __future__ import annotations

import csv

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from djtrans.core.curves.curves_csv import read_curves_csv, write_curves_csv
from djtrans.core.curves.layout import Layout, Row
from djtrans.core.curves.parameter import Parameter
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import FormatError

GAIN, TILT = "a/drums/fader/gain", "a/track/tilt/amount"


def curves(values):
    layout = Layout(
        (
            Row(0, "a", "drums", "fader", Parameter(name="gain", maximum=2.0), "gain"),
            Row(1, "a", "track", "tilt", Parameter(name="amount", minimum=-1.0), "tilt"),
        )
    )
    times = 0.25 * torch.arange(len(values), dtype=torch.float64)
    return TransitionParams(torch.tensor(values), layout, times, times)


PARAMS = curves([[0.0, 0.0], [0.5, -0.25], [1.0, 1.0]])


def table(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.floats(0, 2, width=32), st.floats(-1, 1, width=32)), min_size=1, max_size=9
    )
)
def test_values_are_read_as_they_were_written(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "curves.csv"
    params = curves([list(row) for row in rows])
    write_curves_csv(path, params)
    zero = curves([[0.0, 0.0]] * len(rows))
    assert torch.equal(read_curves_csv(path, zero).params.values, params.values)


def test_edited_values_and_curves_without_a_column(tmp_path):
    path = tmp_path / "curves.csv"
    write_curves_csv(path, PARAMS)
    rows = list(csv.DictReader(path.open(newline="")))
    for row in rows:
        row[GAIN] = "1.75"
        del row[TILT]
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    read = read_curves_csv(path, PARAMS)
    assert read.changed == (GAIN,)
    assert read.absent == (TILT,)
    assert read.params.row(GAIN).tolist() == [1.75] * 3
    assert torch.equal(read.params.row(TILT), PARAMS.row(TILT))
    assert torch.equal(PARAMS.values, curves([[0.0, 0.0], [0.5, -0.25], [1.0, 1.0]]).values)


def test_spreadsheets_with_decimal_commas_a_mark_and_blank_lines(tmp_path):
    text = f"\ufeff{TILT};{GAIN}\n0,5;1\n-0,5;2,0\n0;0\n;\n"
    read = read_curves_csv(table(tmp_path / "x.csv", text), PARAMS)
    assert read.params.values.tolist() == [[1.0, 0.5], [2.0, -0.5], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no table of curves"),
        ("a,b\n1,2\n", "is no table of curves"),
        (f"{GAIN}\n1\n1\n", "has 2 frames, and the params file has 3"),
        (f"{GAIN},a/track/tilt/amont\n1,1\n1,1\n1,1\n", "Did you mean 'a/track/tilt/amount'"),
        (f"{GAIN},{GAIN}\n1,1\n1,1\n1,1\n", "two columns"),
        (f"{GAIN}\n1\n2.5\n1\n", "frame 1: a/drums/fader/gain is '2.5'; give a number from 0 to 2"),
        (f"{GAIN}\n1\nnan\n1\n", "frame 1"),
        (f"{GAIN}\n1\nloud\n1\n", "'loud'"),
        (f"{GAIN}\n1\n1,0\n1\n", "frame 1 has 2 columns"),
        (f"frame,{GAIN}\n0,1\n2,1\n1,1\n", "frame 1 is numbered '2'"),
        (f"{GAIN}\n{'1' * 200_000}\n1\n1\n", "is not a CSV table"),
        (f'{GAIN}\n1\n"1\n1\n', "has 2 frames"),
    ],
)
def test_a_wrong_table_is_one_clear_error(tmp_path, text, why):
    with pytest.raises(FormatError, match=why):
        read_curves_csv(table(tmp_path / "x.csv", text), PARAMS)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(FormatError, match="There is no file"):
        read_curves_csv(tmp_path / "none.csv", PARAMS)
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match="not UTF-8"):
        read_curves_csv(tmp_path / "x.csv", PARAMS)
