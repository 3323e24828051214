"""What a set of prepared pairs holds, as ``manifest.json`` says it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

import djtrans
from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.util.atomic_files import write_text
from djtrans.datasets.preparation.library_scan import LibraryTrack, Skipped
from djtrans.datasets.preparation.options import LibraryOptions
from djtrans.datasets.preparation.pair_from_library import Made
from djtrans.datasets.preparation.pairing import ChosenPair, UnfitPair
from djtrans.datasets.preparation.resume import MANIFEST

FORMAT = "djtrans-pairs"
FORMAT_VERSION = 1


def manifest_head(options: attrs.AttrsInstance, separator: ComponentRecord) -> dict[str, Any]:
    """What every manifest begins with: format, version, options and separator."""
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "djtrans": djtrans.__version__,
        "options": attrs.asdict(options),
        "separator": attrs.asdict(separator),
    }


def write_manifest(
    output: Path,
    options: LibraryOptions,
    separator: ComponentRecord,
    tracks: Sequence[LibraryTrack],
    skipped: Sequence[Skipped],
    chosen: Sequence[tuple[str, ChosenPair, Made]],
    unfit: Sequence[UnfitPair],
) -> Path:
    """Write what was made of what; without times, paths and names of machines.

    Parameters
    ----------
    output : Path
    options : LibraryOptions
    separator : ComponentRecord
    tracks : sequence of LibraryTrack
    skipped : sequence of Skipped
    chosen : sequence of (str, ChosenPair, Made)
        With their folders; those that failed keep theirs, which is then not there.
    unfit : sequence of UnfitPair

    Returns
    -------
    Path
    """
    named = {track.sha256: track.name for track in tracks}
    pairs: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for folder, pair, made in chosen:
        of = {"folder": folder, "a": named[pair.a.sha256], "b": named[pair.b.sha256]}
        if made.reason:
            failed.append({**of, "reason": made.reason})
        else:
            pairs.append(
                {**of, "technique": made.technique, "bars": made.bars, "files": made.files}
            )
    document = {
        **manifest_head(options, separator),
        "tracks": [{"name": track.name, "sha256": track.sha256} for track in tracks],
        "skipped": [attrs.asdict(file) for file in skipped],
        "pairs": pairs,
        "failed": failed,
        "unfit": [attrs.asdict(pair) for pair in unfit],
    }
    file = output / MANIFEST
    write_text(file, json.dumps(document, indent=1) + "\n")
    return file
