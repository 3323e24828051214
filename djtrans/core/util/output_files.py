"""Check the files that a call writes before its work starts, and write several of them."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import attrs

from djtrans.core.errors import DjtransError, InputError
from djtrans.core.util.atomic_files import reason
from djtrans.core.util.writable import check_writable, target_of

AnyPath: TypeAlias = "str | os.PathLike[str]"


@attrs.frozen
class Output:
    """File that a call writes.

    Attributes
    ----------
    name : str
        Option or argument that names it, for error messages.
    path : path or None
        The file; None if it was not asked for.
    extensions : sequence of str
        Allowed extensions, in lower case; empty: any.
    excluded : sequence of str
        Extensions that are not allowed, because they belong to other kinds of files.
    """

    name: str
    path: AnyPath | None
    extensions: Sequence[str] = ()
    excluded: Sequence[str] = ()


def check_inputs(inputs: Mapping[str, AnyPath | None]) -> None:
    """Raise if a file or folder to read does not exist.

    Parameters
    ----------
    inputs : mapping of str to path
        Files and folders, by the option or argument that names them.

    Raises
    ------
    InputError
        If one is missing.
    """
    for name, path in inputs.items():
        if path is not None and not os.path.exists(os.path.expanduser(path)):
            raise InputError(f"There is no file {os.fspath(path)!r} ({name}); check the path.")


def check_outputs(
    outputs: Sequence[Output], inputs: Mapping[str, AnyPath | None] | None = None
) -> None:
    """Raise if an output cannot be written, or is an input or another output.

    Files are compared as the file system does: through symbolic and hard links, and regardless of
    the spelling of their names where that does not matter.

    Parameters
    ----------
    outputs : sequence of Output
        Files to write.
    inputs : mapping of str to path, optional
        Files and folders to read, by the option or argument that names them.

    Raises
    ------
    InputError
        If an output may not be written.
    """
    given = [(output, output.path) for output in outputs if output.path is not None]
    for index, (output, path) in enumerate(given):
        _check_extension(output, Path(path).suffix.lower())
        check_writable(path)
        for name, source in (inputs or {}).items():
            if source is not None and _is_input(path, source):
                raise InputError(
                    f"{output.name} {os.fspath(path)} is the file of {name}, which it would "
                    "overwrite; choose another name."
                )
        for other, other_path in given[:index]:
            if same_file(path, other_path):
                raise InputError(
                    f"{output.name} and {other.name} name the same file, {os.fspath(path)}; "
                    "choose different names."
                )


def check_folder(
    name: str, folder: AnyPath, inputs: Mapping[str, AnyPath | None] | None = None
) -> None:
    """Raise if a folder of results cannot be written to, or is one of the inputs.

    Parameters
    ----------
    name : str
        Option or argument that names the folder.
    folder : path
        The folder; it need not exist yet.
    inputs : mapping of str to path, optional
        Files and folders to read, by the option or argument that names them.

    Raises
    ------
    InputError
        If results may not be written there.
    """
    where = Path(folder)
    for source_name, source in (inputs or {}).items():
        if source is not None and same_file(where, source):
            raise InputError(
                f"{name} {os.fspath(folder)} is the folder of {source_name}, to which results "
                "must not be added; choose another folder."
            )
    existing = next((f for f in (where, *where.absolute().parents) if os.path.lexists(f)), where)
    if not existing.is_dir():
        raise InputError(f"Cannot write to the folder {folder}: {existing} is not a folder.")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise InputError(
            f"Cannot write to the folder {folder}: {existing} is not writable; choose another."
        )


def make_folder(folder: AnyPath) -> Path:
    """Create a folder with its parents, unless it exists.

    Raises
    ------
    InputError
        If it cannot be created.
    """
    where = Path(folder)
    try:
        where.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"Cannot create the folder {where}: {reason(error)} Choose another folder."
        ) from None
    return where


def check_report_files(
    folder: AnyPath, own: Mapping[str, Callable[[Path], bool]], picture: str
) -> None:
    """Raise if a report cannot be written, or would replace files of another origin.

    Parameters
    ----------
    folder : path
    own : mapping of str to callable
        By the name of each table: returns True if an existing file was written by djtrans.
    picture : str
        Name of the picture, which was written by djtrans if ``results.csv`` is there.

    Raises
    ------
    InputError
        If so.
    """
    check_folder("The output folder", folder)
    earlier = (Path(folder) / "results.csv").is_file()
    for name, is_own in {**own, picture: lambda _: earlier}.items():
        check_by_product(
            Path(folder) / name, is_own, instead="choose another folder for the results"
        )


def check_by_product(path: AnyPath, is_own: Callable[[Path], bool], *, instead: str) -> None:
    """Raise if a file that the user did not name would replace one that djtrans did not write.

    Parameters
    ----------
    path : path
        The file to write.
    is_own : callable
        Returns True if an existing file was written by djtrans.
    instead : str
        What the user can do, for the error message.

    Raises
    ------
    InputError
        If there is such a file.
    """
    file = target_of(path)
    try:
        own = not file.exists() or (file.is_file() and is_own(file))
    except OSError as error:
        raise InputError(f"Cannot read {path}: {reason(error)}") from None
    if not own:
        raise InputError(
            f"{os.fspath(path)} exists and was not written by djtrans, so it is not replaced; "
            f"{instead}."
        )


def starts_with(*beginnings: str) -> Callable[[Path], bool]:
    """Return a test for :func:`check_by_product`: the file begins with one of these texts."""
    encoded = tuple(text.encode() for text in beginnings)

    def test(file: Path) -> bool:
        with file.open("rb") as stream:
            return stream.read(max(map(len, encoded))).startswith(encoded)

    return test


def same_file(first: AnyPath, second: AnyPath) -> bool:
    """Return True if two paths name the same file or folder, which need not exist yet."""
    a, b = target_of(first), target_of(second)
    try:
        if a.exists() and b.exists():
            return a.samefile(b)
        if a.exists() != b.exists():
            return False
        there = a.parent.exists() and b.parent.exists()
        beside = a.parent.samefile(b.parent) if there else same_place(a.parent, b.parent)
    except OSError:
        return same_place(a, b)
    # Two new files whose names differ in case only are one file on many systems.
    return beside and _folded(a.name) == _folded(b.name)


def same_place(a: Path, b: Path) -> bool:
    """Return True if two paths are spelled the same, apart from case and relative parts."""
    return _folded(os.path.abspath(a)) == _folded(os.path.abspath(b))


def write_all(writers: Mapping[str, Callable[[], object]]) -> list[str]:
    """Write several files; one that fails does not keep the others from being written.

    Parameters
    ----------
    writers : mapping of str to callable
        Functions that write one file each, by its path.

    Returns
    -------
    list of str
        Paths of the files.

    Raises
    ------
    DjtransError
        If any failed: the messages of all, and the files that were written.
    """
    written: list[str] = []
    failed: list[DjtransError] = []
    for path, write in writers.items():
        try:
            write()
        except DjtransError as error:
            failed.append(error)
        else:
            written.append(path)
    if failed:
        messages = list(dict.fromkeys(map(str, failed)))
        if written:
            messages.append(f"Written: {', '.join(written)}.")
        raise type(failed[0])(" ".join(messages)) from None
    return written


def _check_extension(output: Output, extension: str) -> None:
    path = os.fspath(output.path or "")
    if output.extensions and extension not in output.extensions:
        raise InputError(f"Cannot write {path}: end the name in {', '.join(output.extensions)}.")
    if extension in output.excluded:
        raise InputError(
            f"Cannot write {path}: {output.name} does not write {extension} files; choose another "
            "extension."
        )


def _is_input(path: AnyPath, source: AnyPath) -> bool:
    """Return True for an input itself, and for an existing file in a folder that is an input."""
    if same_file(path, source):
        return True
    folder, file = Path(os.path.realpath(target_of(source))), Path(os.path.realpath(path))
    return folder.is_dir() and file.exists() and file.is_relative_to(folder)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
