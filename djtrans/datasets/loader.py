"""Load batches ahead in worker processes."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Generator, Sequence
from types import FrameType
from typing import Any

import attrs
import torch

from djtrans.core.errors import DjtransError
from djtrans.datasets.batch import Batch, BatchSource

#: Batches that each worker prepares ahead.
BATCHES_AHEAD = 4
#: Time between SIGTERM and the end of a worker.
_GRACE_SECONDS = 20
#: Beginning of the messages of torch about a worker that ended, and a part of those about an error
#: that was raised in one.
_DIED, _RAISED = "DataLoader worker", "in DataLoader worker process"
_SIGNAL_SECONDS = 0.5


def load_batches(
    source: BatchSource,
    indices: Sequence[int],
    size: int,
    *,
    workers: int = 0,
    validation: bool = False,
    group: int = 1,
) -> Generator[Batch, None, None]:
    """Generate batches in the order of their indices.

    An index determines its batch, so the batches do not depend on the number of workers.

    Parameters
    ----------
    source : BatchSource
        Source of the batches. On Linux workers are forked and share its memory; on other systems
        they receive a copy, so its components have to be picklable.
    indices : sequence of int
        Indices of the batches.
    size : int
        Size of the batches, as in :class:`~djtrans.datasets.batch.BatchSource`.
    workers : int
        Number of processes of one thread each; 0 computes in this process when a batch is needed.
    validation, group
        As in :class:`~djtrans.datasets.batch.BatchSource`.

    Yields
    ------
    Batch
        One batch for each index. Closing the generator ends the workers; they also end when this
        process does.

    Raises
    ------
    DjtransError
        Error of the source for a batch, when it is that batch's turn.
    RuntimeError
        If a worker was killed; see :func:`worker_death`.

    Examples
    --------
    >>> from contextlib import closing
    >>> from djtrans.datasets.loader import load_batches
    >>> with closing(load_batches(source, range(1000), 32, workers=4)) as batches:
    ...     first = next(batches)  # doctest: +SKIP
    """
    fetch = _Fetch(source, size, validation, group)
    if workers == 0:
        for index in indices:
            yield source.batch(index, size, validation=validation, group=group)
        return
    try:
        # The loop has the only reference to the iterator, whose end ends the workers.
        for batch in torch.utils.data.DataLoader(
            fetch,
            batch_size=None,
            sampler=indices,
            num_workers=workers,
            prefetch_factor=BATCHES_AHEAD,
            collate_fn=_unchanged,
            worker_init_fn=_begin,
            # Forking is safe as workers use one thread, no GPU, and start before the first step.
            multiprocessing_context="fork" if sys.platform == "linux" else "spawn",
            # By default the seeds of workers come from torch's global generator.
            generator=torch.Generator(),
        ):
            if isinstance(batch, _Failure):
                raise batch.error
            yield batch
    except (OSError, EOFError) as error:
        if _RAISED in str(error):
            raise
        # A batch of a worker that was killed cannot be received. The signal of its end, whose
        # handler raises an error that tells more, may be some time behind.
        time.sleep(_SIGNAL_SECONDS)
        raise RuntimeError(f"{_DIED} ended: {error}") from None


def worker_death(error: BaseException) -> str:
    """Return a clear message if an error reports that a worker was killed, else ``""``.

    torch raises it in the main thread as soon as the worker has ended.
    """
    message = " ".join(str(error).split())
    if not (isinstance(error, RuntimeError) and message.startswith(_DIED)):
        return ""
    return (
        f"A process that prepares batches was killed ({message.rstrip('.')}), usually because "
        "memory or shared memory (/dev/shm) ran out; use fewer (--loader-workers) or smaller "
        "batches (--batch-size)."
    )


@attrs.frozen
class _Failure:
    """Error of a batch, raised in the main process without the traceback of the worker."""

    error: DjtransError


@attrs.frozen(eq=False)
class _Fetch(torch.utils.data.Dataset[Any]):
    """Batches of a source as a map from indices."""

    source: BatchSource
    size: int
    validation: bool
    group: int

    def __getitem__(self, index: int) -> Batch | _Failure:
        try:
            return self.source.batch(index, self.size, validation=self.validation, group=self.group)
        except DjtransError as error:
            return _Failure(error)


def _unchanged(batch: Any) -> Any:
    return batch


def _begin(worker: int) -> None:
    # Ctrl-C, and SIGTERM of job schedulers, go to all processes; the main one ends the workers
    # after its checkpoint.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end_later if hasattr(signal, "alarm") else signal.SIG_DFL)


def _end_later(number: int, frame: FrameType | None) -> None:
    signal.alarm(_GRACE_SECONDS)  # its default action ends the process
