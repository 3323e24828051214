"""Folder lock: one process at a time, the owner's name, and recovery after SIGKILL."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest

from djtrans.core.errors import InputError
from djtrans.core.util.folder_lock import LOCK, folder_lock

HOLDER = """
import sys, time
from djtrans.core.util.folder_lock import folder_lock
with folder_lock(sys.argv[1], "djtrans prepare"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_refused_with_the_owner_and_a_killed_one_holds_nothing(
    holder, tmp_path
):
    owner = rf"in use by djtrans prepare \(process {holder.pid} on {socket.gethostname()}\); wait"
    with pytest.raises(InputError, match=owner), folder_lock(tmp_path, "djtrans train"):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with folder_lock(tmp_path, "djtrans train"):
        mine = rf"in use by djtrans train \(process {os.getpid()} "
        with pytest.raises(InputError, match=mine), folder_lock(tmp_path, "djtrans prepare"):
            pass


def test_the_folder_is_made_and_free_after_the_block(tmp_path):
    folder = tmp_path / "a" / "b"
    for _ in range(2):
        with folder_lock(folder, "x"):
            (folder / "file").write_text("")
    assert {p.name for p in folder.iterdir()} - {LOCK} == {"file"}


def test_a_path_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InputError, match=r"Cannot create the folder .*file"),
        folder_lock(tmp_path / "file", "x"),
    ):
        pass
