"""Validation of a run: loss on held-out data, by technique, and results of a monitor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import torch

from djtrans.datasets.batch import Batch, BatchSource
from djtrans.training.distributed import World
from djtrans.training.loss import TrainingLoss
from djtrans.training.options import TrainOptions
from djtrans.training.random_streams import VALIDATION, generator

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Called at each validation with the number of steps done, while the network has the averaged
#: weights; returns numbers and matplotlib figures by name.
Monitor: TypeAlias = "Callable[[int], Mapping[str, float | Figure]]"


@attrs.define(eq=False)
class Validation:
    """Loss on held-out batches, always with the same noise.

    The batches are kept, on the CPU: they are the same at each validation.

    Attributes
    ----------
    source : BatchSource
        Source of the batches.
    loss : TrainingLoss
        Loss with the network.
    options : TrainOptions
        Number of batches and seed.
    world : World
        Processes that share the batches.
    device : torch.device
        Device of the network.
    autocast : callable
        Returns the context in which the network computes.
    """

    source: BatchSource
    loss: TrainingLoss
    options: TrainOptions
    world: World
    device: torch.device
    autocast: Callable[[], AbstractContextManager[Any]]
    _batches: dict[int, Batch] = attrs.field(factory=dict, init=False)

    @torch.no_grad()
    def __call__(self) -> dict[str, float]:
        """Compute ``"loss"``, and ``"loss/TECHNIQUE"`` for the techniques of the batches.

        The loss is the mean over the batches, those by technique are means over transitions of the
        diffusion loss. The network should have the averaged weights.
        """
        total = torch.zeros((), device=self.device)
        rows: dict[str, list[float]] = defaultdict(list)
        for index in range(self.world.rank, self.options.validation_batches, self.world.size):
            batch = self._batch(index).to(self.device)
            sample = self.loss.sample(batch, generator(self.options.seed, VALIDATION, index))
            with self.autocast():
                # Without DDP: the processes may have different numbers of validation batches.
                terms, losses = self.loss.evaluate(batch, sample)
            total += terms[0]
            for technique, loss in zip(batch.techniques, losses.tolist(), strict=False):
                rows[technique].append(loss)
        mean = self.world.mean(total) * self.world.size / self.options.validation_batches
        every: dict[str, list[float]] = defaultdict(list)
        for part in self.world.gather(dict(rows)):
            for technique, values in part.items():
                every[technique] += values
        return {"loss": float(mean)} | {
            f"loss/{technique or 'unknown'}": sum(values) / len(values)
            for technique, values in sorted(every.items())
        }

    def _batch(self, index: int) -> Batch:
        if index not in self._batches:
            size = self.world.local_batch_size(self.options.batch_size)
            self._batches[index] = self.source.batch(index, size, validation=True)
        return self._batches[index]


def write_results(
    results: Mapping[str, Any], folder: Path, step: int
) -> tuple[dict[str, float], dict[str, Path]]:
    """Split the results of a monitor into numbers and pictures, which are written.

    Parameters
    ----------
    results : mapping of str to float or Figure
        Result of a :data:`Monitor`.
    folder : Path
        Folder of the pictures: ``step_00100.png`` for the figure ``""``, else with its name.
    step : int
        Number of steps done.

    Returns
    -------
    numbers : dict of str to float
        The other results.
    pictures : dict of str to Path
        Files by the names of the figures.
    """
    from djtrans.plot.save import save_figure

    numbers, pictures = {}, {}
    for name, value in results.items():
        if isinstance(value, int | float):
            numbers[name] = float(value)
            continue
        folder.mkdir(exist_ok=True)
        pictures[name] = folder / f"step_{step:05d}{'_' + name if name else ''}.png"
        save_figure(value, pictures[name])
    return numbers, pictures
