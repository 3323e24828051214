"""Ready stems of a params file: find them again by their content."""

from __future__ import annotations

import os
from pathlib import Path

import attrs

from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.errors import SeparationError
from djtrans.core.track.stem_files import check_stems_hash
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import Provenance
from djtrans.pipeline.provenance import separator_declaration, separator_record, warn_changed
from djtrans.registry import Registry


def with_stems(
    recorded: Provenance, stems: Pair[str | os.PathLike[str] | None], registry: Registry
) -> Provenance:
    """Replace the recorded stems by those in other folders, and check the content of the rest.

    Parameters
    ----------
    recorded : Provenance
    stems : Pair of path or None
        Folders with ready stems, where they are not where they were or are to be replaced.
    registry : Registry

    Returns
    -------
    Provenance
        With the separators to use.

    Raises
    ------
    SeparationError
        If recorded stems are missing or have changed, or a folder is not one of stems.

    Warns
    -----
    UserWarning
        If the stems in a given folder have another content, or that was not recorded.
    """
    tracks = {}
    for side, track in recorded.tracks.items():
        separator = _separator(side, track.separator, stems[side], registry)
        isolation = separator_declaration(separator, registry).isolation
        if separator is track.separator:
            isolation = track.isolation
        tracks[side] = attrs.evolve(track, separator=separator, isolation=isolation)
    return attrs.evolve(recorded, tracks=tracks)


def _separator(
    side: str, record: ComponentRecord, folder: str | os.PathLike[str] | None, registry: Registry
) -> ComponentRecord:
    known = record.config.get("sha256", "")
    if folder is not None:
        found = separator_record(registry, record.name, folder)
        if found.config["sha256"] != known:
            warn_changed(
                f"the stems of {side.upper()} in {folder} are not those of the first render"
            )
        return found
    path = record.config.get("path")
    if not separator_declaration(record, registry).reads_source or not isinstance(path, str):
        return record
    if not Path(path).is_dir():
        raise SeparationError(
            f"The stems of {side.upper()} were in {path}, which is not a folder here; give the "
            f"folder that has them with --stems-{side} (stems_{side})."
        )
    check_stems_hash(path, known)
    if not known:
        warn_changed(f"the content of the stems of {side.upper()} was not recorded")
    return record
