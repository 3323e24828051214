"""SIGTERM ends the command as Ctrl-C does, and cleans up."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest
import soundfile

from djtrans.cli import main
from djtrans.cli.termination import interrupt_on_sigterm
from djtrans.core.util.atomic_files import replacing
from djtrans.pipeline import generation
from djtrans.training.interrupts import interruptible


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run generate, whose work is replaced by a function."""

    def call(work):
        (tmp_path / "out").mkdir()
        tracks = [tmp_path / "a.wav", tmp_path / "b.wav"]
        for track in tracks:
            soundfile.write(track, [0.5] * 100, 22050)
        monkeypatch.setattr(generation, "generate", work)
        with pytest.raises(SystemExit) as exit_:
            main(["generate", *map(str, tracks), "-o", str(tmp_path / "out" / "out.wav")])
        return exit_.value.code

    return call


def terminate():
    os.kill(os.getpid(), signal.SIGTERM)
    for _ in range(10_000):  # the handler runs between two instructions
        pass


def test_temporary_files_are_removed_and_the_exit_code_is_143(run, capsys, tmp_path):
    def writes(*_, **__):
        with replacing(tmp_path / "out" / "out.wav") as part:
            part.write_bytes(b"half")
            terminate()

    assert run(writes) == 143
    assert capsys.readouterr().err.strip() == "djtrans: terminated."
    assert list((tmp_path / "out").iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_an_interrupt_is_told_from_it(run, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    assert run(interrupted) == 130
    assert capsys.readouterr().err.strip() == "djtrans: interrupted."


def test_training_is_asked_to_stop_before_it_is_interrupted():
    with interrupt_on_sigterm() as received, interruptible() as stop_requested:
        assert not stop_requested()
        terminate()
        assert stop_requested()
        assert received == [signal.SIGTERM]
        with pytest.raises(KeyboardInterrupt):
            terminate()


def test_it_works_where_ctrl_c_is_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupt_on_sigterm(), pytest.raises(KeyboardInterrupt):
            terminate()
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_handler_of_the_caller_and_other_threads_are_left_alone():
    calls = []
    before = signal.signal(signal.SIGTERM, lambda *_: calls.append("own"))
    try:
        with interrupt_on_sigterm() as received:
            terminate()
        assert calls == ["own"]
        assert received == []
    finally:
        signal.signal(signal.SIGTERM, before)

    def enters():
        with interrupt_on_sigterm():
            calls.append("thread")

    thread = threading.Thread(target=enters)
    thread.start()
    thread.join()
    assert calls == ["own", "thread"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_libsndfile_reads_is_not_lost(number, tmp_path, capfd, request):
    """An exception inside its callbacks would be printed, and the file would seem to end."""
    soundfile.write(tmp_path / "a.wav", [0.5] * 100_000, 22050)
    callbacks = []

    class Signals:
        """File that sends a signal while libsndfile reads."""

        def __init__(self, file):
            self.file = file

        def __getattr__(self, name):
            return getattr(self.file, name)

        def readinto(self, buffer):
            callbacks.append(len(buffer))
            os.kill(os.getpid(), number)
            return self.file.readinto(buffer)

    # Jobs in the background of a script begin with SIGINT ignored.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, inherited))
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGALRM)

    def reads(file):
        assert len(soundfile.SoundFile(Signals(file)).read()) == 100_000
        time.sleep(1.0)

    with (tmp_path / "a.wav").open("rb") as file, interrupt_on_sigterm() as received:  # noqa: SIM117
        with pytest.raises(KeyboardInterrupt):
            reads(file)
    assert callbacks
    assert set(received) == ({signal.SIGTERM} if number == signal.SIGTERM else set())
    assert capfd.readouterr().err == ""
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGALRM)) == before
