"""Scan a library: analyze each recording once, and state what was left out and why."""

from __future__ import annotations

import math
import os
import warnings
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

import attrs

from djtrans.core.audio.file_facts import audio_seconds, content_hash
from djtrans.core.audio.fingerprint import fingerprint
from djtrans.core.errors import DjtransError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.track import load_track
from djtrans.core.util.progress import ProgressCallback
from djtrans.datasets.preparation.library_files import Skipped, find_files
from djtrans.datasets.preparation.recordings import same_recordings
from djtrans.datasets.preparation.stored_analyses import (
    ScannedTrack,
    read_scanned,
    read_track,
    write_scanned,
)
from djtrans.pipeline.analysis import analyze_track
from djtrans.pipeline.corrections import corrections_digest
from djtrans.pipeline.executors import one_thread
from djtrans.pipeline.jobs import Job


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
class _Scan:
    """The result of one file: its hash, why it cannot be used, or why it was analyzed again."""

    sha256: str = ""
    reason: str = ""
    repaired: str = ""


def scan_library(
    folder: Path,
    analyses: Path,
    executor: Executor | None = None,
    progress: ProgressCallback | None = None,
    max_seconds: float = math.inf,
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
    max_seconds : float
        Longer files are left out.

    Returns
    -------
    tracks : list of LibraryTrack
        By name; one file of each recording, in a lossless format if there is one.
    skipped : list of Skipped
        By name.

    Raises
    ------
    InputError
        If there is no such folder, or no audio file in it.
    """
    files, skipped = find_files(folder, without=analyses.parent)
    analyses.mkdir(parents=True, exist_ok=True)
    paths = [str(file) for file in files]
    job: Job[_Scan] = Job(
        stage="tracks",
        keys=paths,
        is_failure=lambda scan: bool(scan.reason),
        failing="unusable",
        progress=progress,
    )
    scan = partial(scan_file, analyses=str(analyses), max_seconds=max_seconds)
    tracks: dict[str, LibraryTrack] = {}
    fingerprints = []
    for file, scanned in zip(files, job.run_each(scan, paths, executor), strict=True):
        name = file.relative_to(folder).as_posix()
        if scanned.repaired:
            warnings.warn(f"{name} was analyzed again: {scanned.repaired}.", stacklevel=3)
        if scanned.reason:
            skipped.append(Skipped(name, scanned.reason.replace(f"{folder}{os.sep}", "")))
        elif scanned.sha256 in tracks:
            skipped.append(Skipped(name, f"It is the same as {tracks[scanned.sha256].name}."))
        else:
            stored = read_track(analyses, scanned.sha256)
            tracks[scanned.sha256] = LibraryTrack(name, file, scanned.sha256, stored.analysis)
            fingerprints.append(stored.fingerprint)
    different = list(tracks.values())
    instead = same_recordings([track.path for track in different], fingerprints)
    for index, (used, rate) in instead.items():
        reason = (
            f"It is the same recording as {different[used].name} ({100 * rate:.1f} % of the "
            "fingerprint's bits differ)."
        )
        skipped.append(Skipped(different[index].name, reason))
    kept = [track for index, track in enumerate(different) if index not in instead]
    return kept, sorted(skipped, key=lambda each: each.name)


def scan_file(path: str, analyses: str, max_seconds: float = math.inf) -> _Scan:
    """Analyze one file and write the analysis; one unit of work."""
    with one_thread():
        try:
            sha256 = content_hash(path)
            corrections = corrections_digest(path, sha256)
            stored = read_scanned(Path(analyses), sha256, corrections)
            if isinstance(stored, ScannedTrack):
                return _Scan(sha256, _too_long(stored.analysis.duration_seconds, max_seconds))
            if reason := _too_long(audio_seconds(path), max_seconds):
                return _Scan(reason=reason)
            track = load_track(path)
            # A header may name less than there is.
            if reason := _too_long(track.duration_seconds, max_seconds):
                return _Scan(reason=reason)
            words = fingerprint(track.audio, track.sample_rate)
            scanned = ScannedTrack(analyze_track(track), words)
        except MemoryError:
            raise
        except DjtransError as error:
            return _Scan(reason=" ".join(str(error).split()))
        except Exception as error:  # noqa: BLE001 - one odd file must not end a run of hours
            said = " ".join(str(error).split())
            return _Scan(reason=f"fault: {type(error).__name__}: {said}")
    write_scanned(Path(analyses), sha256, scanned, corrections)
    return _Scan(sha256, repaired=stored)


def _too_long(seconds: float, max_seconds: float) -> str:
    if seconds <= max_seconds:
        return ""
    return (
        f"It is {seconds / 60:.0f} min long, as DJ mixes are; tracks have up to "
        f"{max_seconds / 60:g} min (--max-minutes)."
    )
