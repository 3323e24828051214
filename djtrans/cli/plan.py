"""``djtrans plan``: list the best plans of a transition without rendering it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from djtrans.cli.console import print_json, results_only
from djtrans.cli.options import read_record, record_options
from djtrans.cli.progress import show_progress
from djtrans.core.audio.decoding.opening import check_is_file
from djtrans.core.contracts.declaration import short_name
from djtrans.core.errors import InputError
from djtrans.pipeline.option_checks import check_components
from djtrans.pipeline.options import GenerateOptions
from djtrans.registry import default_registry

if TYPE_CHECKING:
    from djtrans.core.transition.plan import TransitionPlan

#: Options of a transition that decide on its plan.
_OPTIONS = (
    *("technique", "analyzer", "bars", "duration", "cue_a", "cue_b", "swap_a", "swap_b", "tempo"),
    *("stretch_limit", "shift_beats", "nudge_ms", "key_shift", "keep_a", "keep_b", "mixer"),
)
_COLUMNS = ("candidate", "cost", "technique", "bars", "swap A", "swap B", "confidence", "faults")
#: Faults that are listed of each plan.
_LISTED = 3


@click.command()
@click.argument("track_a", metavar="A")
@click.argument("track_b", metavar="B")
@click.option(
    "--candidates", type=int, default=5, show_default=True, help="Largest number of plans."
)
@record_options(
    GenerateOptions,
    skip=[field.name for field in attrs.fields(GenerateOptions) if field.name not in _OPTIONS],
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of the plans.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def plan(
    track_a: str, track_b: str, candidates: int, as_json: bool, quiet: bool, **options: Any
) -> None:
    """List the best plans from A into B, which differ clearly, with their costs and faults.

    A cost of 1 is as bad as a failed gate. 'djtrans generate --candidate N' renders one of them.
    """
    if candidates < 1:
        raise InputError(f"--candidates {candidates} is not allowed; give 1 or more.")
    chosen = read_record(GenerateOptions, separator="spectral", device="cpu", **options)
    with results_only(as_json):
        check_components(chosen, default_registry())
        for track in (track_a, track_b):
            check_is_file(Path(track).expanduser())
        from djtrans.pipeline.preparation import prepare
        from djtrans.pipeline.progress import Steps

        with show_progress(quiet) as progress:
            steps = Steps(progress)
            prepared = prepare(track_a, track_b, chosen.preparation, steps=steps)
            with steps.step("plan"):
                plans = prepared.plans(
                    chosen.technique, prepared.plan_options(chosen), count=candidates
                )
    if as_json:
        print_json([attrs.asdict(found) for found in plans])
        return
    from djtrans.cli.tables import table_lines

    rows = [_cells(rank, found) for rank, found in enumerate(plans, 1)]
    click.echo("\n".join(table_lines(rows, _COLUMNS)))


def _cells(rank: int, plan: TransitionPlan) -> tuple[str, ...]:
    from djtrans.cli.summary import clock
    from djtrans.core.transition.plan import track_seconds

    swaps = (clock(track_seconds(side.warp, plan.swap_seconds)) for side in plan.sides)
    faults = [f"{fault} ({cost:.2f})" for fault, cost in plan.faults[:_LISTED]]
    return (
        str(rank),
        f"{plan.cost:.2f}",
        short_name(plan.technique),
        str(plan.bars),
        *swaps,
        f"{plan.confidence:.2f}",
        "; ".join(faults) or "none",
    )
