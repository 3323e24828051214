"""Make a set: scan and order tracks, plan and render the boundaries, assemble the mix."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import attrs

from djtrans.core.util.folder_lock import folder_lock
from djtrans.core.util.progress import ProgressCallback
from djtrans.core.util.temporary_files import remove_abandoned
from djtrans.pipeline.executors import open_executor
from djtrans.pipeline.options import GenerateOptions
from djtrans.registry import Registry, default_registry
from djtrans.sets.boundaries import Boundary
from djtrans.sets.checks import check_before_work, check_scanned
from djtrans.sets.final_mix import write_mix
from djtrans.sets.inputs import find_tracks
from djtrans.sets.options import SetOptions
from djtrans.sets.ordering import order_tracks
from djtrans.sets.positions import fixed_positions
from djtrans.sets.preparation import PreparedSet, prepare_boundaries, render_boundaries
from djtrans.sets.scanning import scan_tracks
from djtrans.sets.schedule import TrackTimes
from djtrans.sets.side_files import SetFiles, write_side_files


@attrs.frozen(kw_only=True)
class SetResult:
    """A finished set.

    Attributes
    ----------
    audio : Path
        The mix.
    files : tuple of Path
        All files that were written, the mix first.
    folder : Path
        Params file and audio of each boundary.
    times : tuple of TrackTimes
        When each track plays.
    boundaries : tuple of TransitionPlan or Gap
    sample_rate : int
        In Hz.
    seconds : float
        Length of the mix.
    true_peak_dbtp : float
        Of the mix.
    trim_db : float
        Gain, 0 or less, that keeps the true peak at -1 dBTP or below.

    See Also
    --------
    djtrans.make_set : Returns it.

    Examples
    --------
    >>> import djtrans
    >>> made = djtrans.make_set(["music/"], "mix.wav")  # doctest: +SKIP
    >>> [f"{track.starts:.0f} s {track.label}" for track in made.times]  # doctest: +SKIP
    ['0 s Intro', '187 s Second']
    """

    audio: Path
    files: tuple[Path, ...]
    folder: Path
    times: tuple[TrackTimes, ...]
    boundaries: tuple[Boundary, ...]
    sample_rate: int
    seconds: float
    true_peak_dbtp: float
    trim_db: float


def make_set(
    tracks: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    options: SetOptions | None = None,
    *,
    transition: GenerateOptions | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    plugin_files: Sequence[str] = (),
    progress: ProgressCallback | None = None,
    registry: Registry | None = None,
    **fields: Any,
) -> SetResult:
    """Mix many tracks into one set, with a transition at each boundary.

    A run that was stopped goes on from the boundaries that are there and ends with the same bytes.
    A boundary whose params file was edited or replaced is rendered again.

    Parameters
    ----------
    tracks : sequence of path
        Audio files, folders and ``.m3u8`` playlists.
    output : path
        Audio file to write: wav, flac, ogg, mp3. Cue sheet, tracklist, playlist and page are
        written beside it, the boundaries into the folder ``NAME-boundaries``.
    options : SetOptions, optional
        Order, times, gaps and loudness.
    transition : GenerateOptions, optional
        Technique, model, tempo and components of each transition.
    workers : int
        Processes, one thread each. With 1 the work is done in this process.
    executor : Executor, optional
        Does the work instead: any of ``concurrent.futures``, or that of a cluster
        (:func:`djtrans.pipeline.executors.dask_cluster`).
    plugin_files : sequence of path
        Plugins that workers load too.
    progress : callable, optional
        Receives `Progress` events of the stages "tracks", "plans", "boundaries" and "seconds".
    registry : Registry, optional
        Registry of this process.
    **fields
        Fields of :class:`djtrans.SetOptions`, which replace those of `options`:
        ``keep_order=True``.

    Returns
    -------
    SetResult

    Raises
    ------
    DjtransError
        If a file cannot be used, an option is not allowed, or a worker dies.

    See Also
    --------
    djtrans.generate : Make a single transition.

    Examples
    --------
    >>> import djtrans
    >>> made = djtrans.make_set(["music/"], "mix.wav", max_seconds=180.0)  # doctest: +SKIP
    >>> print(made.seconds)  # doctest: +SKIP
    """
    options = SetOptions.of(options, fields)
    registry = registry or default_registry()
    paths = find_tracks(tracks, skip_missing=options.skip_missing)
    fixed = fixed_positions(paths, options)
    files = SetFiles.beside(output)
    transition = check_before_work(
        paths, tracks, files, options, transition or GenerateOptions(), registry
    )
    with (
        folder_lock(files.folder, "djtrans set"),
        open_executor(workers, executor, plugin_files) as pool,
    ):
        remove_abandoned(files.folder)
        remove_abandoned(files.audio.absolute().parent)
        scanned = scan_tracks(paths, transition.analyzer, pool, plugin_files, progress)
        order = list(range(len(scanned)))
        if not options.keep_order:
            order = order_tracks(
                [track.analysis for track in scanned],
                arc=options.arc,
                fixed=fixed,
                hashes=[track.sha256 for track in scanned],
            )
        rate, channels = check_scanned(scanned, files, options)
        prepared = PreparedSet(
            tracks=tuple(scanned[index] for index in order),
            options=options,
            transition=transition,
            folder=files.folder,
            sample_rate=rate,
            channels=channels,
            plugin_files=tuple(plugin_files),
        )
        planned = prepare_boundaries(prepared, registry, progress)
        boundaries = render_boundaries(prepared, planned, pool, progress)
        mix = write_mix(prepared, boundaries, files, progress)
        written = write_side_files(files, prepared.tracks, boundaries, mix)
    return SetResult(
        audio=files.audio,
        files=(files.audio, *written),
        folder=files.folder,
        times=mix.schedule.times,
        boundaries=tuple(boundaries),
        sample_rate=rate,
        seconds=mix.schedule.samples / rate,
        true_peak_dbtp=mix.true_peak_dbtp,
        trim_db=mix.trim_db,
    )
