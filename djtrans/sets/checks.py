"""Checks of a set: what can be known before the work, and after the tracks were analyzed."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import attrs

from djtrans.core.audio.containers import WRITABLE, check_sample_rate
from djtrans.core.audio.file_facts import audio_sample_rate
from djtrans.core.errors import DjtransError, InputError
from djtrans.core.util.devices import pick_device
from djtrans.core.util.output_files import Output, check_by_product, check_folder, check_outputs
from djtrans.diffusion.model import DiffusionModel
from djtrans.mixer.resolve import resolve_spec
from djtrans.pipeline.generation import load_source
from djtrans.pipeline.options import GenerateOptions
from djtrans.pipeline.progress import Steps
from djtrans.pipeline.separators import fetch_separator
from djtrans.registry import Registry
from djtrans.sets.options import SetOptions, check_transition_options
from djtrans.sets.scanning import SetTrack
from djtrans.sets.side_files import SetFiles

#: Bytes that a WAV or AIFF file can hold, and bytes of a sample.
_MOST_BYTES, _SAMPLE_BYTES = 2**32 - 2**16, 3


def check_before_work(
    paths: Sequence[Path],
    sources: Sequence[str | os.PathLike[str]],
    files: SetFiles,
    options: SetOptions,
    transition: GenerateOptions,
    registry: Registry,
) -> GenerateOptions:
    """Raise DjtransError for what is known to fail, and return the options with named components.

    Parameters
    ----------
    paths : sequence of Path
        Tracks in the order given.
    sources : sequence of path
        Files, folders and playlists that were given.
    files : SetFiles
    options : SetOptions
    transition : GenerateOptions
    registry : Registry
    """
    inputs: dict[str, str | os.PathLike[str] | None] = {
        f"track {number}": path for number, path in enumerate(paths, 1)
    }
    inputs |= {f"the input {s}": s for s in sources if not Path(s).is_dir()}
    check_outputs(
        [
            Output("--output", files.audio, tuple(WRITABLE)),
            *(Output(f"the {name}", path) for name, path in files.texts.items()),
        ],
        inputs,
    )
    for name, path in files.texts.items():
        check_by_product(path, files.is_own(name), instead="move it, or name another output")
    check_folder("The folder of the boundaries", files.folder)
    check_transition_options(transition)
    boundaries = len(paths) - 1
    for number in options.gap_at:
        if not 1 <= number <= boundaries:
            raise InputError(
                f"gap_at = {number}: there are {boundaries} boundaries; give 1 to {boundaries}."
                if boundaries
                else f"gap_at = {number}: one track has no boundary; leave it out."
            )
    if isinstance(transition.model, DiffusionModel):
        raise InputError("A set loads its model in each worker; give the model's file instead.")
    problems = []
    for path in dict.fromkeys(paths):
        try:
            audio_sample_rate(path)
        except DjtransError as error:
            problems.append(str(error))
    if problems:
        raise InputError(" ".join(problems))
    registry.analyzers.find(transition.analyzer)
    if transition.technique != "auto":
        registry.techniques.find(transition.technique)
    resolve_spec(transition.mixer, registry)
    load_source(transition, registry)
    device = pick_device(transition.device)
    separator = fetch_separator(
        registry,
        transition.separator,
        transition.preparation.settings.separator,
        device,
        Steps().progress("weights"),
    )
    return attrs.evolve(transition, separator=separator, device=device)


def check_scanned(
    tracks: Sequence[SetTrack], files: SetFiles, options: SetOptions
) -> tuple[int, int]:
    """Return sample rate and channels of the mix.

    Raises
    ------
    InputError
        If the mix cannot be written at that rate, or a track has no loudness.
    """
    rate = options.sample_rate or max(track.sample_rate for track in tracks)
    channels = max(track.channels for track in tracks)
    check_sample_rate(files.audio, rate)
    for track in tracks:
        if not math.isfinite(track.analysis.levels.integrated_lufs):
            raise InputError(f"{track.path} is silent; leave it out.")
    seconds = sum(track.end_seconds - track.start_seconds for track in tracks)
    limited = files.audio.suffix.lower() in (".wav", ".aiff", ".aif")
    if limited and seconds * rate * channels * _SAMPLE_BYTES > _MOST_BYTES:
        raise InputError(
            f"{seconds / 3600:.1f} hours are more than a {files.audio.suffix} file can hold; write "
            "a .flac file."
        )
    return rate, channels
