"""Analyze the tracks of a set: beat grid, key, loudness, and where their sound starts and ends."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any

import attrs
from torch import Tensor

from djtrans.core.audio.decibels import db_to_power
from djtrans.core.audio.decoding.opening import open_audio
from djtrans.core.audio.file_facts import content_hash
from djtrans.core.errors import DjtransError, InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.analysis_io import analysis_from_dict, analysis_to_dict
from djtrans.core.track.tags import Tags, read_tags
from djtrans.core.track.track import load_track
from djtrans.core.util.cache import cache_key, default_cache
from djtrans.core.util.json_documents import parse_json
from djtrans.core.util.progress import ProgressCallback
from djtrans.pipeline.analysis import analyze_track
from djtrans.pipeline.corrections import corrections_digest
from djtrans.pipeline.executors import one_thread, registry_with
from djtrans.pipeline.jobs import Job
from djtrans.registry import Registry

#: The kind of these entries in the cache, and the version of their content.
KIND, FORMAT = "set-tracks", 1
#: Level below the integrated loudness of a track up to which its start and end are silence, in dB.
_SILENT_DB = 45.0
#: Length of the blocks whose level is compared.
_BLOCK_SECONDS = 0.01


@attrs.frozen(eq=False, kw_only=True)
class SetTrack:
    """A track of a set.

    Attributes
    ----------
    path : str
    name, sha256 : str
        File name, and hash of the file's bytes.
    tags : Tags
    sample_rate, channels : int
        Of the file, mixed down to at most two channels.
    start_seconds, end_seconds : float
        Where the sound starts and ends.
    analysis : Analysis
    """

    path: str
    name: str
    sha256: str
    tags: Tags
    sample_rate: int
    channels: int
    start_seconds: float
    end_seconds: float
    analysis: Analysis

    @property
    def label(self) -> str:
        """Artist and title, or the file name."""
        return self.tags.label(self.name)

    @property
    def bar_seconds(self) -> float:
        """Length of a bar."""
        grid = self.analysis.grid
        return 60.0 * grid.beats_per_bar / grid.bpm


def scan_tracks(
    paths: Sequence[Path],
    analyzer: str,
    executor: Executor | None = None,
    plugin_files: Sequence[str] = (),
    progress: ProgressCallback | None = None,
) -> list[SetTrack]:
    """Analyze tracks, each file once.

    Parameters
    ----------
    paths : sequence of Path
    analyzer : str
        Name of a registered analyzer.
    executor : Executor, optional
        Analyzes instead of this process.
    plugin_files : sequence of path
        Plugins to load there.
    progress : callable, optional
        Receives an event of stage "tracks" for each file.

    Returns
    -------
    list of SetTrack
        In the order of the paths.

    Raises
    ------
    InputError
        If files cannot be used; the message names each of them.
    """
    distinct = list(dict.fromkeys(str(path.absolute()) for path in paths))
    job: Job[SetTrack | str] = Job(
        stage="tracks",
        keys=distinct,
        is_failure=lambda result: isinstance(result, str),
        failing="unusable",
        progress=progress,
    )
    work = partial(_scan, analyzer=analyzer, plugin_files=tuple(plugin_files))
    found = dict(zip(distinct, job.run_each(work, distinct, executor), strict=True))
    if unusable := [reason for reason in found.values() if isinstance(reason, str)]:
        raise InputError(" ".join(unusable))
    tracks = {path: track for path, track in found.items() if isinstance(track, SetTrack)}
    return [tracks[str(path.absolute())] for path in paths]


def _scan(path: str, analyzer: str, plugin_files: tuple[str, ...]) -> SetTrack | str:
    """Analyze one file, or return why it cannot be used."""
    with one_thread():
        registry = registry_with(plugin_files)
        try:
            sha256 = content_hash(path)
            component = registry.analyzers.find(analyzer)
            with open_audio(Path(path)) as stream:
                key = cache_key(
                    format=FORMAT,
                    file=sha256,
                    decoder=stream.decoder,
                    analyzer=component.name,
                    version=component.declaration.version,
                    corrections=corrections_digest(path, sha256),
                )
            # See :func:`cached_analysis` on analyzers that are not lazy.
            kept = component.declaration.lazy
            facts = default_cache().load(KIND, key, parse_json) if kept else None
            if facts is None:
                facts = _facts(path, analyzer, registry)
                if kept:
                    default_cache().store(KIND, key, json.dumps(facts).encode())
            analysis = analysis_from_dict(facts.pop("analysis"))
            tags = read_tags(path)
        except DjtransError as error:
            return str(error)
    name = Path(path).name
    return SetTrack(path=path, name=name, sha256=sha256, tags=tags, analysis=analysis, **facts)


def _facts(path: str, analyzer: str, registry: Registry) -> dict[str, Any]:
    """Decode and analyze a file."""
    track = load_track(path).without_dc()
    analysis = analyze_track(track, analyzer=analyzer, registry=registry)
    start, end = sound_range(track.audio, track.sample_rate, analysis.levels.integrated_lufs)
    return {
        "sample_rate": track.sample_rate,
        "channels": len(track.audio),
        "start_seconds": start,
        "end_seconds": end,
        "analysis": analysis_to_dict(analysis),
    }


def sound_range(audio: Tensor, sample_rate: int, loudness_lufs: float) -> tuple[float, float]:
    """Find where the sound of a track starts and ends.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.
    loudness_lufs : float
        Integrated loudness, with which the level is compared.

    Returns
    -------
    tuple of float
        Seconds; the whole track if its loudness is not finite.
    """
    size = max(1, round(_BLOCK_SECONDS * sample_rate))
    length = int(audio.shape[-1]) / sample_rate
    whole = audio[:, : audio.shape[-1] // size * size]
    if not math.isfinite(loudness_lufs) or not whole.shape[-1]:
        return 0.0, length
    power = whole.unflatten(-1, (-1, size)).square().mean(dim=(0, -1))
    audible = (power > float(db_to_power(loudness_lufs - _SILENT_DB))).nonzero()
    if not len(audible):
        return 0.0, length
    return int(audible[0]) * size / sample_rate, (int(audible[-1]) + 1) * size / sample_rate
