"""``djtrans edit``: change a params file."""

from __future__ import annotations

import click

from djtrans.core.util.output_files import Output, check_inputs, check_outputs


@click.command()
@click.argument("params", metavar="PARAMS")
@click.option(
    "--curves",
    required=True,
    metavar="FILE",
    help="Table of curves (CSV) that 'djtrans export-as csv' wrote, and that was edited.",
)
@click.option("-o", "--output", required=True, metavar="FILE", help="Params file to write (JSON).")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def edit(params: str, curves: str, output: str, quiet: bool) -> None:
    """Write a params file with other curves, for 'djtrans render'."""
    inputs = {"PARAMS": params, "--curves": curves}
    check_outputs([Output("--output", output, (".json",))], inputs)
    check_inputs(inputs)
    import attrs

    from djtrans.core.curves.curves_csv import read_curves_csv
    from djtrans.core.transition.params_file import load_params, save_params
    from djtrans.core.transition.sources import check_not_source

    content = load_params(params)
    check_not_source(output, content.provenance)
    table = read_curves_csv(curves, content.params)
    # The overview describes the audio of the former curves.
    save_params(output, attrs.evolve(content, params=table.params, overview=None))
    if quiet:
        return
    lines = [f"changed {len(table.changed)} curves: {', '.join(table.changed) or 'none'}"]
    if table.absent:
        lines.append(f"kept {len(table.absent)} curves that the table does not have")
    click.echo("\n".join([*lines, f"wrote {output}"]))
