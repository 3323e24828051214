"""``djtrans visualize``: plot or summarize a transition from its params file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from djtrans.cli.progress import show_progress
from djtrans.core.errors import InputError
from djtrans.core.util.output_files import Output, check_inputs, check_outputs, write_all

if TYPE_CHECKING:
    from djtrans.core.transition.params_file import ParamsFile


@click.command()
@click.argument("params", metavar="PARAMS")
@click.argument("track_a", metavar="[A", required=False)
@click.argument("track_b", metavar="B]", required=False)
@click.option("-o", "--output", metavar="FILE", help="Picture to write: png, svg or pdf.")
@click.option("--timeline", is_flag=True, help="Plot the level of each stem over time instead.")
@click.option("--compare", metavar="PARAMS", help="Second params file, plotted beside the first.")
@click.option("--summary", metavar="FILE", help="Also write a summary in words (Markdown).")
@click.option("--theme", default="light", show_default=True, help="light or dark.")
@click.option(
    "--device",
    default="auto",
    show_default=True,
    help="Device that renders A and B: auto, cpu, cuda or mps.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def visualize(
    params: str,
    track_a: str | None,
    track_b: str | None,
    output: str | None,
    timeline: bool,
    compare: str | None,
    summary: str | None,
    theme: str,
    device: str,
    quiet: bool,
) -> None:
    """Plot a transition from its params file.

    With its tracks A and B, the transition is also rendered and measured again.
    """
    _check(output, summary, timeline, compare, theme)
    inputs = {"PARAMS": params, "--compare": compare, "track A": track_a, "track B": track_b}
    _check_outputs(output, summary, inputs)
    check_inputs(inputs)
    if track_a is not None and track_b is None:
        raise InputError("Track A is given without track B; give both, or only the params file.")
    from djtrans.core.transition.params_file import load_params
    from djtrans.core.util.atomic_files import write_text

    content = load_params(params)
    other = load_params(compare) if compare else None
    if track_a is not None and track_b is not None:
        content = _measured(params, track_a, track_b, device, quiet)
    writers: dict[str, Callable[[], object]] = {}
    if output:
        names = (params, compare or "")
        writers[output] = lambda: _plot(content, other, names, output, timeline, theme)
    if summary:
        from djtrans.report.text_summary import describe_transition

        writers[summary] = lambda: write_text(summary, describe_transition(content))
    written = write_all(writers)
    if not quiet:
        click.echo("\n".join(f"wrote {path}" for path in written))


def _check(
    output: str | None, summary: str | None, timeline: bool, compare: str | None, theme: str
) -> None:
    """Fail before the work if the options exclude each other or a result cannot be written."""
    from djtrans.plot.theme import theme_named

    theme_named(theme)
    if not output and not summary:
        raise InputError("No output is named; give -o FILE for a picture, or --summary FILE.")
    if timeline and compare:
        raise InputError(
            "--timeline and --compare exclude each other; run the command once for each."
        )
    for only, given in (("--timeline", timeline), ("--compare", compare)):
        if given and not output:
            raise InputError(f"{only} plots a picture; name its file with -o FILE.")


def _check_outputs(
    output: str | None, summary: str | None, inputs: Mapping[str, str | None]
) -> None:
    """Fail before the work if a result cannot be written or would replace another file."""
    from djtrans.core.audio.containers import WRITABLE
    from djtrans.plot.save import FORMATS

    check_outputs(
        [
            Output("--output", output, FORMATS),
            Output("--summary", summary, excluded=(*WRITABLE, *FORMATS, ".json")),
        ],
        inputs,
    )


def _measured(params: str, a: str, b: str, device: str, quiet: bool) -> ParamsFile:
    from djtrans.pipeline.rendering import render

    with show_progress(quiet) as progress:
        return render(params, a, b, device=device, progress=progress).content()


def _plot(
    content: ParamsFile,
    other: ParamsFile | None,
    names: tuple[str, str],
    output: str,
    timeline: bool,
    theme: str,
) -> None:
    from djtrans.plot import plot_comparison, plot_timeline, plot_transition, save_figure

    if other is not None:
        labels = (Path(names[0]).name, Path(names[1]).name)
        figure = plot_comparison(content, other, theme=theme, labels=labels)
    elif timeline:
        figure = plot_timeline(content, theme=theme)
    else:
        figure = plot_transition(content, theme=theme)
    save_figure(figure, output)
