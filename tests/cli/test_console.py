"""Streams of the command: any text can be printed, and stdout carries only results."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import warnings

import pytest

from djtrans.cli import main
from djtrans.cli.console import print_error, results_only, tolerate_any_text

COMMAND = (sys.executable, "-m", "djtrans.cli")
NOISY = """
import os
print("printed on import")
os.system("echo printed by a child")
"""


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_a_console_that_lacks_characters_gets_escapes(monkeypatch, encoding):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(written, encoding=encoding))
    tolerate_any_text()
    print_error("血.wav and caf\udce9.wav → no")
    sys.stderr.flush()
    text = written.getvalue().decode(encoding)
    assert "caf\\udce9.wav" in text
    assert ("血" if encoding == "utf-8" else "\\u8840") in text


def test_a_name_that_no_encoding_has_is_one_line(tmp_path):
    """A file name in Latin-1, printed to a pipe in a code page of Windows."""
    done = subprocess.run(
        [
            *COMMAND,
            "analyze",
            os.fsencode(tmp_path) + b"/caf\xe9 \xff.wav",
        ],
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.count(b"\n") == 1
    assert b"caf\\udce9 \\udcff.wav does not exist" in done.stderr


def test_within_the_block_stdout_is_stderr(capfd):
    print("before")
    with results_only():
        print("inside")
        os.system("echo child")
    print("after")
    out, err = capfd.readouterr()
    assert out == "before\nafter\n"
    assert sorted(err.split()) == ["child", "inside"]
    with results_only(active=False):
        print("as usual")
    assert capfd.readouterr().out == "as usual\n"


def test_a_plugin_that_prints_does_not_break_json(tmp_path):
    (tmp_path / "noisy.py").write_text(NOISY)
    done = subprocess.run(
        [
            *COMMAND,
            "--plugin",
            tmp_path / "noisy.py",
            "layout",
            "--json",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(json.loads(done.stdout)) == 54
    assert "printed on import" in done.stderr
    assert "printed by a child" in done.stderr


def test_what_libraries_log_is_not_printed(tmp_path):
    script = tmp_path / "logging_plugin.py"
    script.write_text("import logging\nlogging.getLogger('matplotlib').warning('mkdir failed')\n")
    done = subprocess.run(
        [*COMMAND, "--plugin", script, "layout"], capture_output=True, text=True, check=True
    )
    assert done.stdout
    assert done.stderr == ""


def test_a_full_disk_behind_stdout_is_one_line():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, "layout"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "djtrans: error: No space left on device.\n"


def test_closed_streams_are_null_devices_and_no_file_takes_their_place(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys\n"
        "from djtrans.cli.console import open_closed_streams\n"
        "open_closed_streams()\n"
        "print('out'), print('err', file=sys.stderr), os.system('echo child')\n"
        f"file = open({str(tmp_path / 'found.txt')!r}, 'w')\n"
        "file.write(f'{file.fileno() > 2} {sys.stdin.read()!r}')\n"
    )
    command = f"exec {sys.executable} {script} <&- >&- 2>&-"
    assert subprocess.run(command, shell=True, check=False).returncode == 0
    assert (tmp_path / "found.txt").read_text() == "True ''"


@pytest.mark.parametrize("arguments", ["layout --json", "layout", "--version"])
def test_results_that_nobody_wants_are_no_error(arguments):
    command = f"{sys.executable} -m djtrans.cli {arguments} >&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_has_enough_is_no_error():
    command = f"{sys.executable} -m djtrans.cli plugins | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_an_error_of_the_system_is_one_line(monkeypatch, capsys):
    def fail(*_, **__):
        raise PermissionError(13, "Permission denied", "/x/y")

    monkeypatch.setattr("djtrans.cli.cli.main", fail)
    with pytest.raises(SystemExit) as exit_:
        main(["layout"])
    assert exit_.value.code == 2
    assert capsys.readouterr().err == "djtrans: error: /x/y: Permission denied.\n"


def shown(capsys, *arguments):
    with pytest.raises(SystemExit):
        main(arguments)
    return capsys.readouterr()


@pytest.fixture
def warning_command(monkeypatch):
    """A command that warns twice of the same, and logs."""

    def run(*_, **__):
        for _ in range(2):
            warnings.warn("The weights\nare missing.", UserWarning, stacklevel=1)
        logging.getLogger("some.library").info("detail")

    monkeypatch.setattr("djtrans.core.transition.params_file.load_params", run)


@pytest.fixture
def own_logging():
    """Restore what ``-v`` changes."""
    root, level = logging.getLogger(), logging.getLogger().level
    handlers = list(root.handlers)
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("djtrans").setLevel(logging.NOTSET)


@pytest.mark.usefixtures("warning_command", "own_logging")
@pytest.mark.filterwarnings("always")
def test_a_warning_is_printed_once_in_one_line(capsys, tmp_path):
    (tmp_path / "p.json").write_text("{}")
    call = ("visualize", str(tmp_path / "p.json"), "--summary", str(tmp_path / "s.md"))
    with pytest.raises(AttributeError):  # the content is none
        main(call)
    assert capsys.readouterr().err == "djtrans: warning: The weights are missing.\n"
    with pytest.raises(AttributeError):
        main([*call, "--quiet"])
    assert capsys.readouterr().err == ""
    with pytest.raises(AttributeError):
        main([*call, "-v"])
    assert "djtrans: log: some.library: detail\n" in capsys.readouterr().err


@pytest.mark.usefixtures("own_logging")
def test_after_v_an_error_comes_with_the_place_where_it_was_raised(capsys):
    assert "Traceback" not in shown(capsys, "layout", "--mixer", "none").err
    err = shown(capsys, "layout", "--mixer", "none", "-v").err
    assert err.startswith("Traceback")
    assert err.splitlines()[-1].startswith("djtrans: error: There is no mixer 'none'")
