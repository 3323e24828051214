"""Log the metrics of a training run to Weights & Biases."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from djtrans.core.errors import InputError
from djtrans.core.util.progress import Progress, ProgressCallback

_LOGIN = "Run 'wandb login' first, log to files (WANDB_MODE=offline), or omit --wandb."


def _check_login(wandb: Any) -> None:
    """Raise before any work if Weights & Biases has no API key and would ask for one."""
    if os.environ.get("WANDB_MODE", "online") not in ("online", "run", ""):
        return
    try:
        known = wandb.login()
    except wandb.Error as error:
        raise InputError(f"wandb cannot log in: {_one_line(error)} {_LOGIN}") from None
    if not known:
        raise InputError(f"wandb has no API key. {_LOGIN}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") + "."


@contextmanager
def logging_to_wandb(run: str, config: Mapping[str, Any]) -> Iterator[ProgressCallback]:
    """Log the metrics of every step to Weights & Biases within a context.

    The wandb run starts with the first step, so invalid options create none. Under ``torchrun``
    only the main process logs.

    Parameters
    ----------
    run : str
        Name of the run.
    config : mapping
        Settings of the run, JSON-ready.

    Yields
    ------
    callable
        Callback for the `progress` parameter of :func:`train_model`.

    Raises
    ------
    InputError
        If wandb is not installed, has no API key, or cannot start the run.

    Examples
    --------
    >>> from djtrans.training import logging_to_wandb, train_model
    >>> with logging_to_wandb("baseline", {"lr": 1e-4}) as progress:  # doctest: +SKIP
    ...     train_model(data, "output", progress=progress)
    """
    try:
        import wandb
    except ImportError:
        raise InputError(
            "wandb is not installed; install it (pip install 'djtrans[wandb]') or omit --wandb."
        ) from None
    _check_login(wandb)
    runs: list[Any] = []

    def log(event: Progress) -> None:
        if not runs:
            try:
                runs.append(wandb.init(project="djtrans", name=run, config=dict(config)))
            except wandb.Error as error:
                raise InputError(f"wandb cannot start a run: {_one_line(error)} {_LOGIN}") from None
        pictures = {
            f"pictures/{name or 'curves'}": wandb.Image(str(file))
            for name, file in event.pictures.items()
        }
        runs[0].log({**event.metrics, **pictures}, step=int(event.done))

    try:
        yield log
    except BaseException:
        for each in runs:
            each.finish(exit_code=1)
        raise
    for each in runs:
        each.finish()
