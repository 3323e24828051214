"""Open a dataset of any kind by its path."""

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
from djtrans.datasets.synthetic.dataset import HEADER as SYNTHETIC
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.diffusion.extractors import default_extractors

_KINDS = (
    "a synthetic dataset (a .safetensors file), or a folder that 'djtrans prepare' wrote (or its "
    "features.safetensors)"
)


def open_dataset(
    path: str | os.PathLike[str],
    progress: ProgressCallback | None = None,
    *,
    extractors: Sequence[FeatureExtractor] | None = None,
) -> SyntheticDataset | PreparedDataset:
    """Open a synthetic dataset, a folder of prepared pairs, or the features extracted from one.

    Parameters
    ----------
    path : path
        File or folder.
    progress : callable, optional
        Receives a `Progress` event for each pair whose features are extracted.
    extractors : sequence of FeatureExtractor, optional
        Extractors to run on the pairs of a folder, see
        :func:`djtrans.datasets.pairs.opening.open_prepared`; by default those of the encoders that
        a new model has by default.

    Returns
    -------
    SyntheticDataset or PreparedDataset
        Dataset for :func:`djtrans.training.train_model`.

    Raises
    ------
    InputError
        If the path does not exist, or the folder contains no prepared pairs.
    FormatError
        If the file is damaged or not a dataset.

    Examples
    --------
    >>> import djtrans
    >>> data = djtrans.datasets.open_dataset("set.safetensors")  # doctest: +SKIP
    """
    from safetensors import SafetensorError, safe_open

    file = Path(path)
    if file.is_dir():
        if extractors is None:
            extractors = default_extractors()
        return open_prepared(file, progress, extractors=extractors)
    if not file.is_file():
        raise InputError(f"There is no dataset {str(path)!r}; give {_KINDS}.")
    try:
        with safe_open(file, framework="pt") as handle:
            header = handle.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise FormatError(f"{file} is not a dataset ({error}); give {_KINDS}.") from None
    if PREPARED in header:
        return PreparedDataset.load(file)
    if SYNTHETIC in header:
        return SyntheticDataset.load(file)
    raise FormatError(f"{file} is a safetensors file, but not a dataset; give {_KINDS}.")
