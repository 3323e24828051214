"""``djtrans export-as``: transitions as files of DAWs, DJ software and MIDI."""

from __future__ import annotations

from typing import Any

import click

from djtrans.cli.options import analyzer_option
from djtrans.cli.progress import show_progress
from djtrans.core.contracts.overrides import read_settings
from djtrans.core.errors import InputError


@click.command("export-as")
@click.argument("kind", metavar="FORMAT")
@click.argument("params", metavar="PARAMS")
@click.argument("track_a", metavar="[A", required=False)
@click.argument("track_b", metavar="B]", required=False)
@click.option(
    "-o", "--output", required=True, metavar="PATH", help="File to write, or folder to create."
)
@click.option(
    "--set", "set_", multiple=True, metavar="FIELD=VALUE", help="Set a field of the format."
)
@click.option("--stems-a", metavar="DIR", help="Folder with ready stems of A, if it was moved.")
@click.option("--stems-b", metavar="DIR", help="Folder with ready stems of B, if it was moved.")
@analyzer_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def export_as(
    kind: str,
    params: str,
    track_a: str | None,
    track_b: str | None,
    output: str,
    set_: tuple[str, ...],
    quiet: bool,
    **options: Any,
) -> None:
    """Export a transition to other programs, from its params file.

    FORMAT is one of stems, reaper, dawproject, midi, csv, rekordbox and cue, or an exporter of a
    plugin ('djtrans plugins' lists all). The tracks A and B are needed by stems, reaper,
    dawproject and rekordbox.
    """
    settings = read_settings(set_)
    if track_a is not None and track_b is None:
        raise InputError("Track A is given without track B; give both, or only the params file.")
    from djtrans.pipeline.export_checks import find_exporter
    from djtrans.registry import default_registry

    find_exporter(
        kind,
        output,
        params=params,
        a=track_a,
        b=track_b,
        settings=settings,
        registry=default_registry(),
    )
    from djtrans.pipeline.exporting import export_transition

    with show_progress(quiet) as progress:
        lines = export_transition(
            params,
            track_a,
            track_b,
            kind=kind,
            output=output,
            settings=settings,
            progress=progress,
            **options,
        )
    if not quiet:
        click.echo("\n".join([f"wrote {output}", *(f"  {line}" for line in lines)]))
