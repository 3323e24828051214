"""``djtrans train``: from prepared pairs, composed sets or synthesized tracks to a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from djtrans.cli.progress import show_progress
from djtrans.cli.training_data import check_sources, training_sets
from djtrans.core.contracts.overrides import by_component, read_settings

if TYPE_CHECKING:
    from djtrans.core.util.progress import Progress, ProgressCallback


@click.command()
@click.option(
    "--data",
    metavar="PATH",
    multiple=True,
    help="A composed set, or a folder of prepared pairs; may be given several times.",
)
@click.option("--synthetic", is_flag=True, help="Compose a set of synthesized tracks.")
@click.option(
    "--data-share",
    type=float,
    help="Part of the batches from --data where both are given; by default by their frames.",
)
@click.option("--tracks", type=int, default=240, show_default=True, help="Tracks to synthesize.")
@click.option(
    "--transitions", type=int, default=20_000, show_default=True, help="Transitions over them."
)
@click.option("--workers", type=int, default=1, show_default=True, help="Processes that compose.")
@click.option(
    "--output", default="./output", show_default=True, help="Folder for checkpoints and metrics."
)
@click.option("--batch-size", type=int, default=32, show_default=True, help="Of 16 bars each.")
@click.option("--lr", type=float, default=1e-4, show_default=True, help="Learning rate.")
@click.option("--steps", type=int, default=100_000, show_default=True, help="Steps in all.")
@click.option("--save-every", type=int, default=10_000, show_default=True, help="In steps.")
@click.option("--validate-every", type=int, default=1_000, show_default=True, help="In steps.")
@click.option("--resume", metavar="CKPT", help="Go on from a checkpoint of the same run.")
@click.option("--denoiser", default="dit", show_default=True, help="Name of a denoiser.")
@click.option("--encoders", default="audio,technique", show_default=True, help="With commas.")
@click.option(
    "--set",
    "set_",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set denoiser.FIELD, scheduler.FIELD or, by its name, ENCODER.FIELD. Repeatable.",
)
@click.option("--mixer", default="dj54", show_default=True, help="Name of a registered mixer.")
@click.option("--with-audio", is_flag=True, help="Also judge what is heard; prepared pairs only.")
@click.option("--audio-weight", type=float, default=0.1, show_default=True, help="Of that loss.")
@click.option(
    "--audio-loss",
    type=click.Choice(["spectral", "mel"]),
    default="spectral",
    show_default=True,
    help="How it compares mixes.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--amp", is_flag=True, help="Compute in bfloat16 where that is safe; CUDA only.")
@click.option("--wandb", is_flag=True, help="Log to Weights & Biases (extra: wandb).")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all that is random.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def train(quiet: bool, **asked: Any) -> None:
    """Train a diffusion model that draws the curves of transitions.

    With --data, on what 'djtrans prepare' wrote or on composed sets. With --synthetic, tracks are
    synthesized and transitions between them planned first, into OUTPUT/synthetic.safetensors; that
    file is used again, and can be trained on elsewhere with --data. Both may be given. Ctrl-C
    saves a checkpoint.
    """
    check_sources(asked)
    import attrs
    import torch

    from djtrans.core.util.devices import pick_device
    from djtrans.diffusion.extractors import build_extractors
    from djtrans.training.options import TrainOptions
    from djtrans.training.run import logging_to_wandb, model_record, train_model
    from djtrans.training.trainer import check_amp

    # All that can be refused is refused before the data are opened, which may take hours to make.
    options = TrainOptions(
        audio_weight=asked["audio_weight"] if asked["with_audio"] else 0.0,
        **{
            name: asked[name]
            for name in (
                "steps",
                "batch_size",
                "lr",
                "save_every",
                "validate_every",
                "seed",
                "amp",
                "audio_loss",
            )
        },
    )
    check_amp(options, torch.device(pick_device(asked["device"])))
    record = model_record(
        mixer=asked["mixer"],
        denoiser=asked["denoiser"],
        encoders=[name.strip() for name in asked["encoders"].split(",") if name.strip()],
        configs=_configs(asked),
    )
    with ExitStack() as stack:
        # Lines, also on a terminal: they keep the losses of the whole run in sight.
        shown = show_progress(quiet, describe=_line, bars=False, always=_is_validated)
        callbacks = [stack.enter_context(shown)]
        if asked["wandb"]:
            run = logging_to_wandb(Path(asked["output"]).name, asked)
            callbacks.append(stack.enter_context(run))
        root = click.get_current_context().find_root()
        plugin_files = root.params.get("plugin_files", ())
        sets, shares = training_sets(asked, quiet, build_extractors(record), plugin_files)
        result = train_model(
            sets,
            asked["output"],
            record,
            attrs.evolve(options, shares=shares),
            device=asked["device"],
            resume=asked["resume"],
            progress=_all(callbacks),
            mixer=asked["mixer"],
        )
    folder = Path(asked["output"])
    if result.interrupted:
        click.echo(
            f"Stopped after step {result.step}. Go on with --resume {result.checkpoint}.", err=True
        )
        return
    click.echo(f"{folder / 'best_model.pt'}  (validation loss {result.best:.4f})")


def _configs(asked: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Fields that are set, by the names of the components."""
    from djtrans.training.run import DEFAULT_SCHEDULER

    roles = {"denoiser": asked["denoiser"], "scheduler": DEFAULT_SCHEDULER}
    configs: dict[str, dict[str, Any]] = {}
    for name, fields in by_component(read_settings(asked["set_"])).items():
        configs.setdefault(roles.get(name, name), {}).update(fields)
    return configs


def _all(callbacks: Sequence[ProgressCallback | None]) -> ProgressCallback:
    def report(event: Progress) -> None:
        for callback in callbacks:
            if callback is not None:
                callback(event)

    return report


def _is_validated(event: Progress) -> bool:
    return "validation_loss" in event.metrics


def _line(event: Progress, rate: float | None) -> str:
    """Describe a step: the loss and its terms, the rate and the time left."""
    text = f"step {event.done} of {event.total}  {event.message}"
    if rate and event.total is not None:
        text += f"  {rate:.2f} steps/s  {_clock((event.total - event.done) / rate)} left"
    return text


def _clock(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
