"""The judge of fault injection finds each kind of fault, and none where there is none."""

from __future__ import annotations

import os
import signal
import sys

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import save_file

if not sys.platform.startswith("linux"):
    pytest.skip("uses /proc and forks", allow_module_level=True)

from torture.case import Command, Finished
from torture.families.names import NAMES
from torture.judge import Promise, judge
from torture.readers import unreadable
from torture.snapshot import snapshot

ERROR = "djtrans: error: no.wav does not exist; check the path.\n"
TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "/x/djtrans/core/audio/io.py", line 7, in load_audio\n'
    "KeyError: 'rate'\n"
)


def finished(code=0, stderr="", stdout="", **changes):
    fields = {"seconds": 1.0, "mebibytes": 10.0, "timed_out": False, "survivors": 0}
    return Finished(code=code, stdout=stdout, stderr=stderr, **{**fields, **changes})


def kinds(folder, before, end, promise=None, arguments=("generate",), **command):
    command = Command(arguments=arguments, **command)
    return [fault.kind for fault in judge(command, end, promise or Promise(), folder, before)]


@pytest.fixture
def folder(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 22050)
    (tmp_path / "notes.txt").write_text("mine\n")
    return tmp_path


@pytest.fixture
def before(folder):
    return snapshot(folder)


@pytest.mark.parametrize(
    "end",
    [
        finished(),
        finished(2, ERROR),
        finished(2, "djtrans: warning: odd.\ndjtrans: analyze took 2.0 s\n" + ERROR),
    ],
)
def test_what_is_no_fault(folder, before, end):
    assert kinds(folder, before, end) == []


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (finished(1, TRACEBACK), "traceback"),
        (finished(1, "oops\n"), "exit-code"),
        (finished(-signal.SIGSEGV), "crash"),
        (finished(-signal.SIGKILL, timed_out=True), "time"),
        (finished(survivors=1), "survivor"),
        (finished(mebibytes=10_000), "memory"),
        (finished(2, ""), "message"),
        (finished(2, 2 * ERROR), "message"),
        (finished(0, ERROR), "message"),
        (finished(0, "[src/layer3.c] error\n"), "noise"),
        (finished(0, "djtrans: warning: overflow encountered in square\n"), "foreign-warning"),
    ],
)
def test_ends_and_messages(folder, before, end, kind):
    assert kind in kinds(folder, before, end)


def test_what_a_plugin_prints_is_expected_line_by_line(folder, before):
    end = finished(0, "hello\n")
    assert kinds(folder, before, end) == ["noise"]
    assert kinds(folder, before, end, Promise(printed=("hello",))) == []
    assert kinds(folder, before, end, Promise(printed=("hell",))) == ["noise"]


def test_names_are_names_of_files():
    assert [name for name in NAMES.values() if b"/" in os.fsencode(name)] == []


def test_a_batch_may_report_several_items(folder, before):
    assert kinds(folder, before, finished(2, 2 * ERROR), arguments=("analyze",)) == []


def test_the_place_of_a_traceback_is_named(folder, before):
    command = Command(arguments=("generate",))
    (fault,) = judge(command, finished(1, TRACEBACK), Promise(), folder, before)
    assert fault.detail == "KeyError: 'rate' (djtrans/core/audio/io.py:7 load_audio)"


def test_what_existed(folder, before):
    (folder / "notes.txt").write_text("other\n")
    assert kinds(folder, before, finished()) == ["lost"]
    (folder / "notes.txt").unlink()
    assert kinds(folder, before, finished()) == ["lost"]


def test_an_output_may_replace_its_former_self_but_not_vanish(folder, before):
    soundfile.write(folder / "a.wav", np.ones(50) / 2, 22050)
    assert kinds(folder, before, finished(), Promise(outputs=("a.wav",))) == []
    assert kinds(folder, before, finished()) == ["lost"]
    (folder / "a.wav").unlink()
    assert "lost" in kinds(folder, before, finished(), Promise(outputs=("a.wav",)))


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("out.wav", b"RIFF", "half-written"),
        ("out.json", b'{"a": 1', "half-written"),
        ("out.json", b'{"a": NaN}', "half-written"),
        ("out.png", b"\x89PNG", "half-written"),
        ("out.pt", b"PK", "half-written"),
        ("out.safetensors", b"\0" * 8, "half-written"),
        ("out.csv", b"a,b\n1,", "half-written"),
        (".out-01234567.part", b"", "leftover"),
        ("other.txt", b"x", "stray"),
    ],
)
def test_what_was_written(folder, before, name, content, kind):
    (folder / name).write_bytes(content)
    outputs = tuple(f"out.{end}" for end in ("wav", "json", "png", "pt", "safetensors", "csv"))
    assert kinds(folder, before, finished(), Promise(maybe=outputs)) == [kind]


def test_names_that_are_no_text_can_be_read(tmp_path):
    samples = np.zeros(100)
    soundfile.write(tmp_path / "a.wav", samples, 22050)
    save_file({"a": torch.zeros(2)}, tmp_path / "a.safetensors")
    for ending in (".wav", ".safetensors"):
        file = (tmp_path / f"a{ending}").rename(tmp_path / f"caf\udce9{ending}")
        assert unreadable(file) == ""
        file.write_bytes(file.read_bytes()[:20])
        assert unreadable(file)


def test_a_link_that_was_replaced_is_lost(folder):
    os.symlink("notes.txt", folder / "link")
    before = snapshot(folder)
    (folder / "link").unlink()
    (folder / "link").write_text("mine\n")
    assert kinds(folder, before, finished()) == ["lost"]


def test_success_has_its_outputs_and_is_expected(folder, before):
    assert kinds(folder, before, finished(), Promise(outputs=("out.wav",))) == ["missing-output"]
    assert kinds(folder, before, finished(), Promise(expected="refused")) == ["accepted"]
    assert kinds(folder, before, finished(2, ERROR), Promise(expected="success")) == ["refused"]
    assert kinds(folder, before, finished(stdout="[NaN]"), Promise(json=True)) == ["json"]


def test_a_reader_that_has_enough_is_no_fault(folder, before):
    assert kinds(folder, before, finished(141), stdout="pipe") == []
    assert kinds(folder, before, finished(141)) == ["exit-code"]
