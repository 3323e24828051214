"""A unit of dataset preparation: one pair, made anywhere and at most once."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from djtrans.core.errors import DjtransError, InputError
from djtrans.datasets.pairs.pair import PreparedPair
from djtrans.datasets.pairs.pair_folder import write_pair
from djtrans.datasets.preparation.resume import check_pair
from djtrans.pipeline.executors import one_thread, registry_with
from djtrans.registry import Registry


@attrs.frozen(kw_only=True)
class PairResult:
    """The result of one unit.

    Attributes
    ----------
    facts : dict
        What the manifest lists of the pair.
    files : dict of str to str
        Hash of each file, by its path within the folder.
    reason : str
        Why there is no pair; empty if there is one.
    damage : str
        Which files of a pair are not as they were written; empty if all are.
    """

    facts: dict[str, Any] = attrs.field(factory=dict)
    files: dict[str, str] = attrs.field(factory=dict)
    reason: str = ""
    damage: str = ""


@attrs.frozen(kw_only=True)
class PairUnit(ABC):
    """All that it takes to make one pair; can be pickled.

    Attributes
    ----------
    folder : str
        Where the pair goes.
    name : str
        Under which a failure is reported.
    sources : mapping of str to str
        What the pair is made of, as the manifest lists it.
    key : str
        Digest of all that the pair depends on.
    plugin_files : tuple of str
        Plugins to be loaded first.
    """

    folder: str
    name: str
    sources: Mapping[str, str]
    key: str
    plugin_files: tuple[str, ...] = ()

    @abstractmethod
    def make(self, registry: Registry) -> PreparedPair:
        """Compute the pair."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """Read from the finished folder what the manifest lists beside the sources."""

    @abstractmethod
    def relative(self, text: str) -> str:
        """Remove the folders of this machine from a message."""

    def write(self, pair: PreparedPair) -> None:
        """Write the pair to its folder."""
        write_pair(Path(self.folder), pair)

    def known_failure(self) -> str:
        """Read the reason for which an earlier run failed; empty if there is none."""
        return ""

    def fail(self, reason: str) -> PairResult:
        """Return the result of a failure, whose reason may be stored for the next run."""
        return PairResult(reason=reason)


def run_unit(unit: PairUnit) -> PairResult:
    """Make a pair if it is not there whole, and hash its files.

    What cannot be planned, generated or recovered is a failed result. What the machine cannot do,
    such as to write or to hold it, is raised: the next run may do better.
    """
    folder = Path(unit.folder)
    # A cluster repeats a unit whose worker was lost, perhaps after it was done.
    if not folder.exists() or check_pair(folder)[0]:
        if known := unit.known_failure():
            return PairResult(reason=known)
        pair = _attempt(unit)
        if isinstance(pair, str):
            return unit.fail(re.sub(r"\s+", " ", unit.relative(pair)).strip())
        unit.write(pair)
    result = check_unit(unit)
    if result.damage:
        raise InputError(
            f"{folder} was changed by another program while it was written ({result.damage}); run "
            "again."
        )
    return result


def check_unit(unit: PairUnit) -> PairResult:
    """Return the result of a pair that is there, or what is wrong with its files."""
    damage, files = check_pair(Path(unit.folder))
    return PairResult(damage=damage) if damage else PairResult(facts=unit.facts(), files=files)


def _attempt(unit: PairUnit) -> PreparedPair | str:
    """Compute a pair, or the reason why there is none."""
    with one_thread():
        try:
            return unit.make(registry_with(unit.plugin_files))
        except DjtransError as error:
            return str(error)
        except Exception as error:
            if isinstance(error, MemoryError | OSError) or "memory" in str(error):
                raise
            return f"fault: {type(error).__name__}: {error}"
