"""Several processes, each with its part of every batch (``torchrun``)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import torch

from djtrans.core.errors import InputError


@attrs.frozen
class World:
    """Where a process stands among all.

    Attributes
    ----------
    rank, size : int
    local_rank : int
        Among those of this machine: its GPU.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def leads(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def share(self, batch_size: int) -> int:
        """How much of a batch is its part.

        Raises
        ------
        InputError
            If it cannot be divided.
        """
        if batch_size % self.size:
            raise InputError(
                f"A batch of {batch_size} cannot be shared by {self.size} processes; give a "
                f"multiple of {self.size}."
            )
        return batch_size // self.size


@contextmanager
def joined_world(device: torch.device) -> Iterator[World]:
    """Join the processes that ``torchrun`` started; alone where it did not."""
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
