"""``djtrans generate`` and ``render``: make and render transitions."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from djtrans.cli.console import print_json, results_only
from djtrans.cli.options import read_record, record_options, settings_option
from djtrans.cli.progress import show_progress
from djtrans.cli.reports import check_report, render_command, report_options
from djtrans.cli.transition_files import (
    check_transition_outputs,
    report_writers,
    write_transition,
)
from djtrans.core.contracts.overrides import read_settings
from djtrans.core.errors import InputError
from djtrans.core.transition.output_level import read_level
from djtrans.core.util.output_files import check_inputs
from djtrans.core.util.profiling import TimedStep, profile_lines, timed
from djtrans.core.util.profiling import profile as profile_steps
from djtrans.pipeline.option_checks import check_components
from djtrans.pipeline.options import REFINEMENTS, GenerateOptions
from djtrans.registry import default_registry

if TYPE_CHECKING:
    pass

_DEFAULT_OUTPUT = "transition.wav"
_output = click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help="Audio file to write: wav, flac, ogg, mp3.",
)
_visualize = click.option(
    "--visualize", is_flag=True, help="Also write a plot next to the audio (PNG)."
)
_save_params = click.option(
    "--save-params", metavar="FILE", help="Also write the params file (JSON)."
)
_device = click.option(
    "--device", default="auto", show_default=True, help="auto, cpu, cuda or mps."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
_quiet = click.option("--quiet", is_flag=True, help="Print nothing but errors.")


@click.command()
@click.argument("track_a", metavar="A", required=False)
@click.argument("track_b", metavar="B", required=False)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help=f"Audio file to write: wav, flac, ogg, mp3; default: {_DEFAULT_OUTPUT}. With --pairs or "
    "--candidates, the folder.",
)
@click.option(
    "--pairs",
    "table",
    metavar="CSV",
    help="Make the transitions of a table of pairs, as of 'djtrans evaluate', instead of A B.",
)
@click.option(
    "--candidates",
    type=int,
    metavar="N",
    help="Make the N best transitions that differ clearly, into the folder of --output.",
)
@record_options(GenerateOptions, skip=("settings", "guides"))
@settings_option
@_save_params
@_visualize
@report_options
@click.option("--profile", is_flag=True, help="Also print the wall time of each step, as a tree.")
@_json
@_quiet
def generate(
    track_a: str | None,
    track_b: str | None,
    output: str | None,
    table: str | None,
    candidates: int | None,
    save_params: str | None,
    visualize: bool,
    report: str | None,
    report_audio: str,
    profile: bool,
    as_json: bool,
    quiet: bool,
    set_: tuple[str, ...],
    **options: Any,
) -> int:
    """Make a transition from track A into track B.

    With --candidates N, the N best transitions that differ clearly are written into the folder of
    --output, as candidate-1.wav with its params file candidate-1.params.json. 'djtrans render'
    renders one of them again.

    With --pairs, the transition of each pair of a table is made in one process and written into the
    folder of --output, as NAME.wav with its params file NAME.json. Pairs that fail are reported
    at the end; the exit code is then 2.
    """
    if profile and quiet:
        raise InputError("--profile prints times, and --quiet nothing; leave one of them out.")
    if as_json and (profile or table is not None or candidates is not None):
        raise InputError(
            "--json prints one transition; leave out --profile, --pairs and --candidates."
        )
    if table is not None:
        return _generate_pairs(
            table,
            output,
            read_record(GenerateOptions, settings=read_settings(set_), **options),
            excluded={
                "A": track_a,
                "--save-params": save_params,
                "--candidates": candidates,
                "--report": report,
            },
            visualize=visualize,
            profile=profile,
            quiet=quiet,
        )
    if track_a is None or track_b is None:
        raise click.MissingParameter(
            ctx=click.get_current_context(),
            param_hint="'A'" if track_a is None else "'B'",
            param_type="argument",
        )
    check_report(report, report_audio)
    chosen = read_record(GenerateOptions, settings=read_settings(set_), **options)
    inputs = {
        "track A": track_a,
        "track B": track_b,
        "--stems-a": chosen.stems_a,
        "--stems-b": chosen.stems_b,
        "--model": chosen.model if isinstance(chosen.model, str) else None,
        "--vary": chosen.vary,
    }
    if candidates is not None:
        from djtrans.cli.candidates import generate_candidates

        if save_params is not None:
            raise InputError(
                "--save-params does not go with --candidates, which writes a params file for each; "
                "leave it out."
            )
        with profile_steps("djtrans generate") as whole:
            whole.step("start").add(time.process_time())
            generate_candidates(
                *(track_a, track_b, candidates, output, chosen),
                inputs=inputs,
                report=report,
                report_audio=report_audio,
                visualize=visualize,
                quiet=quiet,
            )
        if profile:
            _print_profile(whole)
        return 0
    if output is None:
        output = _DEFAULT_OUTPUT
        if Path(output).exists():
            raise InputError(
                f"{output} exists already; name the file to write with -o "
                f"(-o {output} overwrites it)."
            )
    with profile_steps("djtrans generate") as whole:
        # The CPU time of the start, at which a process waits for little but its own modules.
        whole.step("start").add(time.process_time())
        with timed("check files"):
            check_transition_outputs(output, save_params, visualize, inputs, report)
            check_components(chosen, default_registry())
            from djtrans.core.audio.containers import check_sample_rate
            from djtrans.core.audio.file_facts import audio_sample_rate

            check_sample_rate(output, max(map(audio_sample_rate, (track_a, track_b))))
        with timed("import"):
            from djtrans.cli.summary import as_document, describe
            from djtrans.pipeline.generation import generate as run
        begin = time.monotonic()
        with results_only(as_json), show_progress(quiet) as progress:
            transition = run(track_a, track_b, chosen, progress=progress)
            command = render_command(save_params or "", track_a, track_b)
            pages = report_writers(report, report_audio, transition, command, quiet)
            written = write_transition(
                transition, output, save_params, visualize, progress, further=pages
            )
        if as_json:
            print_json(as_document(transition, written))
        elif not quiet:
            with timed("summary"):
                lines = describe(transition, written, time.monotonic() - begin, chosen.duration)
                click.echo("\n".join(lines))
    if profile:
        _print_profile(whole)
    return 0


def _generate_pairs(
    table: str,
    output: str | None,
    options: GenerateOptions,
    *,
    excluded: Mapping[str, object],
    visualize: bool,
    profile: bool,
    quiet: bool,
) -> int:
    for name, given in excluded.items():
        if given is not None:
            raise InputError(
                f"{name} does not go with --pairs, which has its tracks from the table and writes "
                "a params file for each pair; leave it out."
            )
    if output is None:
        raise InputError("--pairs writes into a folder; name it with -o.")
    from djtrans.cli.generate_pairs import generate_pairs

    with profile_steps("djtrans generate") as whole:
        whole.step("start").add(time.process_time())
        status = generate_pairs(table, output, options, visualize=visualize, quiet=quiet)
    if profile:
        _print_profile(whole)
    return status


def _print_profile(whole: TimedStep) -> None:
    """Print the tree of times; the start is before the clock of the whole."""
    whole.add(whole.steps["start"].seconds)
    click.echo("\n".join(profile_lines(whole)))


@click.command()
@click.argument("params", metavar="PARAMS")
@click.argument("track_a", metavar="A")
@click.argument("track_b", metavar="B")
@_output
@click.option("--stems-a", metavar="DIR", help="Folder with ready stems of A, if it was moved.")
@click.option("--stems-b", metavar="DIR", help="Folder with ready stems of B, if it was moved.")
@click.option(
    "--refine",
    type=click.Choice(REFINEMENTS),
    default="off",
    show_default=True,
    help="Refine the curves by the predicted mix (powers) or, slowly, the rendered one (audio).",
)
@click.option(
    "--level",
    metavar="match-a|peak|LUFS",
    help="Level of the output; default: as recorded in the params file.",
)
@_save_params
@_visualize
@report_options
@_device
@_json
@_quiet
def render(
    params: str,
    track_a: str,
    track_b: str,
    output: str,
    refine: str,
    save_params: str | None,
    visualize: bool,
    as_json: bool,
    report: str | None,
    report_audio: str,
    quiet: bool,
    level: str | None,
    **options: Any,
) -> None:
    """Render a transition from its params file, which may be edited."""
    check_report(report, report_audio)
    inputs = {"the params file": params, "track A": track_a, "track B": track_b}
    check_transition_outputs(output, save_params, visualize, inputs, report)
    check_inputs(inputs)
    if level is not None:
        level = read_record(read_level, level=level)
    from djtrans.cli.summary import as_document, render_lines
    from djtrans.core.audio.containers import check_sample_rate
    from djtrans.core.transition.params_file import load_params
    from djtrans.pipeline.refinement import refine as refine_transition
    from djtrans.pipeline.rendering import render as run
    from djtrans.refinement import RefinementConfig

    check_sample_rate(output, load_params(params).provenance.render.sample_rate)

    with results_only(as_json), show_progress(quiet) as progress:
        transition = run(params, track_a, track_b, level=level, progress=progress, **options)
        if refine != "off":
            config = RefinementConfig(prediction=refine)
            transition = refine_transition(transition, config, progress=progress)
        command = render_command(params if refine == "off" else save_params or "", track_a, track_b)
        pages = report_writers(report, report_audio, transition, command, quiet)
        written = write_transition(
            transition, output, save_params, visualize, progress, further=pages
        )
    if as_json:
        print_json(as_document(transition, written))
    elif not quiet:
        lines = render_lines(transition) + [f"wrote {path}" for path in written]
        click.echo("\n".join(lines))
