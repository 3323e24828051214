"""Cache of track analyses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from djtrans.core.contracts.config import config_to_dict
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.analysis_json import ANALYSIS_FORMAT, analysis_from_dict, analysis_to_dict
from djtrans.core.track.track import Track
from djtrans.core.util.cache import cache_key, default_cache

KIND = "analyses"


def cached_analysis(
    track: Track, name: str, declaration: Declaration, analyze: Callable[[], Analysis]
) -> Analysis:
    """Load the analysis of a track from the cache, or analyze the track and cache the result.

    Parameters
    ----------
    track : Track
        The track, identified by the hash of its file, its sample rate and its shape. A track that
        is not from a file is always analyzed.
    name : str
        Qualified name of the analyzer.
    declaration : Declaration
        Declaration of the analyzer, used with its default config. A factory that is an object, as
        in a notebook, can change without a new version: its results are not cached.
    analyze : callable
        Function that analyzes the track.

    Returns
    -------
    Analysis
    """
    if not track.sha256 or not declaration.lazy:
        return analyze()
    cache = default_cache()
    key = cache_key(
        format=ANALYSIS_FORMAT,
        audio=track.sha256,
        shape=list(track.audio.shape),
        sample_rate=track.sample_rate,
        analyzer=name,
        version=declaration.version,
        config=config_to_dict(declaration.config()),
    )
    analysis = cache.load(KIND, key, _read)
    if analysis is None:
        analysis = analyze()
        text = json.dumps(analysis_to_dict(analysis))
        cache.store(KIND, key, lambda path: path.write_text(text, encoding="utf-8"))
    return analysis


def _read(path: Path) -> Analysis:
    return analysis_from_dict(json.loads(path.read_text(encoding="utf-8")))
