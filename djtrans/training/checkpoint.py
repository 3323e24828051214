"""Training checkpoints: all that it takes to go on as if nothing had happened."""

from __future__ import annotations

import os

import attrs
import torch
from torch import nn
from torch.optim import Optimizer

from djtrans.core.errors import FormatError
from djtrans.core.util.atomic_files import replacing
from djtrans.diffusion.checkpoint import RECORD, ModelRecord, read_checkpoint
from djtrans.training.ema import Ema
from djtrans.training.options import TrainOptions

#: What may be another when a run goes on: it changes neither the losses nor what is learned.
_FREE = ("save_every",)


@attrs.define
class TrainingState:
    """A run as it stands.

    Attributes
    ----------
    network : nn.Module
    ema : Ema
    optimizer : Optimizer
    step : int
        Steps done.
    best : float
        Lowest validation loss so far.
    """

    network: nn.Module
    ema: Ema
    optimizer: Optimizer
    step: int = 0
    best: float = float("inf")

    def save(
        self, path: str | os.PathLike[str], record: ModelRecord, options: TrainOptions
    ) -> None:
        """Write a checkpoint: primitives and tensors only, whole or not at all."""
        content = {
            RECORD: record.to_json(),
            "network": self.network.state_dict(),
            "ema": self.ema.weights,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "best": self.best,
            "options": options.to_json(),
        }
        with replacing(path, FormatError) as part:
            torch.save(content, part)

    def load(self, path: str | os.PathLike[str], options: TrainOptions) -> None:
        """Go on from a checkpoint of the same run.

        Raises
        ------
        FormatError
            If it is no checkpoint, belongs to another network, or to a run with other options.
        """
        content = read_checkpoint(path)
        try:
            begun = TrainOptions.from_json(content["options"])
            _check_options(begun, options, int(content["step"]), str(path))
            self.network.load_state_dict(content["network"])
            self.ema.load(content["ema"])
            self.optimizer.load_state_dict(content["optimizer"])
            self.step, self.best = int(content["step"]), float(content["best"])
        except FormatError:
            raise
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            why = " ".join(str(error).split())[:200]
            raise FormatError(
                f"{path} is not of this network: {why}. Resume with the denoiser, encoders and "
                "mixer that it was begun with."
            ) from None


def _check_options(begun: TrainOptions, asked: TrainOptions, step: int, path: str) -> None:
    """Refuse to go on in another way than the run was begun."""
    changed = [
        field.name
        for field in attrs.fields(TrainOptions)
        if field.name not in _FREE and getattr(begun, field.name) != getattr(asked, field.name)
    ]
    # A longer run is the same run as long as its learning rate has not begun to fall.
    if "steps" in changed and begun.lr_at(step - 1) == asked.lr_at(step - 1):
        changed.remove("steps")
    if changed:
        said = ", ".join(
            f"{name} = {getattr(begun, name)} (now {getattr(asked, name)})" for name in changed
        )
        raise FormatError(
            f"{path} was begun with {said}; resume with these, so that the run goes on as it "
            "would have, or start a new one."
        )
