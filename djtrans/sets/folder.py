"""Folder of the boundaries of a set: params files, rendered audio, and what they were made from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from djtrans.core.errors import FormatError, InputError
from djtrans.core.transition.params_file import load_params
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.checksums import file_hash
from djtrans.core.util.json_documents import MALFORMED, read_document, read_json
from djtrans.core.util.strict_structure import make_converter, structure
from djtrans.sets.boundaries import Boundary, Gap

#: Name and version of the formats of the plan of a set and of a gap.
SET_FORMAT, GAP_FORMAT, FORMAT_VERSION = "djtrans-set", "djtrans-gap", 1
_PLAN = "set.json"
_converter = make_converter()


@attrs.frozen
class BoundaryFiles:
    """Files of one boundary.

    Attributes
    ----------
    folder : Path
    number : int
        From 1.
    """

    folder: Path
    number: int

    @property
    def params(self) -> Path:
        """Params file of a transition, or the description of a gap; may be edited or replaced."""
        return self.folder / f"{self.number:02d}.json"

    @property
    def audio(self) -> Path:
        """Rendered transition."""
        return self.folder / f"{self.number:02d}.wav"

    @property
    def record(self) -> Path:
        """Hashes of the files."""
        return self.folder / f"{self.number:02d}.record"

    def recorded(self) -> Mapping[str, str]:
        """Return the hashes; empty if there are none."""
        try:
            record = read_json(self.record)
            return {str(name): str(value) for name, value in record.items()}
        except (OSError, *MALFORMED):
            return {}

    def write_record(self, **hashes: str) -> None:
        """Record hashes: of the params file as djtrans wrote it, and of the audio and its key."""
        write_text(self.record, json.dumps({**self.recorded(), **hashes}, indent=1) + "\n")

    @property
    def edited(self) -> bool:
        """True if there is a params file that djtrans did not write as it is."""
        if not self.params.is_file():
            return False
        return file_hash(self.params) != self.recorded().get("params")

    def is_rendered(self, key: str) -> bool:
        """Return True if the audio was rendered from what the key stands for, and is whole."""
        recorded = self.recorded()
        if recorded.get("key") != key or not self.audio.is_file():
            return False
        return file_hash(self.audio) == recorded.get("audio")

    def remove(self) -> None:
        """Remove the files."""
        for path in (self.params, self.audio, self.record):
            path.unlink(missing_ok=True)


def read_boundary(files: BoundaryFiles) -> Boundary | None:
    """Read the plan or the gap of a boundary; None if there is no file.

    Raises
    ------
    InputError
        If the file is neither, or damaged.
    """
    if not files.params.is_file():
        return None
    try:
        document = read_json(files.params)
    except (OSError, ValueError) as error:
        raise FormatError(f"{files.params} cannot be read ({error}); delete it.") from None
    if isinstance(document, dict) and document.get("format") == GAP_FORMAT:
        return _read_gap(files.params)
    return load_params(files.params).plan


def write_gap(files: BoundaryFiles, gap: Gap) -> None:
    """Write the description of a gap."""
    document = {"format": GAP_FORMAT, "format_version": FORMAT_VERSION, **attrs.asdict(gap)}
    write_text(files.params, json.dumps(document, indent=1) + "\n")
    files.write_record(params=file_hash(files.params))


def _read_gap(path: Path) -> Gap:
    fields = read_document(
        path,
        GAP_FORMAT,
        FORMAT_VERSION,
        expected="description of a gap",
        again="Delete it to have it written again.",
    )
    try:
        gap = structure(_converter, fields, Gap, "gap")
    except FormatError as error:
        raise FormatError(f"{path} is damaged: {error}. Correct it, or delete it.") from None
    low = min(gap.fade_seconds, gap.pause_seconds, gap.start_seconds, gap.end_seconds)
    if low < 0.0 or max(gap.fade_seconds, gap.pause_seconds) > 600.0:
        raise FormatError(f"{path}: give seconds from 0, and at most 600 for fade and pause.")
    return gap


def read_plans(folder: Path, key: str) -> list[Boundary] | None:
    """Read the boundaries as they were planned; None if not by what the key stands for."""
    try:
        document: Any = read_json(folder / _PLAN)
        if document["format"] != SET_FORMAT or document["key"] != key:
            return None
        kinds: dict[str, type[Any]] = {"plan": TransitionPlan, "gap": Gap}
        return [
            structure(_converter, each[kind], kinds[kind], kind)
            for each in document["boundaries"]
            for kind in each
        ]
    except (OSError, *MALFORMED):
        return None


def write_plans(
    folder: Path, key: str, tracks: Sequence[Mapping[str, Any]], boundaries: Sequence[Boundary]
) -> None:
    """Write the boundaries as they were planned."""
    document = {
        "format": SET_FORMAT,
        "format_version": FORMAT_VERSION,
        "key": key,
        "tracks": list(tracks),
        "boundaries": [
            {"gap" if isinstance(each, Gap) else "plan": _converter.unstructure(each)}
            for each in boundaries
        ],
    }
    write_text(folder / _PLAN, json.dumps(document, indent=1) + "\n")


def clear(folder: Path) -> None:
    """Remove the files of another set, but none that was edited.

    Raises
    ------
    InputError
        If a params file was edited or replaced.
    """
    numbers = {int(p.stem) for p in folder.glob("*.json") if p.stem.isdecimal()}
    found = [BoundaryFiles(folder, number) for number in sorted(numbers)]
    if edited := [str(files.params.name) for files in found if files.edited]:
        raise InputError(
            f"{folder} belongs to a set with other tracks or options, and {', '.join(edited)} "
            "was edited since; move the folder away, or name another output."
        )
    for files in found:
        files.remove()
    (folder / _PLAN).unlink(missing_ok=True)
