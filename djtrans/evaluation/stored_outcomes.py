"""Outcomes of a comparison on disk, one file for each technique and pair."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Collection, Iterable
from pathlib import Path

import attrs

from djtrans.core.errors import FormatError
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.json_documents import MALFORMED, json_digest, read_json
from djtrans.core.util.names import slug
from djtrans.evaluation.comparison import Outcome

_SUM = "sha256"
_DIGITS = 12


def outcome_file(folder: Path, pair: str, technique: str, depends: str) -> Path:
    """Build a readable file name with a digest of what the outcome depends on."""
    digest = hashlib.sha256(f"{technique} {depends}".encode()).hexdigest()[:_DIGITS]
    return folder / f"{slug(f'{pair} {technique}')}-{digest}.json"


def write_outcome(file: Path, outcome: Outcome) -> None:
    """Write an outcome with a digest of its values."""
    values = attrs.asdict(outcome)
    write_text(file, json.dumps({**values, _SUM: json_digest(values)}, indent=1) + "\n")


def read_outcome(file: Path) -> Outcome:
    """Read an outcome.

    Raises
    ------
    FormatError
        If it is damaged.
    """
    try:
        values = read_json(file, finite=False)
        if not isinstance(values, dict) or values.pop(_SUM, None) != json_digest(values):
            raise FormatError("its values do not match their digest.")
        return Outcome.from_dict(values)
    except (OSError, *MALFORMED) as error:
        raise FormatError(f"{file} is damaged: {error}") from None


def known_outcomes(files: Iterable[Path]) -> dict[str, Outcome]:
    """Read the outcomes that are there and sound; a damaged one is reported."""
    known = {}
    for file in files:
        if not file.exists():
            continue
        try:
            known[str(file)] = read_outcome(file)
        except FormatError as error:
            warnings.warn(f"{error} It is measured again.", stacklevel=5)
    return known


def report_outdated(folder: Path, files: Collection[Path]) -> None:
    """Report outcomes of the same pairs and techniques that are not used.

    Their files, options or versions differ from those of this run.
    """
    there = {file.name for file in files if file.exists()}
    wanted = {file.name[: -len(".json") - _DIGITS] for file in files if file.name not in there}
    outdated = [
        file.name
        for file in folder.glob("*.json")
        if file.name not in there and file.name[: -len(".json") - _DIGITS] in wanted
    ]
    if outdated:
        warnings.warn(
            f"{len(outdated)} results in {folder} are of other files, options or versions and are "
            f"measured again, such as {min(outdated)}.",
            stacklevel=5,
        )
