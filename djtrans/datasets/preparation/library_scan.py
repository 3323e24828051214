"""The tracks of a library: each is analyzed once, and what cannot be read is set aside."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import attrs
import cattrs

from djtrans.core.audio.io import NEEDS_FFMPEG, content_hash
from djtrans.core.errors import DjtransError, FormatError, InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.analysis_json import ANALYSIS_FORMAT, analysis_from_dict, analysis_to_dict
from djtrans.core.track.track import load_track
from djtrans.core.util.atomic_files import write_text
from djtrans.datasets.mixes.alignment.file_matching import AUDIO
from djtrans.pipeline.analysis import DEFAULT_ANALYZER, analyze_track
from djtrans.pipeline.executors import each, one_thread
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
class _Heard:
    """What came of one file: its hash, or why it cannot be used."""

    sha256: str = ""
    reason: str = ""


def scan_library(
    folder: Path,
    kept: Path,
    executor: Executor | None = None,
    watch: Callable[[int, int, int], None] | None = None,
) -> tuple[list[LibraryTrack], list[Skipped]]:
    """Analyze all audio files below a folder that were not analyzed before.

    Parameters
    ----------
    folder : Path
    kept : Path
        Folder of the analyses; made if it is not there.
    executor : Executor, optional
        Analyzes instead of this process.
    watch : callable, optional
        Told how many files are done, how many there are, and how many of the done are skipped.

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
    files = find_files(folder, without=kept.parent)
    kept.mkdir(parents=True, exist_ok=True)
    watch = watch or (lambda done, total, skipped: None)
    found: dict[int, _Heard] = {}
    work = functools.partial(scan_file, kept=str(kept))
    failed = 0
    watch(0, len(files), 0)
    for index, heard in each(work, [str(file) for file in files], executor):
        found[index] = heard
        failed += bool(heard.reason)
        watch(len(found), len(files), failed)
    tracks: dict[str, LibraryTrack] = {}
    skipped = []
    for index, file in enumerate(files):
        name, heard = file.relative_to(folder).as_posix(), found[index]
        if heard.reason:
            skipped.append(Skipped(name, heard.reason.replace(f"{folder}{os.sep}", "")))
        elif heard.sha256 in tracks:
            skipped.append(Skipped(name, f"It is the same as {tracks[heard.sha256].name}."))
        else:
            analysis = read_analysis(kept, heard.sha256)
            tracks[heard.sha256] = LibraryTrack(name, file, heard.sha256, analysis)
    return list(tracks.values()), skipped


def find_files(folder: Path, without: Path) -> list[Path]:
    """All audio files below a folder, sorted, but those below another one.

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


def scan_file(path: str, kept: str) -> _Heard:
    """Analyze one file and keep the analysis; one unit of work."""
    with one_thread():
        try:
            sha256 = content_hash(path)
            if _is_kept(Path(kept), sha256):
                return _Heard(sha256)
            analysis = analyze_track(load_track(path))
        except MemoryError:
            raise
        except DjtransError as error:
            return _Heard(reason=" ".join(str(error).split()))
        except Exception as error:  # noqa: BLE001 - one odd file must not end a run of hours
            said = " ".join(str(error).split())
            return _Heard(reason=f"fault: {type(error).__name__}: {said}")
    document = {"made_by": made_by(), "analysis": analysis_to_dict(analysis)}
    write_text(_file(Path(kept), sha256), json.dumps(document) + "\n")
    return _Heard(sha256)


def made_by() -> list[Any]:
    """What an analysis depends on beside the file."""
    component = default_registry().analyzers.find(DEFAULT_ANALYZER)
    return [component.name, component.declaration.version, ANALYSIS_FORMAT]


def read_analysis(kept: Path, sha256: str) -> Analysis:
    """A kept analysis.

    Raises
    ------
    FormatError
        If it is damaged.
    """
    file = _file(kept, sha256)
    try:
        return analysis_from_dict(json.loads(file.read_text(encoding="utf-8"))["analysis"])
    except (OSError, ValueError, KeyError, TypeError, cattrs.BaseValidationError) as error:
        raise FormatError(f"{file} is no sound analysis ({error}); delete it, run again.") from None


def known_analyses(kept: Path, hashes: Sequence[str]) -> dict[str, Analysis]:
    """Kept analyses by the hash of their file."""
    return {sha256: read_analysis(kept, sha256) for sha256 in hashes}


def _is_kept(kept: Path, sha256: str) -> bool:
    try:
        document = json.loads(_file(kept, sha256).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and document.get("made_by") == made_by()


def _file(kept: Path, sha256: str) -> Path:
    return kept / f"{sha256}.json"
