"""Tables: plain lines for other programs, folded columns on a narrow terminal."""

from __future__ import annotations

from djtrans.cli.tables import table_lines

ROWS = [["djtrans/cut", "1", "From A to B " * 10], ["djtrans/long-blend", "16", "[bold]"]]


def test_elsewhere_each_row_is_one_plain_line_with_aligned_columns():
    header, first, second = table_lines(ROWS, ("name", "bars", "summary"))
    assert header == "name                bars  summary"
    assert first == "djtrans/cut         1     " + ROWS[0][2].rstrip()
    assert second == "djtrans/long-blend  16    [bold]"
    assert table_lines(ROWS)[0].startswith("djtrans/cut         1   From A")
    assert table_lines([]) == []


def test_a_narrow_terminal_folds_the_last_column(monkeypatch):
    for name, value in {"COLUMNS": "60", "FORCE_COLOR": "1", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    lines = table_lines(ROWS)
    assert len(lines) > len(ROWS)
    assert all(len(line) <= 60 for line in lines)
    assert lines[-1] == "djtrans/long-blend  16  [bold]"
