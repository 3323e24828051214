"""``djtrans export``: write the model of a training checkpoint to a shareable file."""

from __future__ import annotations

from pathlib import Path

import click

from djtrans.core.errors import InputError


@click.command()
@click.argument("checkpoint", metavar="CHECKPOINT")
@click.option(
    "-o",
    "--output",
    default="model.safetensors",
    show_default=True,
    metavar="FILE",
    help="File to write: .safetensors, or the network alone as .onnx or .pt2 (torch.export).",
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
@click.option(
    "--batch",
    type=click.IntRange(1, 4096),
    default=1,
    show_default=True,
    metavar="N",
    help="Curves that one call of an .onnx or .pt2 file denoises.",
)
def export(
    checkpoint: str, output: str, steps: int | None, guidance_scale: float | None, batch: int
) -> None:
    """Export the model of a training checkpoint as safetensors, or its network to other runtimes.

    A safetensors file contains the averaged weights, their configuration and the training record,
    without the optimizer state. Name it model.safetensors in a folder or hub repository.
    """
    given = {"steps": steps, "guidance_scale": guidance_scale}
    inference = {name: value for name, value in given.items() if value is not None}
    if Path(output).suffix in (".onnx", ".pt2"):
        from djtrans.diffusion.loading import choose_model
        from djtrans.diffusion.network_export import export_network

        model = choose_model(checkpoint, device="cpu", steps=steps, guidance_scale=guidance_scale)
        if model is None:
            raise InputError(f"{checkpoint!r} names no model; give the file of a model.")
        export_network(model, output, batch=batch)
    else:
        from djtrans.diffusion.loading import export_model

        export_model(checkpoint, output, inference=inference)
    click.echo(f"wrote {output}  ({Path(output).stat().st_size / 2**20:.1f} MiB)")
