"""Log the metrics and pictures of a training run to TensorBoard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from djtrans.core.errors import InputError
from djtrans.core.util.progress import Progress, ProgressCallback


@contextmanager
def logging_to_tensorboard(folder: str | os.PathLike[str]) -> Iterator[ProgressCallback]:
    """Log the metrics of every step, and the pictures of validations, within a context.

    Parameters
    ----------
    folder : path
        Folder of the event files: ``tensorboard --logdir FOLDER``.

    Yields
    ------
    callable
        Callback for the `progress` parameter of :func:`train_model`.

    Raises
    ------
    InputError
        If tensorboard is not installed.

    Examples
    --------
    >>> from djtrans.training import logging_to_tensorboard, train_model
    >>> with logging_to_tensorboard("output/tensorboard") as progress:  # doctest: +SKIP
    ...     train_model(data, "output", progress=progress)
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise InputError(
            "tensorboard is not installed; install it (pip install 'djtrans[tensorboard]') or omit "
            "--tensorboard."
        ) from None
    writers: list[Any] = []

    def log(event: Progress) -> None:
        step = int(event.done)
        if not writers:
            # Events of a resumed run replace those of the same steps before.
            writers.append(SummaryWriter(str(Path(folder)), purge_step=step))
        for name, value in event.metrics.items():
            if name != "step":
                writers[0].add_scalar(name, value, step)
        for name, file in event.pictures.items():
            from matplotlib.image import imread

            writers[0].add_image(name or "curves", imread(file), step, dataformats="HWC")

    try:
        yield log
    finally:
        for writer in writers:
            writer.close()
