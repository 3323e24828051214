"""``djtrans cache``: show and clear the on-disk cache. Imports no torch."""

from __future__ import annotations

import click

from djtrans.cli.console import print_json
from djtrans.cli.tables import table_lines
from djtrans.core.util.cache import Usage, default_cache


@click.group(invoke_without_command=True)
@click.pass_context
def cache(ctx: click.Context) -> None:
    """Show or clear the cache of analyses, stems and web pages."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@cache.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def info(as_json: bool) -> None:
    """Print the cache folder, and the entries and bytes of each kind."""
    store = default_cache()
    usage = store.info()
    if as_json:
        kinds = {kind: {"entries": u.entries, "bytes": u.bytes} for kind, u in usage.items()}
        known = {"folder": str(store.root), "max_bytes": store.max_bytes, "kinds": kinds}
        print_json(known)
        return
    total = sum(usage.values(), start=Usage())
    rows = [(kind, str(u.entries), size(u.bytes)) for kind, u in [*usage.items(), ("total", total)]]
    click.echo(f"{store.root} (at most {size(store.max_bytes)})")
    for line in table_lines(rows):
        click.echo(line)


@cache.command()
@click.argument("kind", required=False)
def clear(kind: str | None) -> None:
    """Remove all entries, or those of one KIND: aligned, analyses, pages, samples or stems."""
    removed = default_cache().clear(kind)
    what = f"entries of {kind}" if kind else "entries"
    click.echo(f"removed {removed.entries} {what} ({size(removed.bytes)})")


def size(count: int) -> str:
    """Format a number of bytes: ``"1.2 MB"``."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"
