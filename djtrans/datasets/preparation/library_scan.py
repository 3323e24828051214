"""Scan a library: analyze each track once and skip unreadable files."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import cattrs

from djtrans.core.audio.io import NEEDS_FFMPEG, content_hash
from djtrans.core.errors import DjtransError, FormatError, InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.analysis_io import ANALYSIS_FORMAT, analysis_from_dict, analysis_to_dict
from djtrans.core.track.track import load_track
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.json_documents import MALFORMED, read_json
from djtrans.core.util.progress import ProgressCallback
from djtrans.datasets.mixes.alignment.file_matching import AUDIO
from djtrans.pipeline.analysis import analyze_track
from djtrans.pipeline.executors import one_thread
from djtrans.pipeline.jobs import Job
from djtrans.pipeline.options import DEFAULT_ANALYZER
from djtrans.registry import default_registry

#: Folder of the analyses within the output.
ANALYSES = "analyses"


@attrs.frozen(eq=False)
class LibraryTrack:
    """A track that can be used.

    Attributes
    ----------
    name : str
        Path within the library, with forward slashes.
    path : Path
    sha256 : str
    analysis : Analysis
    """

    name: str
    path: Path
    sha256: str
    analysis: Analysis


@attrs.frozen
class Skipped:
    """A file that was left out, and why."""

    name: str
    reason: str


@attrs.frozen
class _Scan:
    """The result of one file: its hash, or why it cannot be used."""

    sha256: str = ""
    reason: str = ""


def scan_library(
    folder: Path,
    analyses: Path,
    executor: Executor | None = None,
    progress: ProgressCallback | None = None,
) -> tuple[list[LibraryTrack], list[Skipped]]:
    """Analyze all audio files below a folder that were not analyzed before.

    Parameters
    ----------
    folder : Path
    analyses : Path
        Folder of the analyses; made if it is not there.
    executor : Executor, optional
        Analyzes instead of this process.
    progress : callable, optional
        Receives a `Progress` event of stage "tracks" for each file.

    Returns
    -------
    tracks : list of LibraryTrack
        By name; of files with one content the first.
    skipped : list of Skipped
        By name.

    Raises
    ------
    InputError
        If there is no such folder, or no audio file in it.
    """
    files = find_files(folder, without=analyses.parent)
    analyses.mkdir(parents=True, exist_ok=True)
    paths = [str(file) for file in files]
    job: Job[_Scan] = Job(
        stage="tracks",
        keys=paths,
        is_failure=lambda scan: bool(scan.reason),
        failing="unusable",
        progress=progress,
    )
    scans = job.run_each(partial(scan_file, analyses=str(analyses)), paths, executor)
    tracks: dict[str, LibraryTrack] = {}
    skipped = []
    for file, scan in zip(files, scans, strict=True):
        name = file.relative_to(folder).as_posix()
        if scan.reason:
            skipped.append(Skipped(name, scan.reason.replace(f"{folder}{os.sep}", "")))
        elif scan.sha256 in tracks:
            skipped.append(Skipped(name, f"It is the same as {tracks[scan.sha256].name}."))
        else:
            analysis = read_analysis(analyses, scan.sha256)
            tracks[scan.sha256] = LibraryTrack(name, file, scan.sha256, analysis)
    return list(tracks.values()), skipped


def find_files(folder: Path, without: Path) -> list[Path]:
    """List the audio files below a folder, sorted, without those below another one.

    Those in formats that cannot be decoded here are among them, so that they are reported.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give one with audio files.")
    suffixes, inner = {*AUDIO, *NEEDS_FFMPEG}, without.resolve()
    files = [
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in suffixes
        and file.is_file()
        and inner not in file.resolve().parents
    ]
    if not files:
        raise InputError(f"There is no audio file below {folder}; give a folder with tracks.")
    return sorted(files)


def scan_file(path: str, analyses: str) -> _Scan:
    """Analyze one file and write the analysis; one unit of work."""
    with one_thread():
        try:
            sha256 = content_hash(path)
            if _is_current(Path(analyses), sha256):
                return _Scan(sha256)
            analysis = analyze_track(load_track(path))
        except MemoryError:
            raise
        except DjtransError as error:
            return _Scan(reason=" ".join(str(error).split()))
        except Exception as error:  # noqa: BLE001 - one odd file must not end a run of hours
            said = " ".join(str(error).split())
            return _Scan(reason=f"fault: {type(error).__name__}: {said}")
    document = {"made_by": made_by(), "analysis": analysis_to_dict(analysis)}
    write_text(_file(Path(analyses), sha256), json.dumps(document) + "\n")
    return _Scan(sha256)


def made_by() -> list[Any]:
    """List what an analysis depends on beside the file."""
    component = default_registry().analyzers.find(DEFAULT_ANALYZER)
    return [component.name, component.declaration.version, ANALYSIS_FORMAT]


def read_analysis(analyses: Path, sha256: str) -> Analysis:
    """Read the analysis of a file by its hash.

    Raises
    ------
    FormatError
        If it is damaged.
    """
    file = _file(analyses, sha256)
    try:
        return analysis_from_dict(read_json(file)["analysis"])
    except (OSError, *MALFORMED, cattrs.BaseValidationError) as error:
        raise FormatError(f"{file} is no sound analysis ({error}); delete it, run again.") from None


def known_analyses(analyses: Path, hashes: Sequence[str]) -> dict[str, Analysis]:
    """Read several analyses, by the hash of their file."""
    return {sha256: read_analysis(analyses, sha256) for sha256 in hashes}


def _is_current(analyses: Path, sha256: str) -> bool:
    try:
        document = read_json(_file(analyses, sha256))
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and document.get("made_by") == made_by()


def _file(analyses: Path, sha256: str) -> Path:
    return analyses / f"{sha256}.json"
