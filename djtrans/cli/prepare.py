"""``djtrans prepare``: a library of tracks made into pairs to train on."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from typing import Any

import click

from djtrans.cli.console import say_error
from djtrans.cli.counting import Tell, counting
from djtrans.core.errors import InputError

_FORMS = (
    "Say what to prepare, for example: djtrans prepare --tracks ~/Music/DJ_Library "
    "--output processed --max 100"
)


@click.command()
@click.option("--tracks", metavar="DIR", help="Library of tracks, with all folders in it.")
@click.option("--output", default="processed", show_default=True, help="Folder to write.")
@click.option(
    "--max",
    "most",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Pairs in the folder at the end.",
)
@click.option(
    "--separator",
    default="auto",
    show_default=True,
    help="Name of a separator; auto: demucs if it can work, else spectral.",
)
@click.option(
    "--technique",
    default="varied",
    show_default=True,
    help="A name; auto: the planner's; varied: all that fit, about as often.",
)
@click.option("--bars", type=int, default=0, help="Length of the windows; default: as fits.")
@click.option(
    "--stretch-limit",
    type=float,
    default=0.08,
    show_default=True,
    help="Largest tempo change, as a fraction.",
)
@click.option("--mixer", default="dj54", show_default=True, help="Name of a registered mixer.")
@click.option("--device", default="cpu", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all that is random.")
@click.option(
    "--workers", type=int, default=1, show_default=True, help="Processes, one thread each."
)
@click.option("--dask", metavar="ADDRESS", help="Scheduler of a dask cluster that does the work.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def prepare(
    tracks: str | None, output: str, workers: int, dask: str | None, quiet: bool, **asked: Any
) -> None:
    """Make pairs of the tracks of a library, each with its stems and its transition.

    Pairs are chosen as a DJ would: tempos that meet, keys that go together. What is done is kept,
    so that a run that was stopped goes on from there and ends with the same pairs. Files that
    cannot be read are reported and left out.
    """
    if not tracks:
        raise InputError(_FORMS)
    if dask and workers != 1:
        raise InputError("Both --workers and --dask are given; a cluster has its own workers.")
    from djtrans.library import LibraryOptions, prepare_library
    from djtrans.workers import dask_cluster

    root = click.get_current_context().find_root()
    with dask_cluster(dask) if dask else nullcontext() as cluster, ExitStack() as shown:
        tells: dict[str, Tell | None] = {}

        def watch(what: str, done: int, total: int, before: int, failed: int) -> None:
            if what not in tells:
                failing = "unusable" if what == "tracks" else "failed"
                tells[what] = shown.enter_context(counting(quiet, what, failing))
            tell = tells[what]
            if tell is not None:
                tell(done, total, before, failed)

        made = prepare_library(
            tracks,
            output,
            LibraryOptions(**asked),
            workers=workers,
            executor=cluster,
            plugin_files=root.params.get("plugin_files", ()),
            watch=watch,
        )
    for file in made.skipped:
        say_error(f"{file.name} is left out: {file.reason}")
    for folder, reason in made.failed.items():
        say_error(f"{folder} could not be made: {reason}")
    click.echo(
        f"{len(made.pairs)} pairs in {output}: {len(made.skipped)} files left out, "
        f"{len(made.failed)} pairs failed, {len(made.unfit)} did not fit"
    )
