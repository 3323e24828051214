"""Cache of separated stems."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.contracts.separator import Separator, SeparatorDeclaration, TrainedSeparator
from djtrans.core.util.cache import cache_key, default_cache
from djtrans.core.util.finite import all_finite

KIND = "stems"
#: Version of the format of entries, part of their keys.
FORMAT = 1
_NAME = "stems"


class CachedSeparator:
    """Separator with a cache of its results.

    Entries are float32, so that cached stems equal computed ones, bit for bit.

    Parameters
    ----------
    separator : Separator
        The separator.
    name : str
        Its qualified name.
    declaration : SeparatorDeclaration
        Its declaration.
    config : mapping
        Its complete config.
    """

    def __init__(
        self,
        separator: Separator,
        name: str,
        declaration: SeparatorDeclaration,
        config: Mapping[str, Any],
    ) -> None:
        self._separator = separator
        self._identity = {"separator": name, "version": declaration.version, "config": {**config}}
        self._stems = len(declaration.stems)

    def fetch(self, progress: FractionCallback | None = None) -> str:
        """Download the separator's weights if needed and return their digest, empty if none."""
        if isinstance(self._separator, TrainedSeparator):
            return self._separator.fetch(progress)
        return ""

    def separate(
        self,
        audio: Tensor,
        sample_rate: int,
        *,
        start_seconds: float = 0.0,
        progress: FractionCallback | None = None,
    ) -> Tensor:
        """Separate audio; see :class:`djtrans.core.contracts.separator.Separator`."""
        source = audio.detach().to("cpu", torch.float32).contiguous()
        shape = (self._stems, *source.shape)
        key = cache_key(
            format=FORMAT,
            audio=hashlib.sha256(source.numpy().tobytes()).hexdigest(),
            shape=list(shape),
            sample_rate=sample_rate,
            weights=self.fetch(),
            **self._identity,
        )

        def read(content: bytes) -> Tensor:
            stems = load(content)[_NAME]
            if tuple(stems.shape) != shape or not all_finite(stems):
                raise ValueError("not the stems of this audio")
            return stems

        stems = default_cache().load(KIND, key, read)
        if stems is None:
            result = self._separator.separate(
                audio, sample_rate, start_seconds=start_seconds, progress=progress
            )
            if not isinstance(result, Tensor) or tuple(result.shape) != shape:
                return result  # invalid results are reported by the caller and not cached
            stems = result.detach().to("cpu", torch.float32).contiguous()
            default_cache().store(KIND, key, save({_NAME: stems}))
        return stems.to(audio.device)
