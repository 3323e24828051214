"""Run the command in a fork of this process, or in a new interpreter, under limits."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import importlib
import os
import pkgutil
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from torture.case import Command, Finished

#: Modules that the package imports only when it needs them.
_LATE = (
    "librosa.beat",
    "librosa.decompose",
    "librosa.feature",
    "librosa.onset",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "python_stretch",
    "scipy.fft",
    "scipy.ndimage",
    "scipy.optimize",
    "scipy.signal",
    "scipy.sparse",
    "torch.utils.data",
)
#: _LINUX_CAPABILITY_VERSION_3: two sets of effective, permitted and inheritable ones.
_CAPABILITY_VERSION = 0x20080522
_POLL_SECONDS = 0.005
_FATAL = (signal.SIGINT, signal.SIGTERM)


def preload() -> None:
    """Import everything that a command may need, so that a fork need not."""
    import djtrans

    names = [m.name for m in pkgutil.walk_packages(djtrans.__path__, "djtrans.")]
    for name in [*names, *_LATE]:
        if not name.endswith("__main__"):
            with contextlib.suppress(ImportError), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(name)


@attrs.define
class Running:
    """A command that runs.

    Attributes
    ----------
    pid : int
        Its process, which leads a session of its own.
    """

    pid: int
    _command: Command
    _streams: tuple[Path, Path]
    _begin: float

    def send(self, number: signal.Signals, *, to_all: bool = False) -> bool:
        """Send a signal to the process, or to all that it started; False if it has ended."""
        if _has_ended(self.pid):
            return False
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if to_all else os.kill)(self.pid, number)
            return True
        return False

    def wait(self) -> Finished:
        """Wait until it ends, or end it when its time is over."""
        timed_out = False
        while True:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                break
            if not timed_out and time.monotonic() - self._begin > self._command.seconds:
                timed_out = True
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(_POLL_SECONDS)
        seconds = time.monotonic() - self._begin
        stdout, stderr = (
            path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
            for path in self._streams
        )
        return Finished(
            code=os.waitstatus_to_exitcode(status),
            stdout=stdout,
            stderr=stderr,
            seconds=seconds,
            mebibytes=max(0.0, usage.ru_maxrss / 1024 - _own_mebibytes("VmRSS")),
            timed_out=timed_out,
            survivors=_end_session(self.pid),
        )


def start(command: Command, folder: Path, environment: dict[str, str]) -> Running:
    """Start a command.

    Parameters
    ----------
    command : Command
    folder : Path
        Working folder; stdout and stderr are written beside it.
    environment : dict
        Environment, before the changes of the command.
    """
    streams = (folder.parent / "stdout.txt", folder.parent / "stderr.txt")
    for name, value in command.environment.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
    limit = round((_own_mebibytes("VmSize") + command.mebibytes) * 2**20)
    # A signal that arrives before the command can handle it waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, _FATAL)
    begin = time.monotonic()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _set_up(command, folder, environment, streams, limit)
            code = _exec(command, environment) if command.fresh else _call(command)
        except BaseException:  # noqa: BLE001 -- as the interpreter does at the end of a program
            traceback.print_exc()
        finally:
            os._exit(code)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FATAL)
    return Running(pid, command, streams, begin)


def call(function: Callable[[], object]) -> int:
    """Call a function in a fork, so that what it changes is gone; its exit code."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            function()
            code = 0
        except BaseException:  # noqa: BLE001 -- as the interpreter does at the end of a program
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@contextlib.contextmanager
def background(function: Callable[[], object], *, to_its_end: bool = False) -> Iterator[None]:
    """Call a function in a fork while the block runs, or until it returns."""
    pid = os.fork()
    if pid == 0:
        try:
            function()
        except BaseException:  # noqa: BLE001 -- as the interpreter does at the end of a program
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(0)
    try:
        yield
    finally:
        if not to_its_end:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _set_up(
    command: Command,
    folder: Path,
    environment: dict[str, str],
    streams: tuple[Path, Path],
    limit: int,
) -> None:
    os.setsid()
    os.chdir(folder / command.folder)
    os.environ.clear()
    os.environ.update(environment)
    out, err = (os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666) for path in streams)
    os.dup2(err, 2)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    if command.stdin == "closed":
        os.close(0)
    if command.stdout == "full":
        out = os.open("/dev/full", os.O_WRONLY)
    if command.stdout == "pipe":
        reader, out = os.pipe()
        os.close(reader)
    os.dup2(out, 1)
    if command.stdout == "closed":
        os.close(1)
    for descriptor in {null, out, err} - {0, 1, 2}:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    if command.file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (command.file_bytes, command.file_bytes))
    if command.unprivileged:
        _drop_capabilities()


def _drop_capabilities() -> None:
    """Give up all capabilities, see capset(2)."""
    library = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    if library.capset(header, (ctypes.c_uint32 * 6)()):
        raise OSError(ctypes.get_errno(), "capset")


def _exec(command: Command, environment: dict[str, str]) -> int:
    script = Path(sys.executable).with_name("djtrans")
    program = [sys.executable, *([script] if script.is_file() else ["-m", "djtrans.cli"])]
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FATAL)
    os.execve(sys.executable, [*program, *command.arguments], environment)


def _call(command: Command) -> int:
    from djtrans.cli import main

    # The streams of this process belong to files that are no longer its own.
    sys.stdin = open(0, closefd=False) if command.stdin != "closed" else None  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False) if command.stdout != "closed" else None  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False, buffering=1)  # noqa: SIM115
    sys.argv = ["djtrans", *map(os.fsdecode, command.arguments)]
    code: object = 0
    try:
        if command.patch:
            command.patch()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _FATAL)
        main(sys.argv[1:])
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 -- as the interpreter does at the end of a program
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    if sys.stdout is not None:
        try:
            sys.stdout.flush()
        except OSError:
            traceback.print_exc()
            code = 120
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


def _own_mebibytes(field: str) -> float:
    """Return a size of this process from /proc, in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _has_ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end_session(session: int) -> int:
    """Kill what is left of a session after a moment's grace; the number of processes."""
    for _ in range(40):
        left = _members(session)
        if not left:
            return 0
        time.sleep(0.05)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(left)


def _members(session: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # The name in parentheses may contain anything; state, parent, group and session.
                state, _, _, of = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(of) == session and state != "Z":
                    found.append(int(entry.name))
    return found
