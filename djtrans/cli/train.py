"""``djtrans train``: from a composed set, or from tracks synthesized for it, to a model."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from djtrans.core.errors import InputError

if TYPE_CHECKING:
    from djtrans.core.training.composed_set import ComposedSet
    from djtrans.core.training.trainer import Watch

#: Seconds between lines of progress.
_LINE_SECONDS = 10.0
_BOTH_FORMS = (
    "Say what to train on: a composed set (--data set.safetensors), or tracks that are "
    "synthesized for it (--synthetic)."
)


@click.command()
@click.option("--data", metavar="FILE", help="A composed set.")
@click.option("--synthetic", is_flag=True, help="Compose a set of synthesized tracks.")
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
@click.option("--mixer", default="dj54", show_default=True, help="Name of a registered mixer.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--amp", is_flag=True, help="Compute in bfloat16 where that is safe; CUDA only.")
@click.option("--wandb", is_flag=True, help="Log to Weights & Biases (extra: wandb).")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all that is random.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
def train(quiet: bool, **asked: Any) -> None:
    """Train a diffusion model that draws the curves of transitions.

    With --synthetic, tracks are synthesized and transitions between them planned first, into
    OUTPUT/synthetic.safetensors; that file is used again, and can be trained on elsewhere with
    --data. Ctrl-C saves a checkpoint.
    """
    if bool(asked["data"]) == asked["synthetic"]:
        both = "Both are given. " if asked["synthetic"] else ""
        raise InputError(f"{both}{_BOTH_FORMS}")
    from djtrans.core.training.options import TrainOptions
    from djtrans.training import logging_to_wandb, model_record, train_model

    options = TrainOptions(
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
        }
    )
    record = model_record(
        mixer=asked["mixer"],
        denoiser=asked["denoiser"],
        encoders=[name.strip() for name in asked["encoders"].split(",") if name.strip()],
    )
    watches: list[Watch] = [] if quiet else [_lines(options.steps)]
    if asked["wandb"]:
        watches.append(logging_to_wandb(Path(asked["output"]).name, asked))
    result = train_model(
        _composed(asked, quiet),
        asked["output"],
        record,
        options,
        device=asked["device"],
        resume=asked["resume"],
        watch=_all(watches),
    )
    folder = Path(asked["output"])
    if result.interrupted:
        click.echo(
            f"Stopped after step {result.step}. Go on with --resume {result.checkpoint}.", err=True
        )
        return
    click.echo(f"{folder / 'best_model.pt'}  (validation loss {result.best:.4f})")


def _all(watches: Sequence[Watch]) -> Watch:
    def watch(row: Mapping[str, float]) -> None:
        for each in watches:
            each(row)

    return watch


def _composed(asked: Mapping[str, Any], quiet: bool) -> ComposedSet:
    from djtrans.core.training.composed_set import ComposedSet

    if asked["data"]:
        if Path(asked["data"]).is_dir():
            raise InputError(f"{asked['data']} is a folder; give a composed set, one file.")
        return ComposedSet.load(asked["data"])
    from djtrans.composing import ComposeOptions, compose_set

    options = ComposeOptions(
        tracks=asked["tracks"], transitions=asked["transitions"], seed=asked["seed"]
    )
    folder = Path(asked["output"])
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "synthetic.safetensors"
    if file.is_file():
        import attrs

        known = ComposedSet.load(file)
        if known.facts.get("options") == attrs.asdict(options):
            return known
    return compose_set(
        file, options, workers=asked["workers"], watch=None if quiet else _counting()
    )


def _counting() -> Callable[[str, int, int], None]:
    """A line on what is composed now and then."""
    said = 0.0

    def watch(what: str, done: int, total: int) -> None:
        nonlocal said
        if done < total and time.monotonic() - said < _LINE_SECONDS:
            return
        said = time.monotonic()
        click.echo(f"djtrans: {what} {done} of {total}", err=True)

    return watch


def _lines(steps: int) -> Watch:
    """A line on the loss, the rate and the time left now and then."""
    said, begun, first = 0.0, time.monotonic(), None

    def watch(row: Mapping[str, float]) -> None:
        nonlocal said, first
        now, step = time.monotonic(), int(row["step"])
        first = step - 1 if first is None else first
        if step < steps and "validation_loss" not in row and now - said < _LINE_SECONDS:
            return
        said = now
        rate = (step - first) / max(now - begun, 1e-9)
        left = (steps - step) / rate
        text = f"step {step} of {steps}  loss {row['loss']:.4f}"
        if "validation_loss" in row:
            text += f"  validation {row['validation_loss']:.4f}"
        click.echo(f"djtrans: {text}  {rate:.2f} steps/s  {_clock(left)} left", err=True)

    return watch


def _clock(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
