"""Steps, validations and checkpoints of a training run."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import nn

from djtrans.core.errors import InputError
from djtrans.core.util.progress import Progress, ProgressCallback
from djtrans.datasets.batch import Batch, BatchSource
from djtrans.datasets.loader import load_batches
from djtrans.diffusion.checkpoint import ModelRecord
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.training.checkpoint import TrainingState
from djtrans.training.distributed import World
from djtrans.training.ema import Ema
from djtrans.training.interrupts import interruptible
from djtrans.training.loss import AudioLoss, TrainingLoss
from djtrans.training.metrics_log import COLUMNS, VALIDATION_COLUMNS, MetricsLog
from djtrans.training.mix_loss import MixLoss
from djtrans.training.optimizer import build_optimizer
from djtrans.training.options import TrainOptions
from djtrans.training.random_streams import NOISE, generator
from djtrans.training.run_folder import (
    BEST_MODEL,
    METRICS,
    PICTURES,
    VALIDATION,
    fetch_best_model,
)
from djtrans.training.validation import Monitor, Validation, write_results

#: Terms of the loss in progress messages, if the run has them.
_TERMS = ("prediction", "smoothness", "audio", "mix")


class TrainingLoop:
    """State and steps of one run; the parameters are those of :func:`djtrans.training.train`.

    Attributes
    ----------
    state : TrainingState
        Weights, optimizer and numbers of the run.
    saved : Path
        Last checkpoint.
    best_model : Path
        Model with the lowest validation loss.
    """

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
        mix: MixLoss | None,
        monitor: Monitor | None,
    ) -> None:
        self.network, self.record, self.source, self.folder = network, record, source, folder
        self.options, self.device, self.world = options, device, world
        self.progress, self.monitor = progress, monitor
        self.local_batch_size = world.local_batch_size(options.batch_size)
        optimizer = build_optimizer(network, options)
        self.state = TrainingState(network, Ema(network, options.ema_decay), optimizer)
        self.loss = TrainingLoss(network, options, audio, mix)
        self.module: nn.Module = self.loss
        self.validation = Validation(source, self.loss, options, world, device, self._autocast)
        self.saved = folder / "checkpoint_0.pt"
        self.best_model = folder / BEST_MODEL

    def run(self, resume: str | os.PathLike[str] | None) -> bool:
        """Run to the last step, until an interrupt, or until the loss no longer improves.

        Returns
        -------
        bool
            True if the run was interrupted.
        """
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
            logs = self._open_logs(stack) if self.world.is_main else None
            batches = stack.enter_context(closing(self._batches()))
            while not self._is_done():
                if self.world.any(stop_requested(), self.device):
                    self._save()
                    return True
                row = self._step(state.step, batches)
                state.step += 1
                results: dict[str, float] = {}
                pictures: dict[str, Path] = {}
                if state.step % options.validate_every == 0 or state.step == options.steps:
                    results, pictures = self._validate()
                    row["validation_loss"] = results["loss"]
                if logs is not None:
                    logs[0].write({"step": state.step, **row})
                    for name, value in results.items():
                        logs[1].write({"step": state.step, "name": name, "value": value})
                if self.progress is not None and self.world.is_main:
                    self.progress(_event(state.step, options.steps, row, results, pictures))
                if state.step % options.save_every == 0 or self._is_done():
                    self._save()
        return False

    @property
    def stopped_early(self) -> bool:
        """True if the validation loss has not improved for as long as the options allow."""
        return 0 < self.options.patience <= self.state.stale

    def _is_done(self) -> bool:
        return self.state.step >= self.options.steps or self.stopped_early

    def _open_logs(self, stack: ExitStack) -> tuple[MetricsLog, MetricsLog]:
        columns = ("step", *self.loss.terms, *COLUMNS)
        return (
            stack.enter_context(MetricsLog(self.folder / METRICS, self.state.step, columns)),
            stack.enter_context(
                MetricsLog(self.folder / VALIDATION, self.state.step, VALIDATION_COLUMNS)
            ),
        )

    def _batches(self) -> Any:
        """Generate the batches of this process, from the next step on."""
        each = self.options.accumulate
        first, stop = self.state.step * each, self.options.steps * each
        size, rank = self.world.size, self.world.rank
        return load_batches(
            self.source,
            range(first * size + rank, stop * size + rank, size),
            self.local_batch_size,
            workers=self.options.loader_workers,
            group=size,
        )

    def _step(self, step: int, batches: Iterator[Batch]) -> dict[str, float]:
        options, optimizer, each = self.options, self.state.optimizer, self.options.accumulate
        begin, waited = time.perf_counter(), 0.0
        lr = options.lr_at(step)
        for group in optimizer.param_groups:
            group["lr"] = lr
        self.network.train()
        optimizer.zero_grad(set_to_none=True)
        terms = torch.zeros(len(self.loss.terms), device=self.device)
        for part in range(each):
            asked = time.perf_counter()
            batch = next(batches).to(self.device)
            waited += time.perf_counter() - asked
            index = (step * each + part) * self.world.size + self.world.rank
            sample = self.loss.sample(batch, generator(options.seed, NOISE, index))
            # Gradients are averaged over the processes with the last part only.
            with self._without_sync() if part + 1 < each else nullcontext():
                with self._autocast():
                    losses = self.module(batch, sample)
                (losses[0] / each).backward()
            terms += torch.stack(losses).detach() / each
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), options.clip_norm)
        optimizer.step()
        self.state.ema.update(self.network, step)
        # One transfer from the device for all numbers.
        *means, grad_norm = torch.cat([self.world.mean(terms), norm[None]]).tolist()
        named = dict(zip(self.loss.terms, means, strict=True))
        self._check_finite(step + 1, {**named, "norm of the gradients": grad_norm})
        seconds = time.perf_counter() - begin
        return {
            **named,
            "grad_norm": grad_norm,
            "lr": lr,
            "steps_per_second": 1.0 / seconds,
            "data_share": waited / seconds,
        }

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast("cuda", torch.bfloat16) if self.options.amp else nullcontext()

    def _without_sync(self) -> AbstractContextManager[Any]:
        if isinstance(self.module, nn.parallel.DistributedDataParallel):
            context: AbstractContextManager[Any] = self.module.no_sync()
            return context
        return nullcontext()

    def _check_finite(self, step: int, values: Mapping[str, float]) -> None:
        """Raise before a model that is not finite is saved."""
        for name, value in values.items():
            if not math.isfinite(value):
                last = self.saved if self.saved.is_file() else "none"
                raise InputError(
                    f"The {name} of step {step} is {value}; the last checkpoint is {last}. Lower "
                    "the learning rate (--lr), and check the data and the model's components."
                )

    def _validate(self) -> tuple[dict[str, float], dict[str, Path]]:
        """Validate the averaged weights; save the model if it is the best."""
        state = self.state
        pictures: dict[str, Path] = {}
        with state.ema.applied_to(self.network):
            results = self.validation()
            self._check_finite(state.step, {"validation loss": results["loss"]})
            if self.monitor is not None and self.world.is_main:
                with torch.no_grad():
                    found = self.monitor(state.step)
                numbers, pictures = write_results(found, self.folder / PICTURES, state.step)
                results |= numbers
        improved = results["loss"] < state.best
        state.stale = 0 if improved else state.stale + 1
        # The best model of a resumed run may be missing.
        missing = self.world.is_main and not self.best_model.is_file()
        if improved or self.world.any(missing, self.device):
            state.best = results["loss"]
            if self.world.is_main:
                state.save(self.best_model, self.record, self.options)
        return results, pictures

    def _save(self) -> None:
        self.saved = self.folder / f"checkpoint_{self.state.step}.pt"
        if self.world.is_main:
            self.state.save(self.saved, self.record, self.options)


def _event(
    step: int,
    steps: int,
    row: Mapping[str, float],
    results: Mapping[str, float],
    pictures: Mapping[str, Path],
) -> Progress:
    terms = ", ".join(f"{term} {row[term]:.4f}" for term in _TERMS if term in row)
    message = f"loss {row['loss']:.4f} ({terms})"
    if "validation_loss" in row:
        message += f"  validation {row['validation_loss']:.4f}"
    further = {f"validation/{name}": value for name, value in results.items() if name != "loss"}
    return Progress("steps", step, steps, message, {"step": step, **row, **further}, pictures)
