"""``djtrans train``: from prepared pairs, composed sets or synthesized tracks to a model."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from djtrans.cli.training_data import LINE_SECONDS, check_sources, training_sets
from djtrans.core.contracts.overrides import by_component, read_settings

if TYPE_CHECKING:
    from djtrans.training.trainer import Watch

#: Of the loss, as far as a run has them.
_TERMS = ("prediction", "smoothness", "audio")


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
        watches: list[Watch] = [] if quiet else [_lines(options.steps)]
        if asked["wandb"]:
            run = logging_to_wandb(Path(asked["output"]).name, asked)
            watches.append(stack.enter_context(run))
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
            watch=_all(watches),
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


def _all(watches: Sequence[Watch]) -> Watch:
    def watch(row: Mapping[str, float]) -> None:
        for each in watches:
            each(row)

    return watch


def _lines(steps: int) -> Watch:
    """A line on the loss and its terms, the rate and the time left now and then."""
    said, begun, first = 0.0, 0.0, None

    def watch(row: Mapping[str, float]) -> None:
        nonlocal said, begun, first
        now, step = time.monotonic(), int(row["step"])
        if first is None:  # from the first step on: what was loaded before it is no part of a rate
            first, begun = step - 1, now - 1.0 / row["steps_per_second"]
        if step < steps and "validation_loss" not in row and now - said < LINE_SECONDS:
            return
        said = now
        rate = (step - first) / max(now - begun, 1e-9)
        left = (steps - step) / rate
        terms = ", ".join(f"{term} {row[term]:.4f}" for term in _TERMS if term in row)
        text = f"step {step} of {steps}  loss {row['loss']:.4f} ({terms})"
        if "validation_loss" in row:
            text += f"  validation {row['validation_loss']:.4f}"
        click.echo(f"djtrans: {text}  {rate:.2f} steps/s  {_clock(left)} left", err=True)

    return watch


def _clock(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
