"""Choice of the torch device."""

from __future__ import annotations

import torch

from djtrans.core.errors import InputError


def pick_device(device: str) -> str:
    """Resolve a device name and check that the device is available.

    Parameters
    ----------
    device : str
        ``"auto"`` (CUDA, else MPS, else the CPU), ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.

    Returns
    -------
    str
        Device name for torch.

    Raises
    ------
    InputError
        If the device is not available.
    """
    backends = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    usable = [name for name, available in backends.items() if available]
    if device == "auto":
        return usable[0]
    if device.partition(":")[0] not in usable:
        raise InputError(
            f"The device {device!r} is not available; choose auto or one of {', '.join(usable)}."
        )
    return device
