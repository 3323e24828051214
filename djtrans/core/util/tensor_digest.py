"""Digest of tensors and their description, kept in the header of a safetensors file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

#: Field of the description that holds the digest; files of djtrans 0.1 lack it.
DIGEST = "sha256"


def tensor_digest(tensors: Mapping[str, Tensor], description: Mapping[str, Any]) -> str:
    """Compute the SHA-256 of tensors and of their description without its digest.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        On the CPU.
    description : mapping
        JSON-ready.
    """
    plain = {name: value for name, value in description.items() if name != DIGEST}
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(_bytes()).numpy().tobytes())
    return digest.hexdigest()


def with_digest(tensors: Mapping[str, Tensor], description: Mapping[str, Any]) -> dict[str, Any]:
    """Return a description with the digest."""
    return {**description, DIGEST: tensor_digest(tensors, description)}


def is_intact(tensors: Mapping[str, Tensor], description: Mapping[str, Any]) -> bool:
    """Return True if the digest matches, or there is none."""
    expected = description.get(DIGEST)
    return expected is None or expected == tensor_digest(tensors, description)


def _bytes() -> Any:
    import torch

    return torch.uint8
