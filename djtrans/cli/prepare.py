"""``djtrans prepare``: make training pairs from tracks or from transitions of mixes."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from djtrans.cli.console import counted, print_error, print_json
from djtrans.cli.progress import show_progress
from djtrans.core.errors import InputError

if TYPE_CHECKING:
    from djtrans.datasets.preparation import PreparationResult

_FORMS = (
    "No input is given. For a folder of tracks: djtrans prepare --tracks ~/Music/DJ_Library "
    "--output processed --max 100; for the output of 'djtrans extract': djtrans prepare "
    "--transitions data/transitions --output processed"
)
#: Options that apply to one of the two inputs only.
_ONLY = {
    "tracks": ("technique", "bars", "stretch_limit", "max_minutes", "seed"),
    "transitions": ("error_limit", "steps"),
}


@click.command()
@click.option("--tracks", metavar="DIR", help="Folder of tracks, searched recursively.")
@click.option(
    "--transitions", metavar="DIR", help="Or: folder of excerpts that 'djtrans extract' wrote."
)
@click.option("--output", default="processed", show_default=True, help="Folder to write to.")
@click.option(
    "--max",
    "most",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Maximum number of pairs in the output folder.",
)
@click.option(
    "--separator",
    default="auto",
    show_default=True,
    help="Name of a separator; auto: demucs if available, else spectral.",
)
@click.option(
    "--technique",
    default="varied",
    show_default=True,
    help="Name of a technique; auto: by the planner; varied: all that fit, about equally often.",
)
@click.option(
    "--bars", type=int, default=0, help="Length of the windows in bars; default: by the planner."
)
@click.option(
    "--stretch-limit",
    type=float,
    default=0.08,
    show_default=True,
    help="Maximum tempo change, as a fraction.",
)
@click.option(
    "--error-limit",
    type=float,
    default=-14.0,
    show_default=True,
    help="With --transitions: maximum error of the band levels of recovered curves, in dB.",
)
@click.option(
    "--steps",
    type=int,
    default=150,
    show_default=True,
    help="With --transitions: maximum number of optimization steps.",
)
@click.option(
    "--max-minutes",
    type=float,
    default=20.0,
    show_default=True,
    help="With --tracks: longer files count as DJ mixes and are left out.",
)
@click.option("--mixer", default="dj54", show_default=True, help="Name of a registered mixer.")
@click.option("--device", default="cpu", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed.")
@click.option(
    "--workers", type=int, default=1, show_default=True, help="Worker processes of one thread each."
)
@click.option(
    "--dask", metavar="ADDRESS", help="Address of the scheduler of a dask cluster to run on."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def prepare(
    tracks: str | None,
    transitions: str | None,
    output: str,
    workers: int,
    dask: str | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Prepare training pairs with stems, analyses and curves.

    With --tracks, tracks of matching tempo and compatible key are paired and a transition of each
    pair is planned. With --transitions, the curves of transitions cut out of mixes are recovered.
    A run that was stopped can be repeated: it resumes, and ends with the same pairs. Files that
    cannot be used are reported and skipped.
    """
    if not tracks and not transitions:
        raise InputError(_FORMS)
    if tracks and transitions:
        raise InputError(
            "Both --tracks and --transitions are given; run the command once for each, with "
            "different --output folders."
        )
    if dask and workers != 1:
        raise InputError("Both --workers and --dask are given; a cluster has its own workers.")
    _drop_others(options, "tracks" if tracks else "transitions")
    from djtrans.pipeline.executors import dask_cluster, import_early

    import_early(workers)
    from djtrans.datasets.preparation import (
        LibraryOptions,
        RecoveryOptions,
        prepare_library,
        prepare_transitions,
    )

    root = click.get_current_context().find_root()
    with (
        dask_cluster(dask) if dask else nullcontext() as cluster,
        show_progress(quiet or as_json) as progress,
    ):
        common: dict[str, Any] = {
            "workers": workers,
            "executor": cluster,
            "plugin_files": root.params.get("plugin_files", ()),
            "progress": progress,
        }
        if tracks:
            made = prepare_library(tracks, output, LibraryOptions(**options), **common)
        else:
            made = prepare_transitions(
                str(transitions), output, RecoveryOptions(**options), **common
            )
    if as_json:
        print_json(_report(made))
        return
    for file in made.skipped:
        print_error(f"{file.name} is skipped: {file.reason}")
    for name, reason in made.failed.items():
        print_error(f"pair {name} failed: {reason}")
    pairs = counted(len(made.pairs), "pair")
    if tracks:
        click.echo(
            f"{pairs} in {output}: {counted(len(made.skipped), 'file')} skipped, "
            f"{counted(len(made.failed), 'pair')} failed, {len(made.unfit)} without a transition"
        )
    else:
        click.echo(
            f"{pairs} in {output}: {counted(len(made.skipped), 'transition')} without both tracks, "
            f"{len(made.failed)} rejected"
        )


def _report(made: PreparationResult) -> dict[str, Any]:
    return {
        "folder": str(made.folder),
        "pairs": list(made.pairs),
        "skipped": [{"name": each.name, "reason": each.reason} for each in made.skipped],
        "failed": [{"name": name, "reason": reason} for name, reason in made.failed.items()],
        "unfit": [{"a": each.a, "b": each.b, "reason": each.reason} for each in made.unfit],
    }


def _drop_others(options: dict[str, Any], chosen: str) -> None:
    """Remove the options of the other input; raise if one of them was given."""
    context = click.get_current_context()
    for other, names in _ONLY.items():
        if other == chosen:
            continue
        for name in names:
            if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
                option = name.replace("_", "-")
                raise InputError(f"--{option} is for --{other}; leave it out with --{chosen}.")
            del options[name]
