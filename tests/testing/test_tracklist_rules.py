"""A valid tracklist source passes every rule; each rule catches a faulty one."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from djtrans.core.contracts.tracklist import TracklistDeclaration
from djtrans.core.errors import InputError, TracklistError
from djtrans.core.track.tracklist import Tracklist, TracklistEntry
from djtrans.testing import check_tracklist, rules


class Lines:
    """A title a line, after a line that says what the file is."""

    def __init__(self, config=None):
        pass

    def text(self, source):
        if not Path(source).is_file():
            raise InputError("There is no such file.")
        return Path(source).read_text(encoding="utf-8")

    def read(self, source):
        head, *titles = self.text(source).splitlines() or [""]
        if head != "LINES":
            raise TracklistError("These are no lines.")
        yield Tracklist(title="x", entries=[TracklistEntry(title=title) for title in titles])


LINES = TracklistDeclaration(name="lines", summary="A line.", factory=Lines, suffixes=(".lines",))


class Careless(Lines):
    def text(self, source):
        return Path(source).read_text(encoding="utf-8")


class Dreamer(Lines):
    def text(self, source):
        return "LINES\nOne"


class Silent(Lines):
    def read(self, source):
        self.text(source)
        return iter(())


class Anything(Lines):
    def text(self, source):
        return f"LINES\n{super().text(source)}"


class Browses(Lines):
    def browse(self, genre):
        yield genre


#: Rule, changes to the declaration, and what the message must say.
MUTANTS = [
    ("a_missing_file_is_an_error", {"factory": Careless}, "absent.lines raises FileNotFoundError"),
    ("a_missing_file_is_an_error", {"factory": Dreamer}, "absent.lines gives 1 tracklists"),
    ("files_without_a_tracklist_are_errors", {"factory": Silent}, "empty.lines gives 0 tracklists"),
    ("files_without_a_tracklist_are_errors", {"factory": Anything}, "prose.lines gives 1"),
    ("browse_is_as_declared", {"browses": True}, "has no browse(), and declares"),
    ("browse_is_as_declared", {"factory": Browses}, "has browse(), and declares"),
]


def test_a_sound_source_keeps_every_rule():
    report = check_tracklist(LINES)
    assert {rule for _, rule in report.passed} >= {rule.name for rule in rules("tracklist")}


@pytest.mark.parametrize(("rule", "changes", "reason"), MUTANTS)
def test_a_mutant_is_caught(rule, changes, reason, caught):
    caught(rule, attrs.evolve(LINES, **changes), reason)


def test_one_that_reads_no_files_is_asked_for_none(check):
    report = check_tracklist(attrs.evolve(LINES, factory=Dreamer, suffixes=()))
    assert ("lines", "a_missing_file_is_an_error") not in report.passed


def test_every_rule_has_a_mutant():
    assert {mutant[0] for mutant in MUTANTS} == {rule.name for rule in rules("tracklist")}
