"""Prepare pairs of a library's tracks: scan, choose and make them; resumable."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

from djtrans.core.errors import InputError
from djtrans.core.util.output_files import check_folder
from djtrans.core.util.progress import ProgressCallback
from djtrans.datasets.preparation.library_scan import scan_library
from djtrans.datasets.preparation.options import LibraryOptions
from djtrans.datasets.preparation.pair_from_library import LibraryUnit
from djtrans.datasets.preparation.pairing import ChosenPair, choose_pairs, plan_options
from djtrans.datasets.preparation.session import (
    PreparationResult,
    PreparationSession,
    open_session,
)
from djtrans.datasets.preparation.stored_analyses import ANALYSES
from djtrans.pipeline.corrections import correction_key
from djtrans.pipeline.provenance import separator_declaration


def prepare_library(
    tracks: str | os.PathLike[str],
    output: str | os.PathLike[str],
    options: LibraryOptions | None = None,
    *,
    workers: int = 1,
    executor: Executor | None = None,
    plugin_files: Sequence[str] = (),
    progress: ProgressCallback | None = None,
) -> PreparationResult:
    """Make pairs of the tracks of a library, each with its transition.

    A run that was stopped goes on from what is there and ends with the same set. The set does not
    depend on where its units of work were done.

    Parameters
    ----------
    tracks : path
        Folder of audio files, searched with all folders in it.
    output : path
        Folder to write to; made if it is not there.
    options : LibraryOptions, optional
    workers : int
        Processes, one thread each. With 1 the work is done in this process.
    executor : Executor, optional
        Does the work instead: any of ``concurrent.futures``, or that of a cluster
        (:func:`djtrans.pipeline.executors.dask_cluster`).
    plugin_files : sequence of path
        Plugins that workers load too.
    progress : callable, optional
        Receives `Progress` events of the stages "tracks" and "pairs".

    Returns
    -------
    PreparationResult

    Raises
    ------
    InputError
        If there are no tracks that go together, an option is not allowed, or the output holds
        pairs that were made otherwise.
    DjtransError
        If a worker dies.
    """
    check_folder("The output folder", output, {"the tracks": tracks})
    with open_session(
        output,
        options or LibraryOptions(),
        workers=workers,
        executor=executor,
        plugin_files=plugin_files,
        progress=progress,
    ) as session:
        return _prepare(Path(os.path.expanduser(tracks)).resolve(), session)


def _prepare(library: Path, session: PreparationSession[LibraryOptions]) -> PreparationResult:
    analyses = session.target / ANALYSES
    tracks, skipped = scan_library(
        library,
        analyses,
        session.executor,
        session.progress,
        max_seconds=60.0 * session.options.max_minutes,
    )
    if len(tracks) < 2:
        left_out = "; ".join(f"{each.name}: {each.reason.rstrip('.')}" for each in skipped[:3])
        raise InputError(
            f"{library} holds {len(tracks)} track{'' if len(tracks) == 1 else 's'} and "
            f"{len(skipped)} files that are left out ({left_out or 'none'}); give a folder with at "
            "least two tracks."
        )
    names = {track.sha256: track.name for track in tracks}
    isolated = separator_declaration(session.separator, session.registry).isolation == "good"
    chosen, unfit = choose_pairs(tracks, session.options, session.registry, isolated)
    units = [
        LibraryUnit(
            folder=str(session.folder(number)),
            name=session.folder(number).name,
            sources={"a": names[pair.a.sha256], "b": names[pair.b.sha256]},
            key=_key(pair, session),
            plugin_files=session.plugin_files,
            library=str(library),
            a=str(pair.a.path),
            b=str(pair.b.path),
            sha256_a=pair.a.sha256,
            sha256_b=pair.b.sha256,
            analyses=str(analyses),
            techniques=pair.techniques,
            seed=pair.seed,
            options=session.options,
        )
        for number, pair in enumerate(chosen, 1)
    ]
    return session.prepare("pairs", units, skipped, failing="failed", tracks=tracks, unfit=unfit)


def _key(pair: ChosenPair, session: PreparationSession[LibraryOptions]) -> str:
    named = [name for name in pair.techniques if name != "auto"]
    find = session.registry.find
    return session.key(
        tracks=[pair.a.sha256, pair.b.sha256],
        techniques=pair.techniques,
        versions=[find("technique", name).declaration.version for name in named],
        plan=dict(plan_options(session.options)),
        seed=pair.seed,
        **correction_key(track.path for track in (pair.a, pair.b)),
    )
