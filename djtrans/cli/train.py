"""``djtrans train``: train a diffusion model on prepared pairs or synthetic datasets."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from djtrans.cli.progress import show_progress
from djtrans.cli.training_config import (
    check_config,
    config_option,
    is_from_file,
    overridden,
    settings_of_file,
    write_config,
)
from djtrans.cli.training_data import check_sources, training_sets
from djtrans.cli.training_options import (
    data_options,
    loss_options,
    machine_options,
    model_options,
    run_options,
)
from djtrans.core.contracts.overrides import by_component, read_settings
from djtrans.core.errors import InputError

if TYPE_CHECKING:
    from djtrans.core.util.progress import Progress, ProgressCallback
    from djtrans.training.options import TrainOptions


@click.command()
@config_option
@data_options
@run_options
@model_options
@loss_options
@machine_options
def train(quiet: bool, **options: Any) -> None:
    """Train a diffusion model that generates transition curves.

    With --data, on the output of 'djtrans prepare' or on synthetic datasets. With --synthetic,
    tracks are synthesized and transitions between them planned first, into
    OUTPUT/synthetic.safetensors, which later runs use again (elsewhere: with --data). Both may be
    given. Options may stand in a file (--config); those of a run are written to OUTPUT/config.toml.
    Ctrl-C saves a checkpoint and stops.
    """
    context = click.get_current_context()
    options["set_"] = (*settings_of_file(context), *options["set_"])
    check_sources(options)
    import attrs
    import torch

    from djtrans.core.util.devices import pick_device
    from djtrans.diffusion.building import build_network
    from djtrans.diffusion.extractors import build_extractors
    from djtrans.training.initialization import check_initialization, initialize_from
    from djtrans.training.records import model_record, with_encoders_of
    from djtrans.training.run import train_model
    from djtrans.training.run_folder import check_run_folder
    from djtrans.training.tensorboard_log import logging_to_tensorboard
    from djtrans.training.trainer import check_amp
    from djtrans.training.wandb_log import logging_to_wandb

    notes = [overridden(context)]
    if options["resume"] is not None and is_from_file(context, "init_from"):
        notes.append(f"init_from is not used: --resume {options['resume']} continues a run")
        options["init_from"] = None
    # Options are checked before the data are opened, which may take hours to make.
    device = pick_device(options["device"])
    if options["loader_workers"] is None:
        options["loader_workers"] = default_loader_workers(device)
    train_options = _train_options(options)
    check_initialization(options["init_from"], options["resume"])
    check_run_folder(options["output"], options["resume"])
    check_config(options["output"])
    check_amp(train_options, torch.device(device))
    record = model_record(
        mixer=options["mixer"],
        denoiser=options["denoiser"],
        encoders=[name.strip() for name in options["encoders"].split(",") if name.strip()],
        configs=_configs(options),
    )
    origin = options["init_from"]
    if options["resume"] is not None:
        record = with_encoders_of(record, options["resume"])
        origin = record.card.get("initialized_from", {}).get("source")
    elif origin is not None:
        done = initialize_from(build_network(record)[0], record, origin)
        notes.append(f"starts with {done.summary}")
    is_main = os.environ.get("RANK", "0") == "0"
    if any(notes) and is_main and not quiet:
        click.echo("\n".join(filter(None, notes)), err=True)
    with ExitStack() as stack:
        # Lines, also on a terminal: they keep the losses of the whole run visible.
        shown = show_progress(quiet, describe=_line, bars=False, always=_is_validated)
        callbacks = [stack.enter_context(shown)]
        if options["wandb"]:
            run = logging_to_wandb(Path(options["output"]).name, options)
            callbacks.append(stack.enter_context(run))
        if options["tensorboard"]:
            folder = Path(options["output"]) / "tensorboard"
            callbacks.append(stack.enter_context(logging_to_tensorboard(folder)))
        root = click.get_current_context().find_root()
        plugin_files = root.params.get("plugin_files", ())
        sets, shares = training_sets(options, quiet, build_extractors(record), plugin_files)
        # With the first step: before, the run may be refused, and leaves nothing then.
        callbacks.append(_once(lambda: write_config(options, record, origin), quiet))
        result = train_model(
            sets,
            options["output"],
            record,
            attrs.evolve(train_options, shares=shares),
            device=options["device"],
            resume=options["resume"],
            init_from=options["init_from"],
            pictures=options["pictures"],
            rated=options["rated"],
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
    if result.stopped_early and not quiet:
        click.echo(
            f"Ended after step {result.step}: no improvement in {train_options.patience} "
            "validations.",
            err=True,
        )
    click.echo(f"{result.best_model}  (validation loss {result.best:.4f})")


def default_loader_workers(device: str) -> int:
    """Return the number of loader processes: none if the CPU trains, since they would share it."""
    if not device.startswith("cuda"):
        return 0
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return min(8, max(1, (os.cpu_count() or 1) // (2 * processes)))


def _train_options(options: Mapping[str, Any]) -> TrainOptions:
    """Build the options of the run from those of the command, which have the same names."""
    import attrs

    from djtrans.diffusion.objective import Objective
    from djtrans.training.options import TrainOptions

    def named(cls: type) -> dict[str, Any]:
        return {f.name: options[f.name] for f in attrs.fields(cls) if f.name in options}

    weight = options["audio_weight"] if options["with_audio"] else 0.0
    return TrainOptions(
        **{**named(TrainOptions), "audio_weight": weight}, objective=Objective(**named(Objective))
    )


def _configs(options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields that --set sets, by the names of the components."""
    from djtrans.training.records import DEFAULT_SCHEDULER

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


def _once(write: Callable[[], str], quiet: bool) -> ProgressCallback:
    """Return a callback that writes something at the first event, and prints the note of it."""
    left = [write]

    def report(event: Progress) -> None:
        if left and (note := left.pop()()) and not quiet:
            click.echo(note, err=True)

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
