"""``djtrans collect``: tracklists of mixes, from files and from the web. Imports no torch."""

from __future__ import annotations

import click

from djtrans.cli.console import say_error
from djtrans.core.contracts.overrides import read_settings
from djtrans.core.util.progress import Progress
from djtrans.datasets.mixes.collection import FOLDER
from djtrans.datasets.mixes.collection import collect as collect_tracklists


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--genre", metavar="NAME", help="Mixes of a genre, such as tech-house; needs --max.")
@click.option("--max", "most", type=click.IntRange(min=1), metavar="N", help="Stop at N mixes.")
@click.option("--source", "name", default="auto", show_default=True, help="What reads them.")
@click.option(
    "--set",
    "set_",
    multiple=True,
    metavar="SOURCE.FIELD=VALUE",
    help="Set a field of a source, such as 1001tracklists.delay_seconds=20. Repeatable.",
)
@click.option("--output", default=FOLDER, show_default=True, type=click.Path(), help="Folder.")
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
    """Save the tracklists of mixes, each once, as JSON files in a folder.

    SOURCE is a cue sheet, the djmix-dataset's JSON, a text with times, a saved page of
    1001tracklists.com, or the address of one. Web sites are asked slowly and by name; one that
    refuses is not asked again. The exit code is 2 if anything could not be read.
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
        say_error(message)
    if not quiet:
        wrote, known, failed = len(found.written), len(found.known), len(found.failed)
        click.echo(f"{wrote} written, {known} known, {failed} failed: {output}")
    return 2 if found.failed else 0
