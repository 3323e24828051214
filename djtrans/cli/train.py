"""``djtrans train``: train a diffusion model on prepared pairs or synthetic datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from djtrans.cli.progress import show_progress
from djtrans.cli.training_data import check_sources, training_sets
from djtrans.core.contracts.overrides import by_component, read_settings
from djtrans.core.errors import InputError

if TYPE_CHECKING:
    from djtrans.core.util.progress import Progress, ProgressCallback


@click.command()
@click.option(
    "--data",
    metavar="PATH",
    multiple=True,
    help="Synthetic dataset (.safetensors) or folder of prepared pairs. Repeatable.",
)
@click.option("--synthetic", is_flag=True, help="Make a synthetic dataset first.")
@click.option(
    "--data-share",
    type=float,
    help="Fraction of the batches from --data, with --synthetic; default: by number of frames.",
)
@click.option(
    "--tracks", type=int, default=240, show_default=True, help="Tracks of the synthetic dataset."
)
@click.option(
    "--transitions",
    type=int,
    default=20_000,
    show_default=True,
    help="Transitions of the synthetic dataset.",
)
@click.option(
    "--workers", type=int, default=1, show_default=True, help="Worker processes that make it."
)
@click.option(
    "--output", default="./output", show_default=True, help="Folder for checkpoints and metrics."
)
@click.option(
    "--batch-size",
    type=int,
    default=32,
    show_default=True,
    help="Batch size, in transitions of 16 bars.",
)
@click.option("--lr", type=float, default=1e-4, show_default=True, help="Learning rate.")
@click.option(
    "--steps", type=int, default=100_000, show_default=True, help="Total number of training steps."
)
@click.option(
    "--save-every", type=int, default=10_000, show_default=True, help="Steps between checkpoints."
)
@click.option(
    "--validate-every",
    type=int,
    default=1_000,
    show_default=True,
    help="Steps between validations.",
)
@click.option("--resume", metavar="CKPT", help="Resume from a checkpoint of the same run.")
@click.option(
    "--init-from",
    metavar="MODEL",
    help="Start a new run from the averaged weights of a model file or checkpoint, or 'bundled'.",
)
@click.option("--denoiser", default="dit", show_default=True, help="Name of a denoiser.")
@click.option(
    "--encoders",
    default="audio,technique,objective",
    show_default=True,
    help="Comma-separated names of encoders; audio@2 for an earlier version.",
)
@click.option(
    "--set",
    "set_",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set denoiser.FIELD, scheduler.FIELD or FIELD of a named encoder. Repeatable.",
)
@click.option("--mixer", default="dj54", show_default=True, help="Name of a registered mixer.")
@click.option(
    "--with-audio", is_flag=True, help="Add a loss on the rendered audio; prepared pairs only."
)
@click.option(
    "--audio-weight", type=float, default=0.1, show_default=True, help="Weight of the audio loss."
)
@click.option(
    "--audio-loss",
    type=click.Choice(["spectral", "mel"]),
    default="spectral",
    show_default=True,
    help="Kind of the audio loss.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--amp", is_flag=True, help="Mixed precision (bfloat16); CUDA only.")
@click.option("--wandb", is_flag=True, help="Log to Weights & Biases (extra: wandb).")
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def train(quiet: bool, **options: Any) -> None:
    """Train a diffusion model that generates transition curves.

    With --data, on the output of 'djtrans prepare' or on synthetic datasets. With --synthetic,
    tracks are synthesized and transitions between them planned first, into
    OUTPUT/synthetic.safetensors, which later runs use again (elsewhere: with --data). Both may be
    given. Ctrl-C saves a checkpoint and stops.
    """
    check_sources(options)
    import attrs
    import torch

    from djtrans.core.util.devices import pick_device
    from djtrans.diffusion.building import build_network
    from djtrans.diffusion.extractors import build_extractors
    from djtrans.training.initialization import check_initialization, initialize_from
    from djtrans.training.options import TrainOptions
    from djtrans.training.run import model_record, train_model, with_encoders_of
    from djtrans.training.run_folder import check_run_folder
    from djtrans.training.trainer import check_amp
    from djtrans.training.wandb_log import logging_to_wandb

    # Options are checked before the data are opened, which may take hours to make.
    train_options = TrainOptions(
        audio_weight=options["audio_weight"] if options["with_audio"] else 0.0,
        **{
            name: options[name]
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
    check_initialization(options["init_from"], options["resume"])
    check_run_folder(options["output"], options["resume"])
    check_amp(train_options, torch.device(pick_device(options["device"])))
    record = model_record(
        mixer=options["mixer"],
        denoiser=options["denoiser"],
        encoders=[name.strip() for name in options["encoders"].split(",") if name.strip()],
        configs=_configs(options),
    )
    if options["resume"] is not None:
        record = with_encoders_of(record, options["resume"])
    if options["init_from"] is not None:
        done = initialize_from(build_network(record)[0], record, options["init_from"])
        if not quiet:
            click.echo(f"starts with {done.summary}", err=True)
    with ExitStack() as stack:
        # Lines, also on a terminal: they keep the losses of the whole run visible.
        shown = show_progress(quiet, describe=_line, bars=False, always=_is_validated)
        callbacks = [stack.enter_context(shown)]
        if options["wandb"]:
            run = logging_to_wandb(Path(options["output"]).name, options)
            callbacks.append(stack.enter_context(run))
        root = click.get_current_context().find_root()
        plugin_files = root.params.get("plugin_files", ())
        sets, shares = training_sets(options, quiet, build_extractors(record), plugin_files)
        result = train_model(
            sets,
            options["output"],
            record,
            attrs.evolve(train_options, shares=shares),
            device=options["device"],
            resume=options["resume"],
            init_from=options["init_from"],
            progress=_all(callbacks),
            mixer=options["mixer"],
        )
    if result.interrupted:
        click.echo(
            f"Stopped after step {result.step}. Resume with --resume {result.checkpoint}.", err=True
        )
        return
    if result.best_model is None:
        raise InputError(
            f"No model was validated; the weights are in {result.checkpoint}. Lower "
            "--validate-every."
        )
    click.echo(f"{result.best_model}  (validation loss {result.best:.4f})")


def _configs(options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields that --set sets, by the names of the components."""
    from djtrans.training.run import DEFAULT_SCHEDULER

    roles = {"denoiser": options["denoiser"], "scheduler": DEFAULT_SCHEDULER}
    configs: dict[str, dict[str, Any]] = {}
    for name, fields in by_component(read_settings(options["set_"])).items():
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
    """Format a training step: the loss and its terms, the rate and the remaining time."""
    text = f"step {event.done} of {event.total}  {event.message}"
    if rate and event.total is not None:
        text += f"  {rate:.2f} steps/s  {_clock((event.total - event.done) / rate)} left"
    return text


def _clock(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
