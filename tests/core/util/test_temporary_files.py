"""Temporary files: owned by a living process, removed after its death."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from djtrans.core.util import temporary_files
from djtrans.core.util.atomic_files import replacing, replacing_folder
from djtrans.core.util.temporary_files import is_abandoned, owned_part, remove_abandoned

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="advisory locks of POSIX")

WRITER = """
import sys, time
from pathlib import Path
from djtrans.core.util.atomic_files import replacing_folder
with replacing_folder(sys.argv[1]) as part:
    (part / "half").write_text("x")
    print(part, flush=True)
    time.sleep(60)
"""


def test_what_another_process_writes_is_left_alone_until_it_is_killed(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, tmp_path / "pair"], stdout=subprocess.PIPE, text=True
    )
    try:
        process.stdout.readline()
        (part,) = tmp_path.iterdir()
        remove_abandoned(tmp_path)
        assert (part / "half").is_file()
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    remove_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_tidies_tears_no_folder_at_any_moment(tmp_path):
    names = [f"{n}.wav" for n in range(11)]
    for moment in range(len(names) + 1):
        folder = tmp_path / f"pair_{moment}"
        with replacing_folder(folder) as part:
            for n, name in enumerate(names):
                if n == moment:
                    remove_abandoned(tmp_path)
                (part / name).write_text(name)
            remove_abandoned(tmp_path)
        assert sorted(p.name for p in folder.iterdir()) == sorted(names)


def test_a_file_in_writing_is_left_alone(tmp_path):
    with replacing(tmp_path / "x.json") as part:
        part.write_text("half")
        assert not is_abandoned(part)
        remove_abandoned(tmp_path)
        assert part.read_text() == "half"
    assert (tmp_path / "x.json").read_text() == "half"


def test_leftovers_are_removed_and_other_files_are_not(tmp_path):
    (tmp_path / ".pair_001-0123abcd.part").mkdir()
    (tmp_path / ".pair_001-0123abcd.part" / "x").write_text("")
    (tmp_path / ".manifest-0123abcd.part").write_text("")
    kept = {".part", ".mine.part", "pair-0123abcd.part", ".hidden"}
    for name in kept:
        (tmp_path / name).write_text("")
    remove_abandoned(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == kept


@pytest.mark.parametrize("new_is_there", [False, True])
def test_a_folder_moved_aside_by_a_killed_process_is_not_lost(tmp_path, new_is_there):
    old = tmp_path / ".pair_001-0123abcd.old"
    old.mkdir()
    (old / "x").write_text("old")
    if new_is_there:
        (tmp_path / "pair_001").mkdir()
        (tmp_path / "pair_001" / "x").write_text("new")
    remove_abandoned(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["pair_001"]
    assert (tmp_path / "pair_001" / "x").read_text() == ("new" if new_is_there else "old")


def test_long_names_leave_room_for_the_mark(tmp_path):
    for folder in (False, True):
        with owned_part(tmp_path / ("é" * 120 + ".wav"), folder=folder) as part:
            assert part.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def without_locks(monkeypatch):
    """A file system that has no locks, as some network ones."""

    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)


@pytest.mark.usefixtures("without_locks")
@pytest.mark.parametrize(("days", "expected"), [(0, False), (30, True)])
def test_without_locks_what_is_old_is_abandoned(tmp_path, days, expected):
    part = tmp_path / ".a-0123abcd.part"
    part.touch()
    then = time.time() - days * 86400
    os.utime(part, (then, then))
    assert is_abandoned(part) is expected
    assert temporary_files.remove_if_abandoned(part) is expected
    assert part.exists() is not expected


@pytest.mark.usefixtures("without_locks")
def test_without_locks_files_are_written_all_the_same(tmp_path):
    with owned_part(tmp_path / "a.txt") as part:
        part.write_text("whole")
        part.replace(tmp_path / "a.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_what_is_gone_is_not_abandoned(tmp_path):
    gone = tmp_path / ".a-0123abcd.part"
    assert not is_abandoned(gone)
    assert not temporary_files.remove_if_abandoned(gone)


def test_a_file_that_others_remove_at_once_is_made_anew(tmp_path, monkeypatch):
    lock = temporary_files._lock
    removed = []

    def removed_meanwhile(path):
        if len(removed) < 2:
            path.unlink()
            removed.append(path)
        return lock(path)

    monkeypatch.setattr(temporary_files, "_lock", removed_meanwhile)
    with owned_part(tmp_path / "a.txt") as part:
        assert part.exists()
        assert part not in removed


def test_a_folder_whose_files_vanish_each_time_is_refused(tmp_path, monkeypatch):
    lock = temporary_files._lock

    def removed_after(path):
        handle = lock(path)
        path.unlink()
        return handle

    monkeypatch.setattr(temporary_files, "_lock", removed_after)
    with (
        pytest.raises(OSError, match="another program removes the temporary files"),
        owned_part(tmp_path / "a.txt"),
    ):
        pass
