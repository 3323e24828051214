"""``djtrans export``: write the model of a training checkpoint to a shareable file."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("checkpoint", metavar="CHECKPOINT")
@click.option(
    "-o",
    "--output",
    default="model.safetensors",
    show_default=True,
    metavar="FILE",
    help="File to write, ending in .safetensors.",
)
@click.option(
    "--steps",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Record these sampling steps as the model's default.",
)
@click.option(
    "--guidance-scale",
    type=click.FloatRange(0.0, 20.0),
    metavar="SCALE",
    help="Record this guidance scale as the model's default; 1: off.",
)
def export(checkpoint: str, output: str, steps: int | None, guidance_scale: float | None) -> None:
    """Export the model of a training checkpoint as safetensors.

    The file contains the averaged weights, their configuration and the training record, without
    the optimizer state. Name it model.safetensors in a folder or hub repository.
    """
    from djtrans.diffusion.loading import export_model

    given = {"steps": steps, "guidance_scale": guidance_scale}
    inference = {name: value for name, value in given.items() if value is not None}
    export_model(checkpoint, output, inference=inference)
    click.echo(f"wrote {output}  ({Path(output).stat().st_size / 2**20:.1f} MiB)")
