"""Where tensors are computed."""

from __future__ import annotations

import torch

from djtrans.core.errors import InputError


def pick_device(device: str) -> str:
    """The device that a name means.

    Parameters
    ----------
    device : str
        ``"auto"`` (CUDA, else MPS, else the CPU), ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.

    Returns
    -------
    str
        As torch takes it.

    Raises
    ------
    InputError
        If the device is not there.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    usable = [name for name, available in there.items() if available]
    if device == "auto":
        return usable[0]
    if device.partition(":")[0] not in usable:
        raise InputError(
            f"The device {device!r} is not available; choose auto or one of {', '.join(usable)}."
        )
    return device
