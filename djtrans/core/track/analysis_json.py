"""Convert analyses to and from JSON, for the cache and ``djtrans analyze --json``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import cattrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.track.analysis import Analysis
from djtrans.core.track.beat_grid import as_times
from djtrans.core.track.key import Key

#: Version of the JSON format, part of the keys in the cache.
ANALYSIS_FORMAT = 1


def _is_series(kind: Any) -> bool:
    return bool(kind == NDArray[np.float64])


_converter = cattrs.Converter()
_converter.register_unstructure_hook_func(_is_series, lambda series: series.tolist())
_converter.register_structure_hook_func(_is_series, lambda values, _: as_times(values))
# JSON has no infinity, but the loudness of silence is minus infinity.
_converter.register_unstructure_hook(float, lambda x: x if math.isfinite(x) else None)
_converter.register_structure_hook(float, lambda x, _: -math.inf if x is None else float(x))


def analysis_to_dict(analysis: Analysis) -> dict[str, Any]:
    """Convert an analysis to a JSON-ready dictionary; arrays become lists.

    Returns
    -------
    dict
        Fields nested as in :class:`~djtrans.core.track.analysis.Analysis`. The key also has
        ``name`` and ``camelot``; minus infinity is None.
    """
    plain: dict[str, Any] = _converter.unstructure(analysis)
    key: Key = analysis.key
    return {**plain, "key": {**plain["key"], "name": key.name, "camelot": key.camelot}}


def analysis_from_dict(plain: Mapping[str, Any]) -> Analysis:
    """Invert :func:`analysis_to_dict`, bit for bit.

    Raises
    ------
    cattrs.BaseValidationError
        If a field is missing or of the wrong type.
    InputError
        If the beat grid is not valid.
    """
    return _converter.structure(plain, Analysis)
