"""Cases of fault injection, and their results."""

from __future__ import annotations

import os
import random
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import attrs

if TYPE_CHECKING:
    from torture.bench import Bench, Place

#: Argument of a command line; bytes for names that are not text.
Argument: TypeAlias = str | bytes | os.PathLike[str]

#: Kinds of fault in which something that existed was lost.
LOSSES = ("lost", "half-written")


@attrs.frozen(kw_only=True)
class Command:
    """A command line of djtrans, and the surroundings it runs in.

    Attributes
    ----------
    arguments : tuple
        Arguments of ``djtrans``.
    environment : mapping
        Changes to the environment; None removes a variable.
    seconds : float
        Time limit.
    mebibytes : int
        Limit of the address space beyond that of the interpreter and its libraries.
    file_bytes : int, optional
        Limit of the size of a file, in place of a full disk.
    folder : str
        Working folder, below that of the case.
    stdin, stdout : str
        ``"file"`` (stdin: empty), ``"closed"``, ``"full"`` (a full disk) or ``"pipe"`` (broken).
    unprivileged : bool
        Give up the rights by which root ignores those of files.
    fresh : bool
        Start a new interpreter instead of a fork of this process.
    patch : callable, optional
        Called in the fork before the command.
    """

    arguments: tuple[Argument, ...] = attrs.field(converter=tuple)
    environment: Mapping[str, str | None] = attrs.field(factory=dict)
    seconds: float = 60.0
    mebibytes: int = 3000
    file_bytes: int | None = None
    folder: str = "."
    stdin: str = "file"
    stdout: str = "file"
    unprivileged: bool = False
    fresh: bool = False
    patch: Callable[[], None] | None = None

    @property
    def text(self) -> str:
        """The command line, quoted for a shell."""
        words = [os.fsdecode(argument) for argument in self.arguments]
        changes = [
            f"{name}={shlex.quote(value)}"
            for name, value in self.environment.items()
            if value is not None
        ]
        line = shlex.join(["djtrans", *words])
        return " ".join([*changes, line]).encode("utf-8", "backslashreplace").decode()


@attrs.frozen(kw_only=True)
class Finished:
    """A command that has ended.

    Attributes
    ----------
    code : int
        Exit code; negative: the signal that ended it.
    stdout, stderr : str
    seconds : float
    mebibytes : float
        Peak of its memory beyond that of the interpreter and its libraries.
    timed_out : bool
    survivors : int
        Processes that it started and that still ran.
    """

    code: int
    stdout: str
    stderr: str
    seconds: float
    mebibytes: float
    timed_out: bool
    survivors: int


@attrs.frozen
class Fault:
    """Violation of an invariant."""

    kind: str
    detail: str


@attrs.frozen(kw_only=True)
class Result:
    """Result of a case.

    Attributes
    ----------
    status : str
        ``"success"``, ``"refused"``, ``"killed"`` or ``"skipped"``.
    faults : tuple of Fault
    command : str
        The command line that matters, to repeat it.
    message : str
        Last line of stderr, or why the case is skipped.
    kills : int
        Signals sent to a process while it ran.
    leftovers : int
        Temporary files after SIGKILL, which no program can remove.
    seconds : float
    """

    status: str
    faults: tuple[Fault, ...] = attrs.field(default=(), converter=tuple)
    command: str = ""
    message: str = ""
    kills: int = 0
    leftovers: int = 0
    seconds: float = 0.0

    @property
    def losses(self) -> int:
        """Number of files that were lost or left half written."""
        return sum(fault.kind in LOSSES for fault in self.faults)


@attrs.frozen
class Case:
    """A case: it makes its files from a seed, runs a command and judges it.

    Attributes
    ----------
    family, name : str
        Names that together identify the case.
    run : callable
        Receives the bench, the place of the case and a random generator seeded by both names.
    """

    family: str
    name: str
    run: Callable[[Bench, Place, random.Random], Result]

    @property
    def key(self) -> str:
        """Identity of the case in the record."""
        return f"{self.family}/{self.name}"


def skipped(reason: str) -> Result:
    """Return the result of a case that cannot be run here."""
    return Result(status="skipped", message=reason)


def relative(path: Path, folder: Path) -> str:
    """Return the path below a folder, as text that can be printed."""
    return os.fspath(path.relative_to(folder)).encode("utf-8", "backslashreplace").decode()
