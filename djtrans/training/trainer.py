"""Training loop with validation, checkpoints, EMA weights and data parallelism."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from contextlib import ExitStack, nullcontext
from pathlib import Path

import attrs
import torch
from torch import Tensor, nn

from djtrans.core.errors import InputError
from djtrans.core.util.folder_lock import folder_lock
from djtrans.core.util.progress import Progress, ProgressCallback
from djtrans.datasets.batch import Batch, BatchSource
from djtrans.diffusion.checkpoint import ModelRecord
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.training.checkpoint import TrainingState
from djtrans.training.distributed import World, process_group
from djtrans.training.ema import Ema
from djtrans.training.interrupts import interruptible
from djtrans.training.loss import AudioLoss, TrainingLoss
from djtrans.training.metrics_log import MetricsLog
from djtrans.training.optimizer import build_optimizer
from djtrans.training.options import TrainOptions
from djtrans.training.run_folder import BEST_MODEL, METRICS, check_run_folder, fetch_best_model

#: Terms of the loss in progress messages, if the run has them.
_TERMS = ("prediction", "smoothness", "audio")
#: Independent streams of seeds for the noise of training and of validation.
NOISE, VALIDATION = 1, 2


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
) -> TrainResult:
    """Train a network on batches.

    Writes ``metrics.csv``, ``checkpoint_<step>.pt`` and ``best_model.pt`` (by the validation loss
    of the averaged weights) to `output`. All randomness depends on the seed and the step only, so
    a resumed run has the losses of an uninterrupted one. SIGINT (Ctrl-C) ends the run after the
    current step with a checkpoint. Under ``torchrun`` each process computes its part of every
    batch.

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

    Returns
    -------
    TrainResult
        Last step, best validation loss and last checkpoint.

    Raises
    ------
    InputError
        If the device does not support the options, or runs out of memory; if the loss is not
        finite, or the folder has another run, or is held by one that is still running.
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
    with (
        process_group(where) as world,
        folder_lock(folder, "djtrans train") if world.is_main else nullcontext(),
    ):
        if where.type == "cuda" and world.size > 1:
            where = torch.device("cuda", world.local_rank)
        run = _Run(
            network.to(where), record, source, folder, options, where, world, progress, audio
        )
        try:
            return run(resume)
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if "out of memory" not in str(error).lower():
                raise
            raise InputError(
                f"Out of memory on {where} with batch size {options.batch_size}: lower it "
                "(--batch-size), or choose a smaller denoiser or another device (--device cpu)."
            ) from None


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


