"""Training sets by their path, whatever kind they are of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.core.errors import FormatError, InputError
from djtrans.core.util.progress import ProgressCallback
from djtrans.datasets.pairs.dataset import HEADER as PREPARED
from djtrans.datasets.pairs.dataset import PreparedDataset
from djtrans.datasets.pairs.opening import open_prepared
from djtrans.datasets.synthetic.dataset import HEADER as COMPOSED
from djtrans.datasets.synthetic.dataset import SyntheticDataset

_KINDS = (
    "a composed set (a file), or a folder that 'djtrans prepare' wrote (or the "
    "features.safetensors of one)"
)


def open_dataset(
    path: str | os.PathLike[str],
    progress: ProgressCallback | None = None,
    *,
    extractors: Sequence[FeatureExtractor] = (),
) -> SyntheticDataset | PreparedDataset:
    """Read a composed set, a folder of prepared pairs, or what was extracted of one.

    Parameters
    ----------
    path : path
    progress : callable, optional
        Receives a `Progress` event for each pair of a folder whose features are extracted.
    extractors : sequence of FeatureExtractor
        Run on the pairs of a folder, see :func:`djtrans.datasets.pairs.opening.open_prepared`.

    Raises
    ------
    InputError
        If it is not there or neither of them.
    FormatError
        If it is damaged.
    """
    from safetensors import SafetensorError, safe_open

    file = Path(path)
    if file.is_dir():
        return open_prepared(file, progress, extractors=extractors)
    if not file.is_file():
        raise InputError(f"There is nothing at {str(path)!r} to train on; give {_KINDS}.")
    try:
        with safe_open(file, framework="pt") as handle:
            header = handle.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise FormatError(f"{file} cannot be trained on ({error}); give {_KINDS}.") from None
    if PREPARED in header:
        return PreparedDataset.load(file)
    if COMPOSED in header:
        return SyntheticDataset.load(file)
    raise FormatError(f"{file} is a safetensors file, but no training set; give {_KINDS}.")
