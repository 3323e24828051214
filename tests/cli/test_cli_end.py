"""The program ends at once: nothing is lost, and the interpreter is not dismantled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys, tempfile, threading, time
import djtrans.cli

class Kept:
    def __del__(self, write=sys.__stderr__.write):
        write("dismantled")

def work():
    {imports}
    kept.folder = tempfile.TemporaryDirectory()
    kept.thread = threading.Thread(target=lambda: (time.sleep(0.2), print("thread")))
    kept.thread.start()
    print(kept.folder.name)
    {end}

kept = Kept()
djtrans.cli.main = work
djtrans.cli.run()
"""


def program(imports: str, end: str):
    code = PROGRAM.format(imports=imports, end=end)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("status", [0, 3])
def test_output_status_threads_and_temporary_files_are_as_ever(status):
    done = program("import torch", f"sys.exit({status})")
    folder, thread = done.stdout.splitlines()
    assert (done.returncode, thread, done.stderr) == (status, "thread", "")
    assert not Path(folder).exists()


def test_without_torch_the_interpreter_ends_as_usual():
    done = program("pass", "sys.exit(0)")
    assert (done.returncode, done.stderr) == (0, "dismantled")


def test_an_error_of_the_program_is_shown_as_usual():
    done = program("import torch", "raise ZeroDivisionError('of the work')")
    assert done.returncode == 1
    assert "ZeroDivisionError: of the work" in done.stderr
    assert not Path(done.stdout.splitlines()[0]).exists()