class _Run:
    """State and steps of one call of :func:`train`."""

    def __init__(
        self,
        network: DiffusionNetwork,
        record: ModelRecord,
        source: BatchSource,
        folder: Path,
        options: TrainOptions,
        device: torch.device,
        world: World,
        progress: ProgressCallback | None,
        audio: AudioLoss | None,
    ) -> None:
        self.record, self.source, self.folder = record, source, folder
        self.options, self.device, self.world, self.progress = (
            options,
            device,
            world,
            progress,
        )
        self.local_batch_size = world.local_batch_size(options.batch_size)
        optimizer = build_optimizer(network, options)
        self.state = TrainingState(network, Ema(network, options.ema_decay), optimizer)
        self.network = network
        self.loss = TrainingLoss(network, options, audio)
        self.module: nn.Module = self.loss
        self.saved = folder / "checkpoint_0.pt"
        self.best_model = folder / BEST_MODEL

    def __call__(self, resume: str | os.PathLike[str] | None) -> TrainResult:
        if resume is not None:
            self.state.load(resume, self.options, self.record)
            self.saved = Path(resume)
            if self.world.is_main and math.isfinite(self.state.best):
                fetch_best_model(self.folder, self.saved)
            self.world.wait()
        if self.world.size > 1:
            ids = [self.world.local_rank] if self.device.type == "cuda" else None
            self.module = nn.parallel.DistributedDataParallel(
                self.loss, device_ids=ids, broadcast_buffers=False
            )
        state, options = self.state, self.options
        with ExitStack() as stack:
            stop_requested = stack.enter_context(interruptible())
            log = None
            if self.world.is_main:
                file = self.folder / METRICS
                log = stack.enter_context(MetricsLog(file, state.step, self.loss.terms))
            while state.step < options.steps and not self._any_process(stop_requested()):
                begin = time.perf_counter()
                row = self._step(state.step)
                row["steps_per_second"] = 1.0 / (time.perf_counter() - begin)
                state.step += 1
                last = state.step == options.steps
                if state.step % options.validate_every == 0 or last:
                    row["validation_loss"] = self._validate()
                if log is not None:
                    log.write({"step": state.step, **row})
                if self.progress is not None and self.world.is_main:
                    self.progress(_event(state.step, options.steps, row))
                if state.step % options.save_every == 0 or last:
                    self._save()
        interrupted = state.step < options.steps
        if interrupted:
            self._save()
        best = self.best_model if self.best_model.is_file() else None
        return TrainResult(state.step, state.best, interrupted, self.saved, best)

    def _step(self, step: int) -> dict[str, float]:
        options, optimizer = self.options, self.state.optimizer
        lr = options.lr_at(step)
        for group in optimizer.param_groups:
            group["lr"] = lr
        self.network.train()
        index = step * self.world.size + self.world.rank
        batch = self.source.batch(index, self.local_batch_size).to(self.device)
        terms = self._compute_loss(self.module, batch, generator(options.seed, NOISE, index))
        optimizer.zero_grad(set_to_none=True)
        terms[0].backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), options.clip_norm)
        optimizer.step()
        self.state.ema.update(self.network, step)
        means = self._mean(torch.stack(terms).detach())
        named = dict(zip(self.loss.terms, means, strict=True))
        self._check_finite(step + 1, {**named, "norm of the gradients": float(norm)})
        return {**named, "grad_norm": float(norm), "lr": lr}

    def _check_finite(self, step: int, values: Mapping[str, float]) -> None:
        """Raise before a model that is not finite is saved."""
        for name, value in values.items():
            if not math.isfinite(value):
                last = self.saved if self.saved.is_file() else "none"
                raise InputError(
                    f"The {name} of step {step} is {value}; the last checkpoint is {last}. Lower "
                    "the learning rate (--lr), and check the data and the model's components."
                )

    def _compute_loss(
        self, module: nn.Module, batch: Batch, noise: torch.Generator
    ) -> tuple[Tensor, ...]:
        sample = self.options.objective.sample(self.network, batch.curves, noise)
        sample = attrs.evolve(sample, dropped=sample.dropped | batch.missing)
        with torch.autocast("cuda", torch.bfloat16) if self.options.amp else nullcontext():
            terms: tuple[Tensor, ...] = module(batch, sample)
        return terms

    @torch.no_grad()
    def _validate(self) -> float:
        """Compute the loss of the averaged weights on held-out data, always with the same noise."""
        self.network.eval()
        weights = {name: w.clone() for name, w in self.network.state_dict().items()}
        self.network.load_state_dict(self.state.ema.weights)
        total = torch.zeros((), device=self.device)
        indices = range(self.world.rank, self.options.validation_batches, self.world.size)
        for index in indices:
            batch = self.source.batch(index, self.local_batch_size, validation=True).to(self.device)
            noise = generator(self.options.seed, VALIDATION, index)
            # Without DDP: the processes may have different numbers of validation batches.
            total += self._compute_loss(self.loss, batch, noise)[0]
        self.network.load_state_dict(weights)
        loss = self._mean(total[None])[0] * self.world.size / self.options.validation_batches
        self._check_finite(self.state.step, {"validation loss": loss})
        # The best model of a resumed run may be missing.
        if loss < self.state.best or not self._exists(self.best_model):
            self.state.best = loss
            if self.world.is_main:
                self.state.save(self.best_model, self.record, self.options)
        return loss

    def _save(self) -> None:
        self.saved = self.folder / f"checkpoint_{self.state.step}.pt"
        if self.world.is_main:
            self.state.save(self.saved, self.record, self.options)

    def _mean(self, values: Tensor) -> list[float]:
        """Average over all processes."""
        if self.world.size > 1:
            torch.distributed.all_reduce(values)
            values = values / self.world.size
        return [float(value) for value in values]

    def _exists(self, file: Path) -> bool:
        """Return True if a file exists for the main process."""
        missing = self.world.is_main and not file.is_file()
        return not self._any_process(missing)

    def _any_process(self, stop: bool) -> bool:
        """Return True if any process was interrupted: all end after the same step."""
        return self._mean(torch.tensor([float(stop)], device=self.device))[0] > 0.0


def _event(step: int, steps: int, row: Mapping[str, float]) -> Progress:
    terms = ", ".join(f"{term} {row[term]:.4f}" for term in _TERMS if term in row)
    message = f"loss {row['loss']:.4f} ({terms})"
    if "validation_loss" in row:
        message += f"  validation {row['validation_loss']:.4f}"
    return Progress("steps", step, steps, message, {"step": step, **row})


def generator(seed: int, stream: int, index: int) -> torch.Generator:
    """Create the generator of a batch, on the CPU: its values are the same for every device."""
    mixed = ((seed % 2**16) * 4 + stream) * 2**44 + index
    return torch.Generator().manual_seed(mixed)
