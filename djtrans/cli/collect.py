"""``djtrans collect``: save tracklists of mixes from files and the web. Imports no torch."""

from __future__ import annotations

import click

from djtrans.cli.console import print_error
from djtrans.core.contracts.overrides import read_settings
from djtrans.core.util.progress import Progress
from djtrans.datasets.mixes.collection import FOLDER
from djtrans.datasets.mixes.collection import collect as collect_tracklists


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option(
    "--genre", metavar="NAME", help="Collect mixes of a genre, such as tech-house; requires --max."
)
@click.option("--max", "most", type=click.IntRange(min=1), metavar="N", help="Stop after N mixes.")
@click.option(
    "--source",
    "name",
    default="auto",
    show_default=True,
    help="Tracklist source that reads them; auto: by the kind of SOURCE.",
)
@click.option(
    "--set",
    "set_",
    multiple=True,
    metavar="SOURCE.FIELD=VALUE",
    help="Set a field of a source, such as 1001tracklists.delay_seconds=20. Repeatable.",
)
@click.option(
    "--output", default=FOLDER, show_default=True, type=click.Path(), help="Folder to write to."
)
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def collect(
    sources: tuple[str, ...],
    genre: str | None,
    most: int | None,
    name: str,
    set_: tuple[str, ...],
    output: str,
    quiet: bool,
) -> int:
    """Save the tracklists of mixes as JSON files.

    SOURCE is a cue sheet, the JSON file of djmix-dataset, a text with times, a saved page of
    1001tracklists.com, or its address. Requests to web sites are rate-limited and identify
    djtrans; a site that refuses gets no further requests. A mix that was saved before is skipped.
    The exit code is 2 if anything could not be read.
    """

    def show(event: Progress) -> None:
        if not quiet:
            click.echo(event.message)

    found = collect_tracklists(
        sources,
        genre=genre,
        most=most,
        source=name,
        settings=read_settings(set_),
        output=output,
        progress=show,
    )
    for message in found.failed.values():
        print_error(message)
    if not quiet:
        wrote, known, failed = len(found.written), len(found.known), len(found.failed)
        click.echo(f"{wrote} written, {known} already present, {failed} failed: {output}")
    return 2 if found.failed else 0
