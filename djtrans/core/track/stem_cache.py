"""Stems that are kept, so that the same audio is not separated twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.contracts.separator import Separator, SeparatorDeclaration, TrainedSeparator
from djtrans.core.util.cache import cache_key, default_cache

KIND = "stems"
#: Raised when entries are written in another way.
FORMAT = 1
_NAME = "stems"


class CachedSeparator:
    """A separator that answers from the cache where it has heard the same audio before.

    An entry holds the separator's own answer as float32, so that what comes from the cache is the
    first answer to the bit.

    Parameters
    ----------
    separator : Separator
    name : str
        Its qualified name.
    declaration : SeparatorDeclaration
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
        """Digest of the separator's weights, empty if it has none."""
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
        """Stems of `audio`; see :class:`djtrans.core.contracts.separator.Separator`."""
        heard = audio.detach().to("cpu", torch.float32).contiguous()
        shape = (self._stems, *heard.shape)
        key = cache_key(
            format=FORMAT,
            audio=hashlib.sha256(heard.numpy().tobytes()).hexdigest(),
            shape=list(shape),
            sample_rate=sample_rate,
            weights=self.fetch(),
            **self._identity,
        )

        def read(path: Path) -> Tensor:
            stems = load_file(path)[_NAME]
            if tuple(stems.shape) != shape or not bool(torch.isfinite(stems).all()):
                raise ValueError("not the stems of this audio")
            return stems

        kept = default_cache().load(KIND, key, read)
        if kept is None:
            made = self._separator.separate(
                audio, sample_rate, start_seconds=start_seconds, progress=progress
            )
            if not isinstance(made, Tensor) or tuple(made.shape) != shape:
                return made  # breaks the contract: named by whoever asked, and not kept
            kept = made.detach().to("cpu", torch.float32).contiguous()
            content = {_NAME: kept}
            default_cache().store(KIND, key, lambda path: save_file(content, path))
        return kept.to(audio.device)
