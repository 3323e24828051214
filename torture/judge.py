"""Invariants that every command keeps, whatever it is given."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from torture.case import Command, Fault, Finished
from torture.readers import strict_json, unreadable
from torture.snapshot import Snapshot, is_temporary, snapshot, within

REFUSED, SUCCESS = 2, 0
#: Exit code of a program whose reader, such as head, has enough.
_BROKEN_PIPE = 141
#: Commands that go on after an item that cannot be used.
_BATCHES = ("analyze", "collect", "extract", "prepare", "evaluate")
#: Warnings of libraries, which a user of the command cannot act on.
_FOREIGN = re.compile(
    r"encountered in|Mean of empty slice|n_fft=|\btorch\.|\bnumpy\b|\bnp\.|Degrees of freedom|"
    r"invalid value|Glyph|tight_layout|not JSON|weights_only|unclosed",
)
_ERROR, _WARNING = "djtrans: error: ", "djtrans: warning: "
#: Beginnings of lines on stderr; W&B prints where a run can be seen.
_OWN = ("djtrans: ", "wandb: ")
_LONGEST_LINE = 1500
_TRACEBACK = "Traceback (most recent call last)"
_EXCEPTION = re.compile(r"[\w.]+(Error|Exception|Interrupt|Exit|Warning)?\b.*")


@attrs.frozen(kw_only=True)
class Promise:
    """Promise of a command line, beyond the general invariants.

    Attributes
    ----------
    outputs : tuple of str
        Files and folders that it may write, and that exist if it succeeds.
    maybe : tuple of str
        Files and folders that it may write.
    expected : str
        ``"success"``, ``"refused"`` or ``"either"``.
    json : bool
        Its stdout is one JSON document if it succeeds.
    printed : tuple of str
        Lines on stderr that are not djtrans' own.
    """

    outputs: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    maybe: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    expected: str = "either"
    json: bool = False
    printed: tuple[str, ...] = attrs.field(default=(), converter=tuple)


def judge(
    command: Command, finished: Finished, promise: Promise, folder: Path, before: Snapshot
) -> list[Fault]:
    """List the faults of a command that has ended.

    Parameters
    ----------
    command : Command
    finished : Finished
    promise : Promise
    folder : Path
        Its working folder.
    before : Snapshot
        Content of the folder before it ran.
    """
    faults = [*_end(command, finished, promise), *_messages(command, finished, promise)]
    faults += disturbed(folder, before, (*promise.outputs, *promise.maybe))
    if finished.code == SUCCESS:
        faults += [
            Fault("missing-output", f"exit code 0, but there is no {name}")
            for name in promise.outputs
            if not (folder / name).exists()
        ]
        if promise.json and command.stdout == "file":
            try:
                strict_json(finished.stdout)
            except (ValueError, RecursionError) as error:
                faults.append(Fault("json", f"stdout: {error}"))
    return faults


def disturbed(
    folder: Path, before: Snapshot, outputs: Sequence[str], *, leftovers: bool = True
) -> Iterator[Fault]:
    """Compare a folder with what it was: nothing is lost, left over or half written."""
    after = snapshot(folder)
    for name, digest in before.items():
        if not within(name, outputs) and after.get(name) != digest:
            change = "changed" if name in after else "gone"
            yield Fault("lost", f"{name!r} is {change}, and is no output")
        elif name not in after:
            yield Fault("lost", f"{name!r} is gone")
    for name, digest in after.items():
        if before.get(name) == digest:
            continue
        if is_temporary(name):
            if leftovers:
                yield Fault("leftover", f"{name!r} is left behind")
        elif name not in before and not within(name, outputs):
            yield Fault("stray", f"{name!r} was written, and is no output")
        elif not (folder / name).is_dir() and (why := unreadable(folder / name)):
            yield Fault("half-written", f"{name!r} cannot be read: {why}")


def _end(command: Command, finished: Finished, promise: Promise) -> Iterator[Fault]:
    if finished.timed_out:
        yield Fault("time", f"ran longer than {command.seconds:g} s")
    elif finished.code < 0:
        yield Fault("crash", f"ended by {signal.Signals(-finished.code).name}")
    elif command.stdout == "pipe" and finished.code == _BROKEN_PIPE:
        pass
    elif finished.code not in (SUCCESS, REFUSED) and _TRACEBACK not in finished.stderr:
        yield Fault("exit-code", f"exit code {finished.code}: {last_line(finished.stderr)}")
    elif finished.code == SUCCESS and promise.expected == "refused":
        yield Fault("accepted", "should have been refused")
    elif finished.code == REFUSED and promise.expected == "success":
        yield Fault("refused", f"should have succeeded: {last_line(finished.stderr)}")
    if finished.survivors:
        yield Fault("survivor", f"{finished.survivors} processes still ran")
    if finished.mebibytes > command.mebibytes:
        yield Fault("memory", f"{finished.mebibytes:.0f} MiB")


def _messages(command: Command, finished: Finished, promise: Promise) -> Iterator[Fault]:
    lines = [line for line in finished.stderr.splitlines() if line.strip()]
    if _TRACEBACK in finished.stderr:
        yield Fault("traceback", cause(finished.stderr))
        return
    if finished.code < 0 or finished.timed_out:
        return
    errors = [line for line in lines if line.startswith(_ERROR)]
    batch = bool(command.arguments) and any(name in command.arguments for name in _BATCHES)
    if finished.code == REFUSED and not errors:
        yield Fault("message", "exit code 2 without an error line")
    if len(errors) > 1 and not batch:
        yield Fault("message", f"{len(errors)} error lines")
    if errors and finished.code == SUCCESS and not batch:
        yield Fault("message", f"exit code 0 with an error line: {errors[0]}")
    foreign = [line for line in lines if not line.startswith(_OWN)]
    if noise := [line for line in foreign if line not in promise.printed]:
        yield Fault("noise", noise[0][:200])
    for line in lines:
        if line.startswith(_WARNING) and _FOREIGN.search(line):
            yield Fault("foreign-warning", line[:200])
        elif len(line) > _LONGEST_LINE:
            yield Fault("message", f"a line of {len(line)} characters: {line[:100]}")


def last_line(text: str) -> str:
    """Return the last line of a text that is not blank."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def cause(stderr: str) -> str:
    """Return the exception of a traceback, and the place in the package that it came through."""
    places = re.findall(r'File "[^"]*?(djtrans/[^"]+)", line (\d+), in (\S+)', stderr)
    place = "{}:{} {}".format(*places[-1]) if places else "?"
    exception = next(
        (line for line in reversed(stderr.splitlines()) if _EXCEPTION.match(line)),
        last_line(stderr),
    )
    return f"{exception[:240]} ({place})"
