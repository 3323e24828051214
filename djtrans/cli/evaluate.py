"""``djtrans evaluate``: measure one transition, or compare techniques over many pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from djtrans.cli.console import print_json, results_only
from djtrans.cli.options import read_record
from djtrans.cli.progress import show_progress
from djtrans.core.errors import InputError
from djtrans.core.util.output_files import check_folder, check_inputs

if TYPE_CHECKING:
    from djtrans.evaluation import Comparison, TrackPair
    from djtrans.metrics import TransitionMetrics

_ARROWS = {"lower": "lower is better", "higher": "higher is better", "description": ""}

#: Options that only rendered transitions depend on.
_OF_RENDERING = ("workers", "separator", "mixer", "own_place", "device", "seed")


@click.command()
@click.argument("files", nargs=-1, metavar="[PARAMS A B]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option(
    "--pairs",
    "pairs_file",
    metavar="CSV",
    help="Compare over the pairs of tracks listed in a CSV file.",
)
@click.option(
    "--all-pairs",
    "folder",
    metavar="DIR",
    help="Compare over all suitable pairs of tracks in a folder.",
)
@click.option(
    "--synthesized", type=int, metavar="N", help="Compare over N pairs of synthesized tracks."
)
@click.option("--techniques", default="", help="Comma-separated names; default: all registered.")
@click.option(
    "--output",
    metavar="DIR",
    help="Folder for the tables, the plot and the results of each transition.",
)
@click.option(
    "--workers", type=int, default=1, show_default=True, help="Worker processes of one thread each."
)
@click.option("--separator", default="spectral", show_default=True, help="Name of a separator.")
@click.option("--mixer", default="dj54", show_default=True, help="Name of a registered mixer.")
@click.option(
    "--bars",
    type=int,
    default=0,
    metavar="N",
    help="Length in bars; default: that of each technique.",
)
@click.option(
    "--stretch-limit",
    type=float,
    default=0.08,
    show_default=True,
    help="Maximum tempo change, as a fraction; with --plans-only by technique.",
)
@click.option(
    "--own-place",
    is_flag=True,
    help="Let each technique choose its swap, instead of sharing one per pair.",
)
@click.option(
    "--plans-only", is_flag=True, help="Plan all pairs of --all-pairs without rendering them."
)
@click.option(
    "--against", metavar="CSV", help="plans.csv of an earlier run, to list what has changed."
)
@click.option("--device", default="cpu", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def evaluate(files: tuple[str, ...], as_json: bool, quiet: bool, **options: Any) -> None:
    """Measure a transition, or compare techniques over many pairs.

    With PARAMS A B, the transition is rendered from its params file and measured. With --pairs,
    --all-pairs or --synthesized, techniques are compared; a run that was stopped is resumed from
    the results in the folder of --output. With --plans-only, all ordered pairs are planned from
    their analyses, which takes well below a second each, and the worst ten are plotted.
    """
    sources = [options[name] for name in ("pairs_file", "folder", "synthesized")]
    given = [source for source in sources if source is not None]
    if len(given) + bool(files) != 1:
        raise InputError(
            "Give either PARAMS A B, or one of --pairs CSV, --all-pairs DIR and --synthesized N."
        )
    if options["against"] is not None and not options["plans_only"]:
        raise InputError("--against compares plans; give it with --plans-only.")
    if not files and not options["plans_only"]:
        from djtrans.pipeline.executors import import_early

        import_early(options["workers"])
    _check_names(options)
    if options["plans_only"]:
        _plan_all(quiet, options)
    elif files:
        _measure_one(files, as_json, options["device"], quiet)
    else:
        _compare(as_json, quiet, options)


def _check_names(options: dict[str, Any]) -> None:
    """Fail before the work if a component or a length does not exist."""
    from djtrans.mixer.resolve import resolve_spec
    from djtrans.planning.options import PlanOptions
    from djtrans.registry import default_registry

    registry = default_registry()
    for name in _names(options["techniques"]):
        if name != "auto":
            registry.techniques.find(name)
    if options["separator"] != "auto":
        registry.separators.find(options["separator"])
    resolve_spec(options["mixer"], registry)
    read_record(PlanOptions, bars=options["bars"], stretch_limit=options["stretch_limit"])


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def _measure_one(files: tuple[str, ...], as_json: bool, device: str, quiet: bool) -> None:
    if len(files) != 3:
        raise InputError(
            f"Got {len(files)} of the 3 files PARAMS A B; give the params file and both tracks."
        )
    check_inputs(dict(zip(("PARAMS", "A", "B"), files, strict=True)))
    from djtrans.pipeline.rendering import render

    with results_only(as_json), show_progress(quiet or as_json) as progress:
        metrics = render(*files, device=device, progress=progress).metrics()
    if as_json:
        print_json(metrics.to_dict())
    else:
        click.echo("\n".join(describe(metrics)))


def describe(metrics: TransitionMetrics) -> list[str]:
    """Format gates and measurements as the lines of two tables."""
    from djtrans.cli.tables import table_lines
    from djtrans.core.util.tables import number

    unmeasured = "not measurable"
    measured = []
    for value in metrics.measured:
        metric = value.declared
        text = unmeasured if value.number is None else number(value.number)
        measured.append(
            (metric.name, text.rjust(len(unmeasured)), metric.unit, _ARROWS[metric.better])
        )
    return [
        *table_lines((gate.name, gate.verdict, gate.why) for gate in metrics.gates),
        "",
        *table_lines(measured, ("metric", "value".rjust(len(unmeasured)), "unit", "")),
    ]


def _compare(as_json: bool, quiet: bool, options: dict[str, Any]) -> None:
    from djtrans.evaluation.report import summary_csv, summary_markdown

    with results_only(as_json):
        comparison, written = _compared(quiet, options)
    if as_json:
        import csv

        rows = csv.DictReader(summary_csv(comparison).splitlines())
        print_json([_plain(row) for row in rows])
        return
    click.echo(summary_markdown(comparison))
    if not quiet:
        for path in written:
            click.echo(f"djtrans: wrote {path}", err=True)


def _compared(quiet: bool, options: dict[str, Any]) -> tuple[Comparison, tuple[Path, ...]]:
    """Compare, and write the report; return the comparison and the files."""
    if not options["output"]:
        raise InputError("A comparison needs a folder for its results; give --output DIR.")
    from djtrans.evaluation import EvaluationOptions, compare, write_report
    from djtrans.evaluation.report import check_report

    # Reading and pairing a folder of tracks takes long.
    check_report(options["output"])
    if options["folder"] is not None:
        check_folder("--output", options["output"], {"--all-pairs": options["folder"]})
    pairs, skipped = _pairs(options, quiet)
    shared = ("separator", "mixer", "bars", "stretch_limit", "own_place", "device", "seed")
    root = click.get_current_context().find_root()
    with show_progress(quiet) as progress:
        comparison = compare(
            pairs,
            _names(options["techniques"]),
            output=options["output"],
            options=EvaluationOptions(**{name: options[name] for name in shared}),
            workers=options["workers"],
            progress=progress,
            skipped=skipped,
            plugin_files=root.params.get("plugin_files", ()),
        )
    return comparison, write_report(comparison, options["output"])


def _plan_all(quiet: bool, options: dict[str, Any]) -> None:
    if options["folder"] is None or not options["output"]:
        raise InputError("--plans-only needs --all-pairs DIR and --output DIR.")
    if without_effect := [name for name in _OF_RENDERING if _is_given(name)]:
        raise InputError(
            f"--{without_effect[0].replace('_', '-')} has no effect with --plans-only, which "
            "renders nothing; leave it out."
        )
    from djtrans.evaluation import analyze_folder, plan_pairs, read_plans, write_plans
    from djtrans.evaluation.plan_report import check_plan_files, plans_markdown
    from djtrans.planning import PlanOptions

    against = () if options["against"] is None else read_plans(options["against"])
    check_folder("--output", options["output"], {"--all-pairs": options["folder"]})
    check_plan_files(options["output"])
    technique = options["techniques"] or "auto"
    with show_progress(quiet) as progress:
        found, _, skipped = analyze_folder(Path(options["folder"]), progress=progress)
        analyses = {Path(path).stem: analysis for path, analysis in found.items()}
        if len(analyses) < 2 or len(analyses) < len(found):
            raise InputError(
                f"{options['folder']} has {len(analyses)} usable tracks of different names; give "
                "two or more."
            )
        plans = plan_pairs(
            analyses,
            PlanOptions(
                bars=options["bars"],
                stretch_limit=options["stretch_limit"] if _is_given("stretch_limit") else None,
            ),
            technique=technique,
            progress=progress,
        )
    written = write_plans(plans, analyses, options["output"], against)
    click.echo(plans_markdown([row for row, _ in plans.values()], against))
    if not quiet:
        for name, why in skipped:
            click.echo(f"djtrans: left out {name}: {why}", err=True)
        for path in written:
            click.echo(f"djtrans: wrote {path}", err=True)


def _is_given(name: str) -> bool:
    """Return True if an option is on the command line."""
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def _pairs(
    options: dict[str, Any], quiet: bool
) -> tuple[tuple[TrackPair, ...], tuple[tuple[str, str], ...]]:
    from djtrans.evaluation import all_pairs, read_pairs, synthesized_pairs

    if options["pairs_file"] is not None:
        return read_pairs(options["pairs_file"]), ()
    if options["synthesized"] is not None:
        limit = min(0.06, options["stretch_limit"])
        return synthesized_pairs(options["synthesized"], options["seed"], stretch_limit=limit), ()
    with show_progress(quiet) as progress:
        return all_pairs(
            Path(options["folder"]), stretch_limit=options["stretch_limit"], progress=progress
        )


def _plain(row: dict[str, str]) -> dict[str, Any]:
    words = ("technique", "metric", "unit", "better")
    return {
        key: text if key in words else (None if text == "" else float(text))
        for key, text in row.items()
    }
