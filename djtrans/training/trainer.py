"""The training loop."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

import attrs
import torch
from torch import Tensor, nn

from djtrans.core.errors import InputError
from djtrans.core.util.progress import Progress, ProgressCallback
from djtrans.datasets.batch import Batch, BatchSource
from djtrans.diffusion.checkpoint import ModelRecord
from djtrans.diffusion.network import DiffusionNetwork
from djtrans.training.checkpoint import TrainingState
from djtrans.training.distributed import World, joined_world
from djtrans.training.ema import Ema
from djtrans.training.loss import AudioLoss, TrainingLoss
from djtrans.training.metrics_log import MetricsLog
from djtrans.training.options import TrainOptions

#: Terms of the loss that messages name, as far as a run has them.
_TERMS = ("prediction", "smoothness", "audio")
#: Draws of validation, noise of training: each its own stream of seeds.
NOISE, VALIDATION = 1, 2


@attrs.frozen
class TrainResult:
    """How a run ended.

    Attributes
    ----------
    step : int
        Steps done.
    best : float
        Lowest validation loss.
    interrupted : bool
        Whether it was stopped before its last step.
    checkpoint : Path
        The last one written.
    """

    step: int
    best: float
    interrupted: bool
    checkpoint: Path


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
    """Train a network.

    Writes ``metrics.csv``, ``checkpoint_<step>.pt`` and ``best_model.pt`` (by the validation loss
    of the averaged weights) into `output`. Everything random follows from the seed and the step,
    so a resumed run has the losses of one that was never stopped. SIGINT (Ctrl-C) saves and ends
    it after the step at hand. Under ``torchrun`` each process takes its part of every batch.

    Parameters
    ----------
    network : DiffusionNetwork
        With fresh weights, or with those to go on from.
    record : ModelRecord
        What its numbers mean; written with every checkpoint.
    source : BatchSource
    output : path
        A folder; made if it is missing.
    options : TrainOptions, optional
    device : str or torch.device
    resume : path, optional
        A checkpoint of the same run.
    progress : callable, optional
        Receives a `Progress` event after each step; its `metrics` are the step's row of
        ``metrics.csv``.
    audio : AudioLoss, optional
        Judges what is heard, where the options give that a weight and batches have crops.

    Returns
    -------
    TrainResult

    Raises
    ------
    InputError
        If the options do not fit the device, or memory runs out; the message says what to lower.
    FormatError
        If the checkpoint is not one of this run.
    """
    options = options or TrainOptions()
    where = torch.device(device)
    check_amp(options, where)
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    with joined_world(where) as world:
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
                "(--batch-size), take a smaller denoiser, or another device (--device cpu)."
            ) from None


def check_amp(options: TrainOptions, device: torch.device) -> None:
    """Refuse bfloat16 where it does not pay.

    Raises
    ------
    InputError
        If it is asked for on another device than a GPU of CUDA.
    """
    if options.amp and device.type != "cuda":
        raise InputError(
            f"amp computes in bfloat16, which pays on CUDA only; this run is on {device.type}. "
            "Leave it out."
        )


class _Run:
    """One call of :func:`train`."""

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
        self.share = world.share(options.batch_size)
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=options.lr, weight_decay=options.weight_decay
        )
        self.state = TrainingState(network, Ema(network, options.ema_decay), optimizer)
        self.network = network
        self.loss = TrainingLoss(network, options, audio)
        self.module: nn.Module = self.loss
        self.saved = folder / "checkpoint_0.pt"

    def __call__(self, resume: str | os.PathLike[str] | None) -> TrainResult:
        if resume is not None:
            self.state.load(resume, self.options)
            self.saved = Path(resume)
        if self.world.size > 1:
            ids = [self.world.local_rank] if self.device.type == "cuda" else None
            self.module = nn.parallel.DistributedDataParallel(
                self.loss, device_ids=ids, broadcast_buffers=False
            )
        state, options = self.state, self.options
        with ExitStack() as stack:
            stopping = stack.enter_context(interruptible())
            log = None
            if self.world.leads:
                file = self.folder / "metrics.csv"
                log = stack.enter_context(MetricsLog(file, state.step, self.loss.terms))
            while state.step < options.steps and not self._agreed(stopping()):
                begin = time.perf_counter()
                row = self._step(state.step)
                row["steps_per_second"] = 1.0 / (time.perf_counter() - begin)
                state.step += 1
                last = state.step == options.steps
                if state.step % options.validate_every == 0 or last:
                    row["validation_loss"] = self._validate()
                if log is not None:
                    log.write({"step": state.step, **row})
                if self.progress is not None and self.world.leads:
                    self.progress(_event(state.step, options.steps, row))
                if state.step % options.save_every == 0 or last:
                    self._save()
        interrupted = state.step < options.steps
        if interrupted:
            self._save()
        return TrainResult(state.step, state.best, interrupted, self.saved)

    def _step(self, step: int) -> dict[str, float]:
        options, optimizer = self.options, self.state.optimizer
        lr = options.lr_at(step)
        for group in optimizer.param_groups:
            group["lr"] = lr
        self.network.train()
        index = step * self.world.size + self.world.rank
        batch = self.source.batch(index, self.share).to(self.device)
        terms = self._compute_loss(self.module, batch, generator(options.seed, NOISE, index))
        optimizer.zero_grad(set_to_none=True)
        terms[0].backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), options.clip_norm)
        optimizer.step()
        self.state.ema.update(self.network, step)
        means = self._mean(torch.stack(terms).detach())
        named = dict(zip(self.loss.terms, means, strict=True))
        return {**named, "grad_norm": float(norm), "lr": lr}

    def _compute_loss(
        self, module: nn.Module, batch: Batch, noise: torch.Generator
    ) -> tuple[Tensor, ...]:
        draw = self.options.objective.sample(self.network, batch.curves, noise)
        draw = attrs.evolve(draw, dropped=draw.dropped | batch.missing)
        with torch.autocast("cuda", torch.bfloat16) if self.options.amp else nullcontext():
            terms: tuple[Tensor, ...] = module(batch, draw)
        return terms

    @torch.no_grad()
    def _validate(self) -> float:
        """Loss of the averaged weights on what was held out; always the same draws."""
        self.network.eval()
        own = {name: w.clone() for name, w in self.network.state_dict().items()}
        self.network.load_state_dict(self.state.ema.weights)
        total = torch.zeros((), device=self.device)
        mine = range(self.world.rank, self.options.validation_batches, self.world.size)
        for index in mine:
            batch = self.source.batch(index, self.share, validation=True).to(self.device)
            noise = generator(self.options.seed, VALIDATION, index)
            # Not through DDP: the processes may have different numbers of batches here.
            total += self._compute_loss(self.loss, batch, noise)[0]
        self.network.load_state_dict(own)
        loss = self._mean(total[None])[0] * self.world.size / self.options.validation_batches
        if loss < self.state.best:
            self.state.best = loss
            if self.world.leads:
                self.state.save(self.folder / "best_model.pt", self.record, self.options)
        return loss

    def _save(self) -> None:
        self.saved = self.folder / f"checkpoint_{self.state.step}.pt"
        if self.world.leads:
            self.state.save(self.saved, self.record, self.options)

    def _mean(self, values: Tensor) -> list[float]:
        """Mean over all processes."""
        if self.world.size > 1:
            torch.distributed.all_reduce(values)
            values = values / self.world.size
        return [float(value) for value in values]

    def _agreed(self, stop: bool) -> bool:
        """Whether any process was interrupted: all end after the same step."""
        return self._mean(torch.tensor([float(stop)], device=self.device))[0] > 0.0


def _event(step: int, steps: int, row: Mapping[str, float]) -> Progress:
    terms = ", ".join(f"{term} {row[term]:.4f}" for term in _TERMS if term in row)
    message = f"loss {row['loss']:.4f} ({terms})"
    if "validation_loss" in row:
        message += f"  validation {row['validation_loss']:.4f}"
    return Progress("steps", step, steps, message, {"step": step, **row})


def generator(seed: int, stream: int, index: int) -> torch.Generator:
    """A generator of its own for each batch, on the CPU: the same numbers on every device."""
    mixed = ((seed % 2**16) * 4 + stream) * 2**44 + index
    return torch.Generator().manual_seed(mixed)


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether SIGINT has arrived; a second SIGINT stops at once."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    try:
        before: Any = signal.signal(signal.SIGINT, ask)
    except ValueError:  # not in the main thread: whoever runs it there stops it
        yield lambda: False
        return
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
