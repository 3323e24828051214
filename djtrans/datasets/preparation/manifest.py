"""The manifest of a set of prepared pairs, ``manifest.json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

import djtrans
from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.util.atomic_files import write_text
from djtrans.datasets.preparation.library_files import Skipped
from djtrans.datasets.preparation.library_scan import LibraryTrack
from djtrans.datasets.preparation.pairing import UnfitPair
from djtrans.datasets.preparation.resume import MANIFEST
from djtrans.datasets.preparation.unit import PairResult, PairUnit

FORMAT = "djtrans-pairs"
FORMAT_VERSION = 1


def write_manifest(
    target: Path,
    options: attrs.AttrsInstance,
    separator: ComponentRecord,
    pairs: Sequence[tuple[PairUnit, PairResult]],
    skipped: Sequence[Skipped],
    tracks: Sequence[LibraryTrack] | None = None,
    unfit: Sequence[UnfitPair] | None = None,
) -> Path:
    """Write what was made of what; without times, paths and names of machines.

    Parameters
    ----------
    target : Path
        Folder of the set.
    options : attrs instance
    separator : ComponentRecord
    pairs : sequence of (PairUnit, PairResult)
        Those that failed keep the name of their folder, which is then not there.
    skipped : sequence of Skipped
    tracks : sequence of LibraryTrack, optional
    unfit : sequence of UnfitPair, optional

    Returns
    -------
    Path
    """
    made: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for unit, result in pairs:
        entry = {"folder": Path(unit.folder).name, **unit.sources}
        if result.reason:
            failed.append({**entry, "reason": result.reason})
        else:
            made.append({**entry, **result.facts, "files": result.files})
    document: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "djtrans": djtrans.__version__,
        "options": attrs.asdict(options),
        "separator": attrs.asdict(separator),
    }
    if tracks is not None:
        document["tracks"] = [{"name": track.name, "sha256": track.sha256} for track in tracks]
    document["skipped"] = [attrs.asdict(source) for source in skipped]
    document |= {"pairs": made, "failed": failed}
    if unfit is not None:
        document["unfit"] = [attrs.asdict(pair) for pair in unfit]
    file = target / MANIFEST
    write_text(file, json.dumps(document, indent=1) + "\n")
    return file
