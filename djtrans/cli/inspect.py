"""``djtrans plugins`` and ``djtrans layout``: list components and parameters without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from djtrans.cli.component import component_lines, describe
from djtrans.cli.console import print_json, results_only
from djtrans.cli.options import settings_option
from djtrans.cli.tables import table_lines
from djtrans.core.contracts.kinds import KINDS, plural
from djtrans.core.contracts.overrides import read_settings
from djtrans.core.curves.layout import Row
from djtrans.core.registration.catalog import Component
from djtrans.mixer.resolve import DEFAULT_MIXER, mixer_layout, resolve_spec
from djtrans.registry import default_registry

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@click.group(invoke_without_command=True)
@_json
@click.pass_context
def plugins(ctx: click.Context, as_json: bool) -> None:
    """List the registered components, and plugins that failed."""
    if ctx.invoked_subcommand is None:
        _list(as_json)


@plugins.command()
@click.argument("name")
@click.option(
    "--kind", help=f"Kind of the component, if several have the name: {', '.join(KINDS)}."
)
@_json
def show(name: str, kind: str | None, as_json: bool) -> None:
    """Print settings, parameters and provider of a component."""
    with results_only(as_json):
        registry = default_registry()
        known = describe(registry.find_any(name, kind), registry)
    if as_json:
        print_json(known)
    else:
        click.echo("\n".join(component_lines(known)))


@plugins.command()
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(sorted(KINDS)),
    required=True,
    help="Kind of the component.",
)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    default=".",
    help="Folder to write the package into, as djtrans-NAME; by default the current one.",
)
def new(name: str, kind: str, output: str) -> None:
    """Write a plugin package with one component, its tests and a README.

    The package passes its tests as it is: run pytest in it, then change the component.
    """
    from djtrans.cli.new_plugin import plugin_source, write_plugin

    for file in write_plugin(plugin_source(name, kind), Path(output)):
        click.echo(f"wrote {file}")


def _list(as_json: bool) -> None:
    with results_only(as_json):
        registry = default_registry()
        listed = {kind: [_describe(c) for c in registry.components(kind)] for kind in KINDS}
    failures = [
        {
            "namespace": failure.provider.namespace,
            "provider": str(failure.provider),
            "stage": failure.stage,
            "message": failure.message,
        }
        for failure in registry.failures
    ]
    if as_json:
        print_json({"components": listed, "failures": failures})
        return
    cells = []
    for kind, components in listed.items():
        cells.append((plural(kind), *[""] * 4))
        cells += [(f"  {c.pop('name')}", *map(str, c.values())) for c in components]
        if not components:
            cells.append(("  (none registered)", *[""] * 4))
    for line in table_lines(cells):
        click.echo(line)
    if failures:
        click.secho("failures", bold=True)
    for failure in registry.failures:
        click.echo(f"  {failure}")


def _describe(component: Component[Any]) -> dict[str, object]:
    status = component.provider.note or ("ok" if component.declaration.lazy else "ok, not lazy")
    return {
        "name": component.name,
        "provider": str(component.provider),
        "version": component.declaration.version,
        "status": status,
        "summary": component.declaration.summary,
    }


@click.command()
@click.option(
    "--mixer", default=DEFAULT_MIXER, show_default=True, help="Name of a registered mixer."
)
@settings_option
@_json
def layout(mixer: str, set_: tuple[str, ...], as_json: bool) -> None:
    """Print the parameters of a mixer, one per row."""
    with results_only(as_json):
        computed = mixer_layout(resolve_spec(mixer).configured(read_settings(set_)))
    if as_json:
        print_json([_row(row) for row in computed.rows])
        return
    cells: list[tuple[str, ...]] = []
    for row in computed.rows:
        p = row.parameter
        bounds = f"{p.minimum:g} to {p.maximum:g}"
        cells.append((str(row.index), row.key, row.alias, bounds, f"{p.neutral:g}", p.unit))
    for line in table_lines(cells, ("", "key", "alias", "range", "neutral", "unit")):
        click.echo(line)
    click.echo(f"{len(computed)} parameters, digest {computed.digest}")


def _row(row: Row) -> dict[str, object]:
    p = row.parameter
    return {
        "index": row.index,
        "key": row.key,
        "alias": row.alias,
        "minimum": p.minimum,
        "maximum": p.maximum,
        "neutral": p.neutral,
        "unit": p.unit,
        "curve": p.curve,
        "edge": p.edge,
        "summary": p.summary,
    }
