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
def export(checkpoint: str, output: str) -> None:
    """Export the model of a training checkpoint as safetensors.

    The file contains the averaged weights, their configuration and the training record, without
    the optimizer state. Name it model.safetensors in a folder or hub repository.
    """
    from djtrans.diffusion.loading import export_model

    export_model(checkpoint, output)
    click.echo(f"wrote {output}  ({Path(output).stat().st_size / 2**20:.1f} MiB)")
