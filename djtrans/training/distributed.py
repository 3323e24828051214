"""Data-parallel training under ``torchrun``: process group and share of each batch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import attrs
import torch
from torch import Tensor

from djtrans.core.errors import InputError

T = TypeVar("T")


@attrs.frozen
class World:
    """Process group of a run.

    Attributes
    ----------
    rank, size : int
        Index of this process, and number of processes.
    local_rank : int
        Index among the processes of this machine, and of its GPU.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def is_main(self) -> bool:
        """True for the process that writes files and reports progress."""
        return self.rank == 0

    def wait(self) -> None:
        """Wait until all processes have reached this point."""
        if self.size > 1:
            torch.distributed.barrier()

    def mean(self, values: Tensor) -> Tensor:
        """Average a tensor over all processes."""
        if self.size > 1:
            torch.distributed.all_reduce(values)
            values = values / self.size
        return values

    def any(self, flag: bool, device: torch.device) -> bool:
        """Return True if the flag is set in any process."""
        if self.size == 1:
            return flag
        return float(self.mean(torch.tensor(float(flag), device=device))) > 0.0

    def gather(self, value: T) -> list[T]:
        """Collect a picklable value of each process, in all of them."""
        if self.size == 1:
            return [value]
        values: list[Any] = [None] * self.size
        torch.distributed.all_gather_object(values, value)
        return values

    def local_batch_size(self, batch_size: int) -> int:
        """Compute the batch size of one process.

        Raises
        ------
        InputError
            If the batch size is not divisible by the number of processes.
        """
        if batch_size % self.size:
            raise InputError(
                f"The batch size {batch_size} is not divisible by {self.size} processes; choose a "
                f"multiple of {self.size}."
            )
        return batch_size // self.size


@contextmanager
def process_group(device: torch.device) -> Iterator[World]:
    """Join the process group of ``torchrun``, if it started this process."""
    if "WORLD_SIZE" not in os.environ:
        yield World()
        return
    world = World(
        int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]), int(os.environ["LOCAL_RANK"])
    )
    torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield world
    finally:
        torch.distributed.destroy_process_group()
