"""``djtrans fit``: from a mix and its two tracks to the curves that were played."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from djtrans.cli.progress import show_progress
from djtrans.core.errors import InputError

if TYPE_CHECKING:
    from djtrans.inverse.mix import Fitted


@click.command()
@click.argument("mix", metavar="MIX")
@click.argument("track_a", metavar="A")
@click.argument("track_b", metavar="B")
@click.option("-o", "--output", required=True, metavar="FILE", help="Params file to write.")
@click.option("--audio", metavar="FILE", help="Also write the reconstruction: wav, flac, ogg, mp3.")
@click.option("--report", metavar="FILE", help="Also write the error by band, as JSON.")
@click.option("--plan", metavar="PARAMS", help="Params file that says how A and B lie on MIX.")
@click.option("--bpm", type=float, help="Tempo of MIX, which then starts on a one.")
@click.option("--bars", type=int, help="Bars to fit; default: all whole ones.")
@click.option(
    "--separator", default="auto", show_default=True, help="Name of a separator, or auto."
)
@click.option("--stems-a", metavar="DIR", help="Folder with ready stems of A.")
@click.option("--stems-b", metavar="DIR", help="Folder with ready stems of B.")
@click.option("--mixer", default="dj54", show_default=True, help="Name of a registered mixer.")
@click.option("--steps", type=int, default=150, show_default=True, help="Most steps; 0 to 150.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
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
    """Recover the curves of a mix of A and B.

    Without --plan both tracks lie on MIX already: as long as it, in its tempo.
    """
    _check_outputs(output, audio, report)
    from djtrans.inverse.gradient_descent import DescentOptions
    from djtrans.inverse.mix import fit as run

    with show_progress(quiet or as_json) as progress:
        fitted = run(
            mix, track_a, track_b, options=DescentOptions(steps=steps), progress=progress, **options
        )
    fitted.save(output, audio, report)
    if as_json:
        click.echo(json.dumps(fitted.to_dict(), indent=1))
    elif not quiet:
        click.echo("\n".join(describe(fitted)))
        for path in (output, audio, report):
            if path is not None:
                click.echo(f"wrote       {path}")


def describe(fitted: Fitted) -> list[str]:
    """What was found, as lines."""
    plan, found = fitted.content.plan, fitted.fit
    errors = ", ".join(f"{name} {value:.1f}" for name, value in found.error_db.items())
    return [
        f"window      {plan.bars} bars, {plan.window_seconds:.1f} s, {plan.a.bpm:.2f} BPM in A",
        f"levels      A {plan.a.gain_db:+.1f} dB, B {plan.b.gain_db:+.1f} dB",
        f"swap        at beat {plan.swap_beat}, bar {plan.swap_beat // plan.beats_per_bar + 1}",
        f"left over   {errors} dB of the mix",
        f"descent     {found.steps} steps, loss {found.losses[0]:.4f} to {min(found.losses):.4f}",
    ]


def _check_outputs(*paths: str | None) -> None:
    """Find out before the work, not after it, that a result cannot be written."""
    for path in paths:
        if path is not None and (Path(path).is_dir() or not Path(path).absolute().parent.is_dir()):
            raise InputError(f"Cannot write {path!r}: give a file name in a folder that exists.")
