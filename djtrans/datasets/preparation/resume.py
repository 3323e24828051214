"""What is there of a set of pairs, and the units of work that make the rest."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Protocol, TypeVar

from djtrans.core.audio.io import content_hash
from djtrans.core.errors import DjtransError, InputError
from djtrans.core.util.json_documents import read_document
from djtrans.datasets.pairs.pair import PreparedPair
from djtrans.datasets.pairs.pair_folder import ANALYSIS, FORMAT, FORMAT_VERSION
from djtrans.pipeline.executors import each, one_thread

#: File that says what the set holds; written last.
MANIFEST = "manifest.json"


class Unit(Protocol):
    """A unit of work that makes a pair's folder."""

    @property
    def folder(self) -> str:
        """Where the pair goes."""

    @property
    def key(self) -> str:
        """Digest of all that the pair depends on."""


class Outcome(Protocol):
    """What came of a unit."""

    @property
    def reason(self) -> str:
        """Why there is no pair; empty if there is one."""


OneUnit = TypeVar("OneUnit", bound=Unit)
OneOutcome = TypeVar("OneOutcome", bound=Outcome)


def pairs_before(target: Path, keys: Mapping[str, str]) -> int:
    """How many pairs are there; refused where there are others."""
    tidy(target)
    found = sorted(p for p in target.iterdir() if re.fullmatch(r"pair_\d{3,}", p.name))
    for folder in found:
        if folder.name not in keys:
            raise InputError(
                f"{folder} is one pair more than are asked for or can be made; give another "
                f"--output, a larger --max, or delete it."
            )
        document = read_document(
            folder / ANALYSIS,
            FORMAT,
            FORMAT_VERSION,
            expected="prepared pair",
            again=f"Delete {folder.name} and run again.",
        )
        if document.get("key") != keys[folder.name]:
            raise InputError(
                f"{folder} was made of other tracks, with other options or by another version; "
                "give another --output, or delete it."
            )
    if len(found) < len(keys):
        # Where there is a manifest, the set is whole.
        (target / MANIFEST).unlink(missing_ok=True)
    return len(found)


def tidy(target: Path) -> None:
    """Remove what killed processes left half-written."""
    for part in target.glob(".*.part"):
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


def do_units(
    make: Callable[[OneUnit], OneOutcome],
    units: Sequence[OneUnit],
    before: int,
    executor: Executor | None,
    tell: Callable[[int, int, int, int], None],
) -> list[OneOutcome]:
    """What came of each unit, in their order; those that are there are looked at again only.

    Parameters
    ----------
    make : callable
        A function of a module, of one unit.
    units : sequence
    before : int
        How many pairs were there.
    executor : Executor, optional
    tell : callable
        Told how many are done, of how many, how many of them before, and how many failed.
    """
    found: dict[int, OneOutcome] = {}
    there = {i for i, unit in enumerate(units) if Path(unit.folder).exists()}
    fresh = failed = 0
    tell(before, len(units), before, 0)
    for index, made in each(make, units, executor):
        found[index] = made
        fresh += index not in there
        failed += bool(made.reason)
        tell(before + fresh, len(units), before, failed)
    return [found[index] for index in range(len(units))]


def attempt(make: Callable[[], PreparedPair]) -> PreparedPair | str:
    """A pair, or why there is none.

    What cannot be planned, drawn or explained is an answer; what the machine cannot do, such as to
    write or to hold it, is an error: the next run may do better.
    """
    with one_thread():
        try:
            return make()
        except DjtransError as error:
            return str(error)
        except Exception as error:
            if isinstance(error, MemoryError | OSError) or "memory" in str(error):
                raise
            return f"fault: {type(error).__name__}: {error}"


def file_hashes(folder: Path) -> dict[str, str]:
    """Hash of each file of a pair, by its path within the folder."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): content_hash(file) for file in files}
