"""``djtrans export``: from a training checkpoint to a file that can be shared."""

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
    help="File to write; it ends in .safetensors.",
)
def export(checkpoint: str, output: str) -> None:
    """Write the model of a training checkpoint as one safetensors file.

    It holds the averaged weights, what they mean and how they were trained, and nothing of the
    optimizer. In a folder or a hub's repository, its name is model.safetensors.
    """
    from djtrans.diffusion.loading import export_model

    export_model(checkpoint, output)
    click.echo(f"wrote {output}  ({Path(output).stat().st_size / 2**20:.1f} MiB)")
