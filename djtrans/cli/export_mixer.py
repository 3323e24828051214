"""``djtrans export-mixer``: write a mixer as a program that torch runs without djtrans."""

from __future__ import annotations

from pathlib import Path

import click

from djtrans.cli.options import settings_option
from djtrans.core.contracts.overrides import read_settings


@click.command("export-mixer")
@click.argument("mixer")
@click.option(
    "-o",
    "--output",
    default="mixer.pt2",
    show_default=True,
    metavar="FILE",
    help="File to write, .pt2 (torch.export).",
)
@click.option(
    "--beats", type=click.IntRange(min=2), required=True, help="Beats of a window; two frames each."
)
@click.option("--bpm", type=click.FloatRange(20.0, 400.0), required=True, help="Constant tempo.")
@click.option(
    "--sample-rate", type=int, default=44100, show_default=True, metavar="HZ", help="In Hz."
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Windows that one call renders.",
)
@click.option(
    "--tail",
    type=click.FloatRange(min=0.0),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="How long the mix goes on after the audio, so that echoes ring out.",
)
@settings_option
def export_mixer(
    mixer: str,
    output: str,
    beats: int,
    bpm: float,
    sample_rate: int,
    batch: int,
    tail: float,
    set_: tuple[str, ...],
) -> None:
    """Export the registered mixer MIXER for windows of one length to torch.export.

    Inputs are the stereo stems of A and B and the curves, outputs the mix and what each track
    contributes.
    """
    from djtrans.mixer import DifferentiableDJMixer
    from djtrans.mixer import export_mixer as write
    from djtrans.mixer.resolve import resolve_spec

    spec = resolve_spec(mixer).configured(read_settings(set_))
    seconds = beats * 60 / bpm
    write(
        DifferentiableDJMixer(spec),
        output,
        samples=round(seconds * sample_rate),
        frames=2 * beats,
        batch=batch,
        sample_rate=sample_rate,
        frame_times=[i * 30 / bpm for i in range(2 * beats)],
        beat_times=[i * 60 / bpm for i in range(beats + 1)],
        tail_seconds=tail,
    )
    click.echo(f"wrote {output}  ({Path(output).stat().st_size / 2**20:.1f} MiB)")
