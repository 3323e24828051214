"""Progress on stderr: text and rate of lines, bars on a terminal."""

from __future__ import annotations

import io
import sys

import pytest

from djtrans.cli import progress
from djtrans.cli.progress import progress_line, show_progress
from djtrans.core.util.progress import Progress


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_progress_says_rate_and_time_left_of_this_run_alone():
    assert progress_line(Progress("units", 0, 40), None) == "0 of 40 units"
    message = "10 from an earlier run, 2 not measurable"
    assert progress_line(Progress("units", 25, 40, message), 15 / 300) == (
        "25 of 40 units, 10 from an earlier run, 2 not measurable, 3.0 a minute, 5:00 left"
    )
    assert progress_line(Progress("units", 40, 40, "40 from an earlier run"), None) == (
        "40 of 40 units, 40 from an earlier run"
    )


def test_units_get_a_line_now_and_then_and_one_at_the_end(clock, capsys):
    with show_progress(quiet=False) as show:
        for done in range(10, 41):
            show(Progress("units", done, 40, "10 from an earlier run"))
            clock[0] += 3.0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "djtrans: 10 of 40 units, 10 from an earlier run"
    assert lines[1] == ("djtrans: 14 of 40 units, 10 from an earlier run, 20.0 a minute, 1:18 left")
    assert lines[-1] == "djtrans: 40 of 40 units, 10 from an earlier run, 20.0 a minute"
    assert len(lines) == 9


def test_steps_get_a_line_if_they_took_a_second(clock, capsys):
    with show_progress(quiet=False) as show:
        for stage, seconds in (("load", 0.2), ("separate", 4.5)):
            show(Progress(stage, 0.0, 1.0))
            clock[0] += seconds
            show(Progress(stage, 1.0, 1.0))
    assert capsys.readouterr().err == "djtrans: separate took 4.5 s\n"


def test_some_events_always_get_a_line(clock, capsys):
    with show_progress(quiet=False, always=lambda event: event.done == 2) as show:
        for done in range(4):
            show(Progress("steps", done, 10))
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_quiet_shows_nothing():
    with show_progress(quiet=True) as show:
        assert show is None


def test_a_terminal_gets_bars(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with show_progress(quiet=False) as show:
        show(Progress("load", 0.5, 1.0))
        show(Progress("tracks", 3, 10, "1 unusable"))
    assert "load" in terminal.getvalue()
    assert "3 of 10 tracks, 1 unusable" in terminal.getvalue()


def test_after_v_every_step_is_printed_when_it_begins_and_ends(clock, capsys, monkeypatch):
    monkeypatch.setattr(progress, "is_verbose", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with show_progress(quiet=False) as show:
        show(Progress("load", 0.0, 1.0))
        clock[0] += 0.25
        show(Progress("load", 1.0, 1.0))
    assert capsys.readouterr().err.splitlines() == [
        "djtrans: load ...",
        "djtrans: load took 0.2 s",
    ]
