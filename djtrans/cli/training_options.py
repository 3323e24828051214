"""Options of ``djtrans train``, in groups; defaults are those of `TrainOptions`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import click

_Decorator: TypeAlias = Callable[[Any], Any]


def _number(name: str, default: float, help: str) -> _Decorator:
    return click.option(name, type=type(default), default=default, show_default=True, help=help)


def _together(*decorators: _Decorator) -> _Decorator:
    def apply(command: Any) -> Any:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return apply


data_options = _together(
    click.option(
        "--data",
        metavar="PATH",
        multiple=True,
        help="Synthetic dataset (.safetensors) or folder of prepared pairs. Repeatable.",
    ),
    click.option(
        "--synthetic/--no-synthetic", default=False, help="Make a synthetic dataset first."
    ),
    click.option(
        "--data-share",
        type=float,
        help="Fraction of the batches from --data, with --synthetic; default: by number of frames.",
    ),
    _number("--tracks", 240, "Tracks of the synthetic dataset."),
    _number("--transitions", 20_000, "Transitions of the synthetic dataset."),
    click.option(
        "--stems",
        metavar="FOLDER",
        multiple=True,
        help="Real tracks for the synthetic dataset: FOLDER/ARTIST/TRACK/drums.wav and so on. "
        "Repeatable.",
    ),
    _number("--refined", 0.2, "Fraction of its transitions with refined curves."),
    _number("--workers", 1, "Worker processes that make it."),
)

run_options = _together(
    click.option(
        "--output", default="./output", show_default=True, help="Folder for checkpoints and logs."
    ),
    _number("--batch-size", 32, "Batch size, in transitions of 16 bars."),
    _number("--accumulate", 1, "Batches per step, whose gradients are averaged."),
    _number("--steps", 100_000, "Total number of training steps."),
    _number("--lr", 1e-4, "Learning rate."),
    _number("--warmup-steps", 500, "Steps over which the learning rate rises."),
    _number("--decay", 0.2, "Last fraction of the run, in which the learning rate decays."),
    _number("--weight-decay", 0.01, "Weight decay of weight matrices."),
    _number("--clip-norm", 1.0, "Norm to which gradients are clipped."),
    _number("--ema-decay", 0.999, "Decay of the averaged weights, per step."),
    _number("--save-every", 10_000, "Steps between checkpoints."),
    _number("--validate-every", 1_000, "Steps between validations."),
    _number("--validation-batches", 8, "Batches per validation."),
    _number("--patience", 0, "End after so many validations without improvement; 0: never."),
    click.option("--resume", metavar="CKPT", help="Resume from a checkpoint of the same run."),
    click.option(
        "--init-from",
        metavar="MODEL",
        help="Start a new run from the averaged weights of a model file or checkpoint, or "
        "'bundled'.",
    ),
)

model_options = _together(
    click.option("--denoiser", default="dit", show_default=True, help="Name of a denoiser."),
    click.option(
        "--encoders",
        default="audio,technique,objective",
        show_default=True,
        help="Comma-separated names of encoders; audio@2 for an earlier version.",
    ),
    click.option(
        "--set",
        "set_",
        multiple=True,
        metavar="NAME=VALUE",
        help="Set denoiser.FIELD, scheduler.FIELD or FIELD of a named encoder. Repeatable.",
    ),
    click.option("--mixer", default="dj54", show_default=True, help="Name of a registered mixer."),
)

loss_options = _together(
    _number("--level-mean", 1.0, "Mean of the logit of the noise fraction."),
    _number("--level-deviation", 1.0, "Standard deviation of that logit."),
    _number("--smoothness", 0.1, "Weight of the smoothness term."),
    _number("--least-noise", 0.1, "Lower limit of the divisor of clean errors."),
    _number("--unconditional", 0.1, "Fraction of examples without conditioning."),
    click.option(
        "--with-audio/--no-audio",
        default=False,
        help="Add a loss on the rendered audio; prepared pairs only.",
    ),
    _number("--audio-weight", 0.1, "Weight of the audio loss."),
    click.option(
        "--audio-loss",
        type=click.Choice(["spectral", "mel"]),
        default="spectral",
        show_default=True,
        help="Kind of the audio loss.",
    ),
    _number("--mix-weight", 0.0, "Weight of the objectives of the predicted mix; 0: off."),
    _number("--mix-rows", 4, "Transitions of a batch whose mix is predicted."),
)

machine_options = _together(
    click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps."),
    click.option("--amp/--no-amp", default=False, help="Mixed precision (bfloat16); CUDA only."),
    click.option(
        "--loader-workers",
        type=int,
        help="Processes that prepare batches ahead; default: 0, with CUDA up to 8.",
    ),
    click.option("--wandb/--no-wandb", default=False, help="Log to Weights & Biases (extra)."),
    click.option(
        "--tensorboard/--no-tensorboard", default=False, help="Log to TensorBoard (extra)."
    ),
    click.option(
        "--pictures", type=int, default=3, show_default=True,
        help="Transitions in the picture of sampled curves at each validation; 0: none.",
    ),
    click.option(
        "--rated", type=int, default=16, show_default=True,
        help="Sampled transitions that are rated by the objectives at each validation, if the "
        "synthetic dataset has stem powers; 0: none.",
    ),
    _number("--seed", 0, "Random seed."),
    click.option("--quiet", is_flag=True, help="Print nothing but results and errors."),
)  # fmt: skip
