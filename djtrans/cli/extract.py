"""``djtrans extract``: the transitions of mixes, as excerpts with their aligned tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from djtrans.cli.console import say_error
from djtrans.cli.progress import show_progress

if TYPE_CHECKING:
    from djtrans.core.util.progress import Progress


@click.command()
@click.option("--mixes", default="data/mixes", show_default=True, help="Folder of the mixes.")
@click.option(
    "--tracklists",
    default="data/tracklists",
    show_default=True,
    help="Folder that 'djtrans collect' wrote.",
)
@click.option("--output", default="data/transitions", show_default=True, help="Folder to write.")
@click.option("--tracks", metavar="DIR", help="Folder of the original tracks, named like them.")
@click.option(
    "--max",
    "most",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Excerpts in the folder at the end.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(10, 240),
    default=90.0,
    show_default=True,
    help="Length of an excerpt where the tracks do not tell it.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def extract(
    mixes: str,
    tracklists: str,
    output: str,
    tracks: str | None,
    most: int,
    seconds: float,
    quiet: bool,
) -> int:
    """Cut the transitions out of mixes, and find the original tracks in them.

    Each mix is an audio file that is named like its tracklist. Excerpts that are there are not
    made again. The exit code is 2 if a mix or a boundary could not be used.
    """
    from djtrans.datasets.mixes.extraction import extract as extract_transitions

    with show_progress(quiet) as shown:

        def show(event: Progress) -> None:
            if shown is not None:
                click.echo(event.message) if event.stage == "excerpts" else shown(event)

        found = extract_transitions(
            mixes, tracklists, output, tracks=tracks, most=most, seconds=seconds, progress=show
        )
    for what, message in found.failed.items():
        say_error(f"{what}: {message}")
    if not quiet:
        wrote, known, failed = len(found.written), len(found.known), len(found.failed)
        click.echo(
            f"{wrote} written, {found.aligned} of them with both tracks aligned, {known} known, "
            f"{failed} failed: {output}"
        )
    return 2 if found.failed else 0
