"""``djtrans analyze``: print the analysis of tracks as a table or as JSON."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from djtrans.cli.console import print_error, print_json, results_only
from djtrans.cli.options import analyzer_option
from djtrans.cli.progress import show_progress
from djtrans.core.audio.listing import audio_files
from djtrans.core.errors import DjtransError, InputError

if TYPE_CHECKING:
    from djtrans.core.track.analysis import Analysis
    from djtrans.core.track.tags import Tags

_COLUMNS = (
    "file",
    "BPM (conf.)",
    "downbeat",
    "key (conf.)",
    "LUFS (95 %)",
    "vocals",
    "sections in bars",
)
#: Vocal activity from which a bar counts as sung.
_SUNG = 0.5


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(), metavar="FILES...")
@analyzer_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with a key per file.")
@click.option("--no-cache", is_flag=True, help="Ignore cached analyses and analyze again.")
@click.option("--uncorrected", is_flag=True, help="Ignore corrections, see 'djtrans grid'.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def analyze(
    paths: tuple[str, ...],
    analyzer: str,
    as_json: bool,
    no_cache: bool,
    uncorrected: bool,
    quiet: bool,
) -> int:
    """Print tempo, key, loudness, sections and vocals of FILES, and what is corrected.

    A folder stands for the audio files in it and in its folders. Files that cannot be analyzed are
    reported and skipped; the exit code is then 2.
    """
    files = _files(paths)
    from djtrans.core.track.track import load_track
    from djtrans.pipeline.analysis import analyze_track
    from djtrans.pipeline.progress import Steps
    from djtrans.registry import default_registry

    found: dict[str, Analysis] = {}
    tags: dict[str, Tags] = {}
    failed: dict[str, str] = {}
    with results_only(as_json):
        default_registry().analyzers.find(analyzer)
        with show_progress(quiet) as progress:
            steps = Steps(progress)
            for file in files:
                with steps.step(f"analyze {file}") as fraction:
                    try:
                        track = load_track(file)
                        found[file] = analyze_track(
                            track,
                            analyzer=analyzer,
                            cached=not no_cache,
                            corrected=not uncorrected,
                            progress=fraction,
                        )
                        tags[file] = track.tags
                    except DjtransError as error:
                        failed[file] = str(error)
    if as_json:
        from djtrans.core.track.analysis_io import analysis_to_dict

        documents = {
            file: {**analysis_to_dict(analysis), "tags": attrs.asdict(tags[file])}
            for file, analysis in found.items()
        }
        print_json(documents)
    elif found:
        from djtrans.cli.tables import table_lines

        rows = [(file, *cells(analysis)) for file, analysis in found.items()]
        lines = [*table_lines(rows, _COLUMNS), *_tag_lines(found, tags), *_corrections(found)]
        click.echo("\n".join(lines))
    for file, message in failed.items():
        print_error(message if file in message else f"{file}: {message}")
    return 2 if failed else 0


def _files(paths: Sequence[str]) -> list[str]:
    """Return the files, with those in folders, once each."""
    files: dict[str, None] = {}
    for path in paths:
        if not os.path.isdir(os.path.expanduser(path)):
            files[path] = None
            continue
        found = audio_files(Path(os.path.expanduser(path)))
        if not found:
            raise InputError(f"The folder {path} holds no audio files; give another, or files.")
        files |= dict.fromkeys(map(str, found))
    return list(files)


def _tag_lines(found: Mapping[str, Analysis], tags: Mapping[str, Tags]) -> Iterator[str]:
    """Yield a line for each file that has tags."""
    for file, analysis in found.items():
        known = tags[file]
        parts = [known.label(""), f"key {known.key}" if known.key else ""]
        parts.append("" if known.bpm is None else f"{known.bpm:g} BPM")
        parts.append("" if known.gain_db is None else f"ReplayGain {known.gain_db:+.2f} dB")
        parts.append("a cover" if known.cover else "")
        if any(parts):
            yield f"tags of {file}: {', '.join(part for part in parts if part)}"
        if remark := known.tempo_remark(analysis.grid.bpm):
            yield f"{file}: {remark}"


def _corrections(found: Mapping[str, Analysis]) -> Iterator[str]:
    """Yield a line for each correction: the part, its source, and what it replaces."""
    for file, analysis in found.items():
        for correction in analysis.corrections:
            yield f"{file}: corrected: {correction}"


def cells(analysis: Analysis) -> tuple[str, ...]:
    """Format a table row: tempo, downbeat confidence, key, loudness, sung bars, sections."""
    grid, key, levels = analysis.grid, analysis.key, analysis.levels
    bars = analysis.bar_vocal
    sung = float((bars >= _SUNG).mean()) if len(bars) else 0.0
    return (
        f"{grid.bpm:.2f} ({grid.confidence:.2f})",
        f"{grid.downbeat_confidence:.2f}",
        f"{key.name} {key.camelot} ({key.confidence:.2f})",
        f"{levels.integrated_lufs:.1f} ({levels.short_term_p95_lufs:.1f})",
        f"{100 * sung:.0f} %",
        " ".join(f"{s.label} {s.start_bar}-{s.end_bar}" for s in analysis.sections),
    )
