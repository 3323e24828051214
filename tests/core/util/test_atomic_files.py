"""Atomic output files and folders."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from djtrans.core.errors import AudioFileError, InputError
from djtrans.core.util.atomic_files import reason, replacing, replacing_folder, write_text


def test_a_file_takes_its_place_when_it_is_whole(tmp_path):
    target = tmp_path / "x.txt"
    target.write_text("old")
    with replacing(target) as part:
        part.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "x.txt"
    write_text(target, "old")
    with pytest.raises(KeyError), replacing(target) as part:  # noqa: PT012
        part.write_text("half")
        raise KeyError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_where_nothing_can_be_written_is_said_with_the_callers_error(tmp_path):
    with pytest.raises(InputError, match="it is a folder"):
        write_text(tmp_path, "x")
    with pytest.raises(AudioFileError, match="does not exist; create it"):
        write_text(tmp_path / "none" / "x", "x", AudioFileError)


def test_a_folder_takes_its_place_whole_and_replaces_what_was_there(tmp_path):
    target = tmp_path / "pair"
    for text in ("one", "two"):
        with replacing_folder(target) as part:
            (part / text).write_text(text)
        assert [p.name for p in target.iterdir()] == [text]
    assert list(tmp_path.iterdir()) == [target]


def test_the_old_folder_is_back_if_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    target = tmp_path / "pair"
    target.mkdir()
    (target / "old").write_text("")
    real = Path.replace

    def fails(self, other):
        if self.suffix == ".part":
            raise OSError(28, "No space left on device")
        return real(self, other)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(InputError, match="No space left"), replacing_folder(target) as part:
        (part / "new").write_text("")
    assert [p.name for p in tmp_path.rglob("*")] == ["pair", "old"]


def test_two_processes_that_put_a_folder_in_place_at_once_both_succeed(tmp_path):
    target = tmp_path / "pair"
    with replacing_folder(target) as part:
        (part / "x").write_text("first")
        with replacing_folder(target) as other:
            (other / "x").write_text("second")
    assert [(p.name, p.read_text()) for p in target.iterdir()] == [("x", "first")]
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("code", [errno.ENOTEMPTY, errno.EEXIST])
def test_a_folder_that_another_process_puts_in_place_meanwhile_is_replaced(
    tmp_path, monkeypatch, code
):
    target, real, raced = tmp_path / "pair", Path.replace, []

    def races(self, other):
        if self.suffix == ".part" and not raced:
            raced.append(other)
            target.mkdir()
            raise OSError(code, "occupied")
        return real(self, other)

    monkeypatch.setattr(Path, "replace", races)
    with replacing_folder(target) as part:
        (part / "new").write_text("")
    assert raced == [target]
    assert [p.name for p in tmp_path.rglob("*")] == ["pair", "new"]


def test_a_folder_takes_its_place_when_it_is_whole(tmp_path):
    target = tmp_path / "made" / "pair"
    for text in ("old", "new"):
        with replacing_folder(target) as part:
            (part / "x").write_text(text)
            (part / text).touch()
            assert text == "old" or (target / "x").read_text() == "old"
    assert sorted(path.name for path in target.iterdir()) == ["new", "x"]
    assert (target / "x").read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_that_fails_leaves_the_old_one_and_nothing_else(tmp_path):
    target = tmp_path / "pair"
    target.mkdir()
    (target / "x").write_text("old")
    with pytest.raises(KeyError), replacing_folder(target) as part:  # noqa: PT012
        (part / "x").write_text("half")
        raise KeyError
    assert (target / "x").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_an_error_of_the_system_is_one_of_the_caller(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(AudioFileError, match=r"Cannot write .*file/pair: Not a directory"),
        replacing_folder(tmp_path / "file" / "pair", AudioFileError),
    ):
        pass


def test_the_reason_of_an_error_is_one_sentence_without_the_path():
    assert reason(OSError(28, "No space left on device", "/x")) == "No space left on device."
    assert reason(ValueError("Error opening '/x/y.wav': Format not\nrecognised.")) == (
        "Format not recognised."
    )
    assert reason(ValueError("odd")) == "odd."
