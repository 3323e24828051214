"""Store and check the arrays of encoders' feature extractors in dataset files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor

from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.core.errors import InputError
from djtrans.diffusion.conditioning import ConditioningSlot


def versions(extractors: Iterable[FeatureExtractor]) -> dict[str, int]:
    """Return the versions of extractors by name, the cache key of their arrays."""
    return {extractor.name: extractor.version for extractor in extractors}


def covers(extracted: Mapping[str, int], needed: Mapping[str, int]) -> bool:
    """Return True if all needed extractors were run, in the same versions."""
    return needed.items() <= extracted.items()


def extra_tensors(extra: Mapping[str, Tensor], at: str) -> dict[str, Tensor]:
    """Name arrays as tensors of a safetensors file, with the prefix `at`."""
    return {f"{at}/extra/{name}": array.contiguous() for name, array in extra.items()}


def read_extra(tensors: Any, names: Iterable[str], at: str) -> dict[str, Tensor]:
    """Read arrays of these names from an open safetensors file, see :func:`extra_tensors`."""
    return {name: tensors.get_tensor(f"{at}/extra/{name}") for name in names}


def check_extracted(
    slots: Sequence[ConditioningSlot], extracted: Mapping[str, int], what: str, remedy: str
) -> None:
    """Raise if stored features lack the arrays of an encoder's extractor.

    Parameters
    ----------
    slots : sequence of ConditioningSlot
        Slots of the network's encoders.
    extracted : mapping of str to int
        Versions of the extractors that were run, by name.
    what : str
        Name of the stored data in the message.
    remedy : str
        How to compute the arrays, at the end of the message.

    Raises
    ------
    InputError
        If an extractor was not run, or was run in another version.
    """
    for slot in slots:
        if slot.extractor is None:
            continue
        name, version = slot.extractor
        if extracted.get(name) != version:
            stored = f"of its version {extracted[name]} only" if name in extracted else "at all"
            raise InputError(
                f"The encoder {slot.encoder} needs features of its extractor {name!r}, version "
                f"{version}, but {what} has none {stored}; {remedy}."
            )
