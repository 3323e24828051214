"""``djtrans fit``: recover the curves of a mix from the mix and its two tracks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from djtrans.cli.console import print_json, results_only
from djtrans.cli.progress import show_progress
from djtrans.core.util.output_files import Output, check_inputs, check_outputs

if TYPE_CHECKING:
    from djtrans.inverse.mix import Fitted


@click.command()
@click.argument("mix", metavar="MIX")
@click.argument("track_a", metavar="A")
@click.argument("track_b", metavar="B")
@click.option("-o", "--output", required=True, metavar="FILE", help="Params file to write.")
@click.option("--audio", metavar="FILE", help="Also write the reconstruction: wav, flac, ogg, mp3.")
@click.option("--report", metavar="FILE", help="Also write the error per band, as JSON.")
@click.option("--plan", metavar="PARAMS", help="Params file with the alignment of A and B to MIX.")
@click.option("--bpm", type=float, help="Tempo of MIX; MIX must then start on a downbeat.")
@click.option("--bars", type=int, help="Bars to fit; default: all whole bars.")
@click.option(
    "--separator", default="auto", show_default=True, help="Name of a separator, or auto."
)
@click.option("--stems-a", metavar="DIR", help="Folder with ready stems of A.")
@click.option("--stems-b", metavar="DIR", help="Folder with ready stems of B.")
@click.option("--mixer", default="dj54", show_default=True, help="Name of a registered mixer.")
@click.option(
    "--steps",
    type=int,
    default=150,
    show_default=True,
    help="Maximum number of optimization steps, 0 to 150.",
)
@click.option(
    "--error-limit",
    type=float,
    default=-14.0,
    show_default=True,
    help="Largest error of the band levels, in dB; beyond it MIX is probably not one of A and B.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def fit(
    mix: str,
    track_a: str,
    track_b: str,
    output: str,
    audio: str | None,
    report: str | None,
    steps: int,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Recover the curves of a mix of A and B (inverse mixing).

    Without --plan, A and B must be aligned with MIX already: of its length and tempo.
    """
    inputs = {"MIX": mix, "A": track_a, "B": track_b, "--plan": options["plan"]}
    inputs |= {"--stems-a": options["stems_a"], "--stems-b": options["stems_b"]}
    check_inputs(inputs)
    _check_outputs(output, audio, report, mix, inputs)
    from djtrans.inverse.gradient_descent import DescentOptions
    from djtrans.inverse.mix import fit as run

    with results_only(as_json), show_progress(quiet or as_json) as progress:
        fitted = run(
            mix, track_a, track_b, options=DescentOptions(steps=steps), progress=progress, **options
        )
    fitted.save(output, audio, report)
    if as_json:
        print_json(fitted.to_dict())
    elif not quiet:
        click.echo("\n".join(describe(fitted)))
        for path in (output, audio, report):
            if path is not None:
                click.echo(f"wrote       {path}")


def describe(fitted: Fitted) -> list[str]:
    """Format the recovered plan and the errors as lines."""
    plan, found = fitted.content.plan, fitted.fit
    errors = ", ".join(f"{name} {value:.1f}" for name, value in found.error_db.items())
    return [
        f"window      {plan.bars} bars, {plan.window_seconds:.1f} s, {plan.a.bpm:.2f} BPM in A",
        f"gain        A {plan.a.gain_db:+.1f} dB, B {plan.b.gain_db:+.1f} dB",
        f"swap        at beat {plan.swap_beat}, bar {plan.swap_beat // plan.beats_per_bar + 1}",
        f"residual    {errors} dB relative to the mix",
        f"descent     {found.steps} steps, loss {found.losses[0]:.4f} to {min(found.losses):.4f}",
    ]


def _check_outputs(
    output: str,
    audio: str | None,
    report: str | None,
    mix: str,
    inputs: Mapping[str, str | None],
) -> None:
    """Fail before the work if a result cannot be written or would replace another file."""
    from djtrans.core.audio.containers import WRITABLE, check_sample_rate
    from djtrans.core.audio.file_facts import audio_sample_rate

    check_outputs(
        [
            Output("--output", output, excluded=tuple(WRITABLE)),
            Output("--report", report, excluded=tuple(WRITABLE)),
            Output("--audio", audio, tuple(WRITABLE)),
        ],
        inputs,
    )
    if audio is not None:
        check_sample_rate(audio, audio_sample_rate(mix))
