"""``djtrans extract``: cut transitions out of mixes, with their aligned tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from djtrans.cli.console import print_error
from djtrans.cli.progress import show_progress

if TYPE_CHECKING:
    from djtrans.core.util.progress import Progress


@click.command()
@click.option(
    "--mixes", default="data/mixes", show_default=True, help="Folder of the recorded mixes."
)
@click.option(
    "--tracklists",
    default="data/tracklists",
    show_default=True,
    help="Folder that 'djtrans collect' wrote.",
)
@click.option("--output", default="data/transitions", show_default=True, help="Folder to write to.")
@click.option(
    "--tracks", metavar="DIR", help="Folder of the original tracks, named by artist and title."
)
@click.option(
    "--max",
    "most",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Maximum number of excerpts in the output folder.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(10, 240),
    default=90.0,
    show_default=True,
    help="Length of an excerpt without aligned tracks, in seconds.",
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
    """Cut transitions out of mixes and align the original tracks.

    A mix is an audio file with the name of its tracklist. Existing excerpts are not made again.
    The exit code is 2 if a mix or a boundary could not be used.
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
        print_error(f"{what}: {message}")
    if not quiet:
        wrote, known, failed = len(found.written), len(found.known), len(found.failed)
        click.echo(
            f"{wrote} written, {found.aligned} of them with both tracks aligned, "
            f"{known} already present, {failed} failed: {output}"
        )
    return 2 if found.failed else 0
