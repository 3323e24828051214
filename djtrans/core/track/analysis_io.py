"""Convert analyses to and from JSON, and cache them per file."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import cattrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.contracts.config import config_to_dict
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.beat_grid import as_times
from djtrans.core.track.key import Key
from djtrans.core.track.lazy_track import LazyTrack
from djtrans.core.track.track import Track
from djtrans.core.util.cache import cache_key, default_cache
from djtrans.core.util.json_documents import parse_json

#: The kind of these entries in the cache.
KIND = "analyses"
#: Raised when the same analysis would be written otherwise; part of its key in the cache.
ANALYSIS_FORMAT = 1


def _is_series(kind: Any) -> bool:
    return bool(kind == NDArray[np.float64])


_converter = cattrs.Converter()
_converter.register_unstructure_hook_func(_is_series, lambda series: series.tolist())
_converter.register_structure_hook_func(_is_series, lambda values, _: as_times(values))
# JSON has no infinity, and the loudness of what is all but silent is minus infinity.
_converter.register_unstructure_hook(float, lambda x: x if math.isfinite(x) else None)
_converter.register_structure_hook(float, lambda x, _: -math.inf if x is None else float(x))


def analysis_to_dict(analysis: Analysis) -> dict[str, Any]:
    """Convert an analysis to JSON-ready values, series as lists.

    Returns
    -------
    dict
        As nested as :class:`~djtrans.core.track.analysis.Analysis`; the key also has its ``name``
        and its ``camelot`` code, and a loudness of minus infinity is None.
    """
    plain: dict[str, Any] = _converter.unstructure(analysis)
    key: Key = analysis.key
    return {**plain, "key": {**plain["key"], "name": key.name, "camelot": key.camelot}}


def analysis_from_dict(plain: Mapping[str, Any]) -> Analysis:
    """Restore an analysis from :func:`analysis_to_dict`, exact to the last digit.

    Raises
    ------
    cattrs.BaseValidationError
        If a field is missing or of the wrong type.
    InputError
        If the beats contradict each other.
    """
    return _converter.structure(plain, Analysis)


def cached_analysis(
    track: Track | LazyTrack,
    name: str,
    declaration: Declaration,
    analyze: Callable[[], Analysis],
) -> Analysis:
    """Return the analysis of a track from the cache, or analyze it and store the result.

    Parameters
    ----------
    track : Track
        Known by the hash of its samples: another decoder, or an edit in memory, gives other ones.
    name : str
        Qualified name of the analyzer.
    declaration : Declaration
        Of the analyzer, used with its default config. One whose factory is an object, as in a
        notebook, may change from run to run without a new version: its results are not kept.
    analyze : callable
        Called where nothing is kept.

    Returns
    -------
    Analysis
    """
    if not declaration.lazy:
        return analyze()
    key = cache_key(
        format=ANALYSIS_FORMAT,
        audio=track.samples_hash,
        analyzer=name,
        version=declaration.version,
        config=config_to_dict(declaration.config()),
    )
    return default_cache().load_or_make(KIND, key, analyze, _read, _write)


def _write(found: Analysis) -> bytes:
    return json.dumps(analysis_to_dict(found)).encode()


def _read(content: bytes) -> Analysis:
    return analysis_from_dict(parse_json(content))
