"""Export a transition to files of other programs, with a registered exporter."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from djtrans.core.audio.file_facts import content_hash
from djtrans.core.contracts.exporter import Exporter, ExporterDeclaration
from djtrans.core.errors import FormatError, InputError
from djtrans.core.track.track import load_track
from djtrans.core.transition.export_inputs import ExportInputs, ExportTrack
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import ParamsFile, Provenance, load_params
from djtrans.core.transition.sources import check_not_source
from djtrans.core.util.atomic_files import replacing, replacing_folder
from djtrans.core.util.progress import ProgressCallback
from djtrans.pipeline.analysis import analyze_track
from djtrans.pipeline.export_checks import find_exporter
from djtrans.pipeline.options import DEFAULT_ANALYZER
from djtrans.pipeline.progress import Steps, half_progress
from djtrans.pipeline.rendering import render
from djtrans.pipeline.stem_audio import render_stem_audio
from djtrans.pipeline.transition import Transition
from djtrans.registry import Registry, default_registry


def export_transition(
    source: str | os.PathLike[str] | Transition,
    a: str | os.PathLike[str] | None = None,
    b: str | os.PathLike[str] | None = None,
    *,
    kind: str,
    output: str | os.PathLike[str],
    settings: Mapping[str, Any] | None = None,
    stems_a: str | os.PathLike[str] | None = None,
    stems_b: str | os.PathLike[str] | None = None,
    analyzer: str = DEFAULT_ANALYZER,
    device: str = "auto",
    progress: ProgressCallback | None = None,
    registry: Registry | None = None,
) -> tuple[str, ...]:
    """Export a transition to a file or folder of another program.

    Parameters
    ----------
    source : path or Transition
        Params file, or a finished transition, which is not rendered again.
    a, b : path, optional
        The tracks of the transition; required by exporters of audio, unless `source` is a
        Transition, and by those of grids and cues.
    kind : str
        Name of a registered exporter: ``"stems"``, ``"reaper"``, ``"dawproject"``, ``"midi"``,
        ``"csv"``, ``"rekordbox"``, ``"cue"``, or one of a plugin.
    output : path
        File to write, which is replaced, or folder to create.
    settings : mapping of str to value, optional
        Fields of the exporter's config.
    stems_a, stems_b : path, optional
        Folders with ready stems of a track, instead of where they were at the first render.
    analyzer : str
        Name of the analyzer of the grids.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    progress : callable, optional
        Progress callback.
    registry : Registry, optional

    Returns
    -------
    tuple of str
        What the user has to know: what the format cannot hold, and other files it refers to.

    Raises
    ------
    InputError
        If the output is an input, a folder with content, or cannot be written, or if tracks are
        missing.
    FormatError
        If the params file is damaged, or the tracks are not those it was made from.
    ConfigError
        If a setting is unknown or out of range.
    DependencyError
        If the exporter needs a package that is not installed.

    See Also
    --------
    djtrans.render : Render a transition from its params file.

    Examples
    --------
    >>> import djtrans
    >>> lines = djtrans.export_transition(
    ...     "out.json", "a.mp3", "b.mp3", kind="reaper", output="project"
    ... )  # doctest: +SKIP
    """
    registry = registry or default_registry()
    params = None if isinstance(source, Transition) else source
    component = find_exporter(
        kind, output, params=params, a=a, b=b, settings=settings, registry=registry
    )
    declaration = component.declaration
    exporter = registry.exporters.build(component.name, settings)
    if "tracks" in declaration.needs:
        registry.analyzers.find(analyzer)
    content = _content(source)
    check_not_source(output, content.provenance)
    _check_tracks(content.provenance, {"a": a, "b": b})
    steps = Steps(progress)
    audio, tracks = None, None
    if "audio" in declaration.needs:
        if not isinstance(source, Transition):
            source = render(
                source,
                a or "",
                b or "",
                stems_a=stems_a,
                stems_b=stems_b,
                device=device,
                progress=progress,
                registry=registry,
            )
        with steps.step("stems"):
            audio = render_stem_audio(source)
    if "tracks" in declaration.needs:
        with steps.step("analyze") as fraction:
            tracks = Pair(
                *(
                    _analyzed(Path(path or ""), analyzer, registry, half_progress(fraction, done))
                    for done, path in enumerate((a, b))
                )
            )
    inputs = ExportInputs(
        name=_name(output, declaration), content=content, rendered=audio, files=tracks
    )
    with steps.step("export"):
        return _write(exporter, declaration, inputs, output)


def _content(source: str | os.PathLike[str] | Transition) -> ParamsFile:
    if not isinstance(source, Transition):
        return load_params(source)
    return ParamsFile(params=source.params, plan=source.plan, provenance=source.provenance)


def _check_tracks(
    provenance: Provenance, files: Mapping[str, str | os.PathLike[str] | None]
) -> None:
    for side, path in files.items():
        record = provenance.tracks[side]
        if path is None or not record.sha256:
            continue
        file = Path(os.path.expanduser(path))
        if not file.is_file():
            raise InputError(f"There is no file {os.fspath(path)!r}; give track {side.upper()}.")
        if content_hash(file) != record.sha256:
            raise FormatError(
                f"Track {side.upper()}, {file.name}, is not the file that these parameters were "
                f"made for ({record.name}); give the same two files, in the same order."
            )


def _analyzed(path: Path, analyzer: str, registry: Registry, progress: Any) -> ExportTrack:
    track = load_track(path)
    return ExportTrack(
        path=path,
        duration_seconds=track.duration_seconds,
        sample_rate=track.sample_rate,
        analysis=analyze_track(track, analyzer=analyzer, progress=progress, registry=registry),
    )


def _name(output: str | os.PathLike[str], declaration: ExporterDeclaration) -> str:
    return Path(output).stem if declaration.suffix else Path(output).absolute().name


def _write(
    exporter: Exporter,
    declaration: ExporterDeclaration,
    inputs: ExportInputs,
    output: str | os.PathLike[str],
) -> tuple[str, ...]:
    writing = replacing if declaration.suffix else replacing_folder
    with writing(output) as part:
        return tuple(exporter.export(inputs, part))
