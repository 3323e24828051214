"""A valid library reader passes every rule; each rule catches a faulty one."""

from __future__ import annotations

import itertools
from pathlib import Path

import attrs
import pytest

from djtrans.core.contracts.library import LibraryDeclaration
from djtrans.core.errors import InputError, LibraryError
from djtrans.core.track.corrections import TrackCorrections
from djtrans.core.track.library import LibraryEntry
from djtrans.testing import check_library, rules


class Keys:
    """A path and a key a line, after a line that says what the file is."""

    def __init__(self, config=None):
        pass

    def read(self, source):
        if not Path(source).is_file():
            raise InputError("There is no such file.")
        yield from self.entries(Path(source).read_bytes())

    def entries(self, content):
        head, *lines = content.splitlines() or [b""]
        if head != b"KEYS":
            raise LibraryError("These are no keys.")
        for line in lines:
            key, _, path = line.decode().partition(" ")
            yield LibraryEntry(location=path, corrections=TrackCorrections(key=key))

    def offset_seconds(self, entry, track):
        return 0.05 if track.endswith(".mp3") else 0.0


KEYS = LibraryDeclaration(name="keys", summary="Keys.", factory=Keys, suffixes=(".keys",))


class Careless(Keys):
    def read(self, source):
        yield from self.entries(Path(source).read_bytes())


class Dreamer(Keys):
    def read(self, source):
        yield LibraryEntry(location="a.mp3", corrections=TrackCorrections(key="8A"))


class Lenient(Keys):
    def entries(self, content):
        return iter(())


class Tidy(Keys):
    def read(self, source):
        Path(source).write_bytes(b"KEYS\n")
        yield from super().read(source)


class Littering(Keys):
    def read(self, source):
        Path(f"{source}-wal").write_bytes(b"")
        yield from super().read(source)


class Late(Keys):
    def offset_seconds(self, entry, track):
        return 0.01


class Later(Keys):
    def offset_seconds(self, entry, track):
        return 0.0 if not track.endswith(".mp3") else 0.2


class Wavering(Keys):
    times = itertools.count()

    def offset_seconds(self, entry, track):
        return next(self.times) / 1e6 if track.endswith(".mp3") else 0.0


class Unsure(Keys):
    def offset_seconds(self, entry, track):
        return None


class Tagged(Keys):
    def read(self, source):
        Path(source).read_bytes()
        return iter(())


TAGS = {"suffixes": (), "in_tracks": True}
#: Rule, changes to the declaration, and what the message must say.
MUTANTS = [
    ("a_missing_library_is_an_error", {"factory": Careless}, "absent.keys raises FileNotFound"),
    ("a_missing_library_is_an_error", {"factory": Dreamer}, "absent.keys gives 1 entries"),
    ("a_missing_library_is_an_error", {"factory": Tagged, **TAGS}, "absent.mp3 raises FileNotF"),
    ("files_without_a_library_are_errors", {"factory": Lenient}, "empty.keys gives 0 entries"),
    ("files_without_a_library_are_errors", {"factory": Tagged, **TAGS}, "track.wav gives 0"),
    ("libraries_are_not_written_to", {"factory": Tidy}, "empty.keys has changed"),
    ("libraries_are_not_written_to", {"factory": Littering}, "the folder now has ['database.keys"),
    ("lossless_files_have_no_offset", {"factory": Late}, "that in a .wav file is 0.01 s"),
    ("lossless_files_have_no_offset", {"factory": Unsure}, "track.wav: None"),
    ("offsets_are_short_and_repeat", {"factory": Later}, "it is 0.2 s"),
    ("offsets_are_short_and_repeat", {"factory": Wavering}, "s, then"),
]


def test_a_sound_reader_keeps_every_rule():
    report = check_library(KEYS)
    assert {rule for _, rule in report.passed} >= {rule.name for rule in rules("library")}


@pytest.mark.parametrize(("rule", "changes", "reason"), MUTANTS)
def test_a_mutant_is_caught(rule, changes, reason, caught):
    caught(rule, attrs.evolve(KEYS, **changes), reason)


def test_every_rule_has_a_mutant():
    assert {mutant[0] for mutant in MUTANTS} == {rule.name for rule in rules("library")}
