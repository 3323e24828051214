"""Analyses and fingerprints of a library's tracks on disk, by the hash of their file."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import cattrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.fingerprint import VERSION
from djtrans.core.errors import DjtransError, FormatError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.analysis_io import ANALYSIS_FORMAT, analysis_from_dict, analysis_to_dict
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.json_documents import MALFORMED, json_digest, read_json
from djtrans.pipeline.options import DEFAULT_ANALYZER
from djtrans.registry import default_registry

#: Folder of the analyses within the output.
ANALYSES = "analyses"


@attrs.frozen(eq=False)
class ScannedTrack:
    """Analysis and fingerprint of a track."""

    analysis: Analysis
    fingerprint: NDArray[np.uint32]


def made_by() -> list[Any]:
    """List what an analysis depends on beside the file."""
    component = default_registry().analyzers.find(DEFAULT_ANALYZER)
    return [component.name, component.declaration.version, ANALYSIS_FORMAT]


def write_scanned(analyses: Path, sha256: str, track: ScannedTrack, corrections: str = "") -> None:
    """Write analysis and fingerprint of a file, with a digest.

    Parameters
    ----------
    analyses : Path
        Folder of the analyses.
    sha256 : str
        Hash of the file.
    track : ScannedTrack
        What is written.
    corrections : str
        Digest of the corrections that the analysis contains; empty if there are none.
    """
    words = track.fingerprint.astype("<u4").tobytes()
    content = {
        "made_by": made_by(),
        "analysis": analysis_to_dict(track.analysis),
        "fingerprint": {"version": VERSION, "words": base64.b64encode(words).decode()},
    }
    if corrections:
        content["corrections"] = corrections
    document = {**content, "sha256": json_digest(content)}
    write_text(_file(analyses, sha256), json.dumps(document) + "\n")


def read_scanned(analyses: Path, sha256: str, corrections: str | None = None) -> ScannedTrack | str:
    """Read what is stored of a file.

    Parameters
    ----------
    analyses : Path
        Folder of the analyses.
    sha256 : str
        Hash of the file.
    corrections : str, optional
        Digest of the corrections that the analysis must contain; by default any.

    Returns
    -------
    ScannedTrack or str
        Why it is damaged; ``""`` if there is nothing, or it is of another version or with other
        corrections.
    """
    file = _file(analyses, sha256)
    if not file.exists():
        return ""
    damaged = f"its stored analysis {file.name} is damaged"
    try:
        document = read_json(file)
        if not isinstance(document, dict):
            return damaged
        prints = document.get("fingerprint")
        if document.get("made_by") != made_by() or not prints or prints["version"] != VERSION:
            return ""
        if document.pop("sha256", None) != json_digest(document):
            return damaged
        if corrections is not None and document.get("corrections", "") != corrections:
            return ""
        words = np.frombuffer(base64.b64decode(prints["words"]), dtype="<u4").astype(np.uint32)
        return ScannedTrack(analysis_from_dict(document["analysis"]), words)
    except (OSError, *MALFORMED, DjtransError, cattrs.BaseValidationError):
        return damaged


def read_track(analyses: Path, sha256: str) -> ScannedTrack:
    """Read what is stored of a file.

    Raises
    ------
    FormatError
        If it is missing or damaged.
    """
    stored = read_scanned(analyses, sha256)
    if isinstance(stored, str):
        file = _file(analyses, sha256)
        raise FormatError(f"{file} is no sound analysis; delete it, run again.")
    return stored


def known_analyses(analyses: Path, hashes: Sequence[str]) -> dict[str, Analysis]:
    """Read several analyses, by the hash of their file."""
    return {sha256: read_track(analyses, sha256).analysis for sha256 in hashes}


def _file(analyses: Path, sha256: str) -> Path:
    return analyses / f"{sha256}.json"
