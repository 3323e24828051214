"""Train a network on batches, with validation, checkpoints, EMA and data parallelism."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import attrs
import torch

from djtrans.core.errors import DjtransError, InputError
from djtrans.core.util.folder_lock import folder_lock
from djtrans.core.util.progress import ProgressCallback
from djtrans.datasets.batch import BatchSource
from djtrans.datasets.loader import worker_death
from djtrans.diffusion.checkpoint import ModelRecord
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.training.distributed import process_group
from djtrans.training.loop import TrainingLoop
from djtrans.training.loss import AudioLoss
from djtrans.training.mix_loss import MixLoss
from djtrans.training.options import TrainOptions
from djtrans.training.run_folder import check_run_folder
from djtrans.training.validation import Monitor


@attrs.frozen
class TrainResult:
    """Result of a training run.

    Attributes
    ----------
    step : int
        Number of steps done.
    best : float
        Lowest validation loss.
    interrupted : bool
        True if the run was stopped before its last step.
    checkpoint : Path
        Last checkpoint.
    best_model : Path or None
        Model with the lowest validation loss, if one was validated.
    stopped_early : bool
        True if the run ended because its validation loss no longer improved.

    Examples
    --------
    >>> from pathlib import Path
    >>> from djtrans.training import TrainResult
    >>> TrainResult(100, 0.2, False, Path("output/checkpoint_100.pt")).checkpoint.name
    'checkpoint_100.pt'
    """

    step: int
    best: float
    interrupted: bool
    checkpoint: Path
    best_model: Path | None = None
    stopped_early: bool = False


def train(
    network: DiffusionNetwork,
    record: ModelRecord,
    source: BatchSource,
    output: str | os.PathLike[str],
    options: TrainOptions | None = None,
    *,
    device: str | torch.device = "cpu",
    resume: str | os.PathLike[str] | None = None,
    progress: ProgressCallback | None = None,
    audio: AudioLoss | None = None,
    mix: MixLoss | None = None,
    monitor: Monitor | None = None,
) -> TrainResult:
    """Train a network on batches.

    Writes ``metrics.csv``, ``validation.csv``, ``checkpoint_<step>.pt`` and ``best_model.pt`` (by
    the validation loss of the averaged weights) to `output`. All randomness depends on the seed and
    the step only, so a resumed run has the losses of an uninterrupted one. SIGINT (Ctrl-C) ends the
    run after the current step with a checkpoint. Under ``torchrun`` each process computes its part
    of every batch.

    Parameters
    ----------
    network : DiffusionNetwork
        Network with initial or pretrained weights; trained in place.
    record : ModelRecord
        Description of the model, written with every checkpoint.
    source : BatchSource
        Batches for training and validation.
    output : path
        Folder to write to, created if necessary.
    options : TrainOptions, optional
        Options of the run.
    device : str or torch.device
        Device to train on.
    resume : path, optional
        Checkpoint of the same run.
    progress : callable, optional
        Receives a `Progress` event after each step; its `metrics` are the step's row of
        ``metrics.csv``.
    audio : AudioLoss, optional
        Audio loss, if the options give it a weight and batches have crops.
    mix : MixLoss, optional
        Objectives of the predicted mix, if the options give them a weight and batches have stem
        powers.
    monitor : callable, optional
        Called at each validation with the number of steps done, in the main process, while the
        network has the averaged weights. The numbers that it returns are logged by their names, the
        matplotlib figures written to the folder ``validation``.

    Returns
    -------
    TrainResult
        Last step, best validation loss and last checkpoint.

    Raises
    ------
    InputError
        If the device does not support the options, or runs out of memory; if the loss is not
        finite, or the folder has another run, or is held by one that is still running.
    DjtransError
        If a process that prepares batches was killed.
    FormatError
        If the checkpoint does not belong to this run.

    See Also
    --------
    train_model : Train on datasets with registered components.

    Examples
    --------
    >>> from djtrans.diffusion import build_network
    >>> from djtrans.training import model_record, train
    >>> record = model_record()
    >>> network, encoders = build_network(record)
    >>> train(network, record, my_batches, "output")  # doctest: +SKIP
    """
    options = options or TrainOptions()
    where = torch.device(device)
    check_amp(options, where)
    folder = check_run_folder(output, resume)
    try:
        with (
            process_group(where) as world,
            folder_lock(folder, "djtrans train") if world.is_main else nullcontext(),
        ):
            if where.type == "cuda" and world.size > 1:
                where = torch.device("cuda", world.local_rank)
                torch.cuda.set_device(where)
            loop = TrainingLoop(
                network.to(where), record, source, folder, options, where, world, progress, audio,
                mix, monitor,
            )  # fmt: skip
            interrupted = loop.run(resume)
    except (torch.OutOfMemoryError, RuntimeError) as error:
        if death := worker_death(error):
            raise DjtransError(death) from None
        if "out of memory" not in str(error).lower():
            raise
        raise InputError(
            f"Out of memory on {where} with batch size {options.batch_size}: lower it "
            "(--batch-size), or choose a smaller denoiser or another device (--device cpu)."
        ) from None
    return TrainResult(
        step=loop.state.step,
        best=loop.state.best,
        interrupted=interrupted,
        checkpoint=loop.saved,
        best_model=loop.best_model if loop.best_model.is_file() else None,
        stopped_early=loop.stopped_early,
    )


def check_amp(options: TrainOptions, device: torch.device) -> None:
    """Raise if bfloat16 is enabled on a device on which it is not faster.

    Raises
    ------
    InputError
        If the options enable `amp` and the device is not a CUDA GPU.
    """
    if options.amp and device.type != "cuda":
        raise InputError(
            f"amp computes in bfloat16, which is faster on CUDA only; this run is on "
            f"{device.type}. Omit it."
        )
