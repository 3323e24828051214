"""``djtrans prepare``: tracks, or transitions cut out of mixes, made into pairs to train on."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import click
from click.core import ParameterSource

from djtrans.cli.console import counted, say_error
from djtrans.cli.progress import show_progress
from djtrans.core.errors import InputError

_FORMS = (
    "Say what to prepare, for example: djtrans prepare --tracks ~/Music/DJ_Library "
    "--output processed --max 100; or, of what 'djtrans extract' wrote: djtrans prepare "
    "--transitions data/transitions --output processed"
)
#: What only one of the two ways has.
_ONLY = {
    "tracks": ("technique", "bars", "stretch_limit", "seed"),
    "transitions": ("error_limit", "steps"),
}


@click.command()
@click.option("--tracks", metavar="DIR", help="Library of tracks, with all folders in it.")
@click.option(
    "--transitions", metavar="DIR", help="Or: excerpts of mixes that 'djtrans extract' wrote."
)
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
@click.option(
    "--error-limit",
    type=float,
    default=-8.0,
    show_default=True,
    help="Of --transitions: largest error of the spectra that recovered curves leave, in dB.",
)
@click.option(
    "--steps",
    type=int,
    default=150,
    show_default=True,
    help="Of --transitions: most steps of the descent.",
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
    tracks: str | None,
    transitions: str | None,
    output: str,
    workers: int,
    dask: str | None,
    quiet: bool,
    **asked: Any,
) -> None:
    """Make pairs to train on, each with its stems and its transition.

    Of the tracks of a library pairs are chosen as a DJ would: tempos that meet, keys that go
    together. Of transitions that were cut out of mixes the curves are recovered. What is done is
    kept, so that a run that was stopped goes on from there and ends with the same pairs. What
    cannot be used is reported and left out.
    """
    if not tracks and not transitions:
        raise InputError(_FORMS)
    if tracks and transitions:
        raise InputError(
            "Both --tracks and --transitions are given; run them one by one, each with its "
            "--output."
        )
    if dask and workers != 1:
        raise InputError("Both --workers and --dask are given; a cluster has its own workers.")
    _drop_others(asked, "tracks" if tracks else "transitions")
    from djtrans.datasets.preparation import (
        LibraryOptions,
        RecoveryOptions,
        prepare_library,
        prepare_transitions,
    )
    from djtrans.pipeline.executors import dask_cluster

    root = click.get_current_context().find_root()
    with dask_cluster(dask) if dask else nullcontext() as cluster, show_progress(quiet) as progress:
        common: dict[str, Any] = {
            "workers": workers,
            "executor": cluster,
            "plugin_files": root.params.get("plugin_files", ()),
            "progress": progress,
        }
        if tracks:
            made = prepare_library(tracks, output, LibraryOptions(**asked), **common)
        else:
            made = prepare_transitions(str(transitions), output, RecoveryOptions(**asked), **common)
    for file in made.skipped:
        say_error(f"{file.name} is left out: {file.reason}")
    for name, reason in made.failed.items():
        say_error(f"{name} could not be made: {reason}")
    pairs = counted(len(made.pairs), "pair")
    if tracks:
        click.echo(
            f"{pairs} in {output}: {counted(len(made.skipped), 'file')} left out, "
            f"{counted(len(made.failed), 'pair')} failed, {len(made.unfit)} did not fit"
        )
    else:
        click.echo(
            f"{pairs} in {output}: {counted(len(made.skipped), 'transition')} without both tracks, "
            f"{len(made.failed)} could not be used"
        )


def _drop_others(asked: dict[str, Any], way: str) -> None:
    """Leave out the options of the other way; refuse them where they were given."""
    context = click.get_current_context()
    for other, names in _ONLY.items():
        if other == way:
            continue
        for name in names:
            if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
                option = name.replace("_", "-")
                raise InputError(f"--{option} is for --{other}; leave it out with --{way}.")
            del asked[name]
