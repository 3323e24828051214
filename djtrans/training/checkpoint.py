"""Training checkpoints: save and restore the complete state of a run."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping
from typing import Any

import attrs
import torch
from torch import nn
from torch.optim import Optimizer

from djtrans.core.errors import FormatError
from djtrans.core.util.atomic_files import replacing
from djtrans.core.util.json_documents import MALFORMED
from djtrans.diffusion.checkpoint import ModelRecord
from djtrans.diffusion.untrusted_files import RECORD, read_checkpoint
from djtrans.training.ema import Ema
from djtrans.training.optimizer import load_optimizer
from djtrans.training.options import TrainOptions

#: Options that may change when a run is resumed: they affect neither losses nor weights.
_CHANGEABLE = ("save_every", "patience", "loader_workers")


@attrs.define
class TrainingState:
    """State of a training run.

    Attributes
    ----------
    network : nn.Module
        Network in training.
    ema : Ema
        Averaged weights.
    optimizer : Optimizer
        Optimizer of the network.
    step : int
        Number of steps done.
    best : float
        Lowest validation loss so far.
    stale : int
        Number of validations since then.
    """

    network: nn.Module
    ema: Ema
    optimizer: Optimizer
    step: int = 0
    best: float = float("inf")
    stale: int = 0

    def save(
        self, path: str | os.PathLike[str], record: ModelRecord, options: TrainOptions
    ) -> None:
        """Write a checkpoint of primitives and tensors, atomically."""
        content = {
            RECORD: record.to_json(),
            "network": self.network.state_dict(),
            "ema": self.ema.weights,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "best": self.best,
            "stale": self.stale,
            "options": options.to_json(),
        }
        # Given a path, torch would store its name, which is a random one here.
        with replacing(path, FormatError) as part, part.open("wb") as stream:
            torch.save(content, stream)

    def load(
        self, path: str | os.PathLike[str], options: TrainOptions, record: ModelRecord
    ) -> None:
        """Restore the state from a checkpoint of the same run.

        Raises
        ------
        FormatError
            If the file is not a checkpoint, or that of another network, other options or data.
        """
        content = read_checkpoint(path)
        try:
            saved = TrainOptions.from_json(content["options"])
            _check_options(saved, options, int(content["step"]), str(path))
            _check_data(ModelRecord.from_json(content[RECORD], str(path)).card, record.card, path)
            self.network.load_state_dict(content["network"])
            self.ema.load(content["ema"])
            load_optimizer(self.optimizer, self.network, _interned(content["optimizer"]))
            self.step, self.best = int(content["step"]), float(content["best"])
            self.stale = int(content.get("stale", 0))
        except FormatError:
            raise
        except (RuntimeError, *MALFORMED) as error:
            why = " ".join(str(error).split())[:200]
            raise FormatError(
                f"{path} does not match this network: {why}. Resume with the denoiser, encoders "
                "and mixer that the run was started with."
            ) from None


def _interned(value: Any) -> Any:
    """Make equal keys of mappings one object, as those of a new optimizer are.

    pickle writes an object once, so that the bytes of later checkpoints depend on it.
    """
    if isinstance(value, dict):
        return {
            sys.intern(key) if isinstance(key, str) else key: _interned(item)
            for key, item in value.items()
        }
    return [_interned(item) for item in value] if isinstance(value, list) else value


def _check_data(
    saved: Mapping[str, Any], given: Mapping[str, Any], path: str | os.PathLike[str]
) -> None:
    """Raise if a run would be resumed with other training data than it was started with."""
    if "data_digests" not in given:
        return
    if "data_digests" not in saved:
        warnings.warn(
            f"{path} does not record the digest of its training data; whether they are the same "
            "cannot be checked.",
            stacklevel=4,
        )
        return
    before, now = saved["data_digests"], given["data_digests"]
    if before == now:
        return
    changed = [
        str(index)
        for index, pair in enumerate(zip(before, now, strict=False), 1)
        if pair[0] != pair[1]
    ]
    which = f"dataset {', '.join(changed)} of {len(now)} differs"
    if len(before) != len(now):
        which = f"it had {len(before)} datasets, now there are {len(now)}"
    raise FormatError(
        f"{path} was trained on other data: {which} ({_differences(saved['data'], given['data'])})."
        " Resume with the same data, or start a new run."
    )


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    names = [name for name in dict.fromkeys([*before, *now]) if before.get(name) != now.get(name)]
    texts = [f"{name} was {before.get(name)}, is {now.get(name)}" for name in names]
    return "; ".join(texts) or "of the same size, with other content"


def _check_options(saved: TrainOptions, given: TrainOptions, step: int, path: str) -> None:
    """Raise if a run would be resumed with options that change its results."""
    changed = [
        field.name
        for field in attrs.fields(TrainOptions)
        if field.name not in _CHANGEABLE
        and getattr(saved, field.name) != getattr(given, field.name)
    ]
    # The number of steps may change as long as the learning rate has not begun to decay.
    if "steps" in changed and saved.lr_at(step - 1) == given.lr_at(step - 1):
        changed.remove("steps")
    if changed:
        differences = ", ".join(
            f"{name} = {getattr(saved, name)} (now {getattr(given, name)})" for name in changed
        )
        raise FormatError(
            f"{path} was started with {differences}; resume with these values or start a new run."
        )
