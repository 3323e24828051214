"""``djtrans grid``: show, correct and import beat grids, cues, keys and sections."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from djtrans.cli.console import print_error, print_json, results_only
from djtrans.cli.grid_tracks import GridRun
from djtrans.cli.grid_values import each, parse_anchor, parse_cue, parse_section
from djtrans.cli.options import analyzer_option
from djtrans.cli.progress import show_progress
from djtrans.core.errors import InputError
from djtrans.core.util.positions import parse_seconds

if TYPE_CHECKING:
    from djtrans.pipeline.grid_editing import GridEdit
    from djtrans.registry import Registry


@click.command()
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILES]...")
@click.option("--bpm", type=float, metavar="BPM", help="Tempo of the whole track.")
@click.option(
    "--anchor",
    "anchors",
    multiple=True,
    callback=each(parse_anchor),
    metavar="TIME[=BPM]",
    help="Place a downbeat at TIME. Repeatable: a new tempo or phase starts at each.",
)
@click.option("--half", is_flag=True, help="Count at half the tempo.")
@click.option("--double", is_flag=True, help="Count at twice the tempo.")
@click.option(
    "--downbeat",
    callback=each(parse_seconds),
    metavar="TIME",
    help="The beat nearest to TIME is a downbeat; beats stay where they are.",
)
@click.option("--key", metavar="KEY", help="Key: 8A, 1m, 'A minor' or Am.")
@click.option(
    "--cue",
    "cues",
    multiple=True,
    callback=each(parse_cue),
    metavar="NAME=TIME[-END]",
    help="Add or move a cue point or loop. Repeatable.",
)
@click.option(
    "--section",
    "sections",
    multiple=True,
    callback=each(parse_section),
    metavar="LABEL=FIRST-END",
    help="Label bars, counted as 'djtrans analyze' prints them. Repeatable.",
)
@click.option(
    "--remove",
    "removed",
    multiple=True,
    metavar="PART",
    help="Remove a correction: bpm, anchors, octave, downbeat, key, cues, sections, cue=NAME or "
    "import. Repeatable.",
)
@click.option("--clear", is_flag=True, help="Delete all corrections of FILES.")
@click.option(
    "--import",
    "library",
    metavar="LIBRARY",
    help="Import from a library of DJ software; without FILES, for all of its tracks that are "
    "found. 'serato' imports from the tags of FILES.",
)
@click.option("--reader", metavar="NAME", help="Library reader; default: by the kind of LIBRARY.")
@click.option(
    "--click", "click_file", metavar="FILE", help="Write the track with a click on each beat."
)
@analyzer_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def grid(
    files: tuple[str, ...],
    clear: bool,
    library: str | None,
    reader: str | None,
    click_file: str | None,
    analyzer: str,
    as_json: bool,
    quiet: bool,
    half: bool,
    double: bool,
    downbeat: float | None,
    **changes: Any,
) -> int:
    """Show or correct the beat grid, key, cues and sections of FILES.

    Corrections are stored in a small JSON file beside the track (or in the folder that
    DJTRANS_CORRECTIONS names), are used by every command, and take precedence over imports, which
    take precedence over the analysis. Without options they are shown. TIME is in seconds, or in
    minutes as 1:23.5.
    """
    from djtrans.pipeline.grid_editing import GridEdit

    edit = GridEdit(octaves=double - half, downbeat_seconds=downbeat, **changes)
    _check_usage(files, edit, clear, library, click_file, half and double)
    if reader and not library:
        raise click.UsageError("--reader goes with --import.")
    if clear:
        return _clear(files)
    with results_only(as_json):
        from djtrans.registry import default_registry

        default_registry().analyzers.find(analyzer)
        if library and not files:
            files = _tracks_of(library, reader, default_registry())
        _check_outputs(click_file, files, library)
        with show_progress(quiet) as progress:
            from djtrans.pipeline.progress import Steps

            run = GridRun(default_registry(), Steps(progress), analyzer, edit, library, reader)
            results = [run.process(file, click_file) for file in dict.fromkeys(files)]
    found = [result for result in results if not result.error]
    if as_json:
        print_json({result.file: result.document() for result in found})
    else:
        click.echo("\n".join(line for result in found for line in result.lines()), nl=bool(found))
    failed = [result for result in results if result.error]
    for result in failed:
        print_error(
            result.error if result.file in result.error else f"{result.file}: {result.error}"
        )
    return 2 if failed else 0


def _check_usage(
    files: Sequence[str],
    edit: GridEdit,
    clear: bool,
    library: str | None,
    click_file: str | None,
    both_octaves: bool,
) -> None:
    if not files and not library:
        raise click.UsageError("Give at least one file.")
    if both_octaves:
        raise click.UsageError("--half and --double contradict each other; give one.")
    if len(files) != 1 and not edit.is_empty:
        raise click.UsageError("Corrections are those of one track; give one file.")
    if len(files) != 1 and click_file:
        raise click.UsageError("--click writes one file; give one track.")
    if clear and not (edit.is_empty and library is None and click_file is None):
        raise click.UsageError("--clear deletes all corrections; give no other option with it.")
    if library and not edit.is_empty:
        raise click.UsageError("Import first, and correct in a second call.")


def _check_outputs(click_file: str | None, files: Sequence[str], library: str | None) -> None:
    from djtrans.core.audio.containers import WRITABLE
    from djtrans.core.util.output_files import Output, check_outputs

    inputs = {"the track": files[0] if click_file else None, "--import": library}
    check_outputs([Output("--click", click_file, tuple(WRITABLE))], inputs)


def _clear(files: Sequence[str]) -> int:
    from djtrans.core.audio.file_facts import content_hash
    from djtrans.pipeline.grid_editing import clear_sidecar

    for file in files:
        removed = clear_sidecar(file, content_hash(file))
        for path in removed:
            click.echo(f"removed {path}")
        if not removed:
            click.echo(f"{file} has no corrections.")
    return 0


def _tracks_of(library: str, reader: str | None, registry: Registry) -> tuple[str, ...]:
    """List the tracks of a library that are where it states."""
    from djtrans.pipeline.corrections import find_reader, read_library

    component = find_reader(library, registry, reader)
    if component.declaration.in_tracks:
        raise click.UsageError(f"{library} reads the tags of tracks; give FILES.")
    entries = read_library(library, component.name, registry)
    there = tuple(
        e.location for e in entries if e.corrections.stated and os.path.isfile(e.location)
    )
    if not there:
        raise InputError(
            f"None of the {len(entries)} tracks of {library} are at the paths that it states, with "
            "a grid, cues or a key; give the FILES that are to be looked up by their names."
        )
    return there
