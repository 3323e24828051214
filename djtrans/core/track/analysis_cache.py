"""Analyses of files that were analyzed before."""

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
    """The analysis of a track from the cache, or from the analyzer and then kept.

    Parameters
    ----------
    track : Track
        Known by the hash of its file, its rate and its shape; one that came from no file is always
        analyzed.
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
    found = cache.load(KIND, key, _read)
    if found is None:
        found = analyze()
        text = json.dumps(analysis_to_dict(found))
        cache.store(KIND, key, lambda path: path.write_text(text, encoding="utf-8"))
    return found


def _read(path: Path) -> Analysis:
    return analysis_from_dict(json.loads(path.read_text(encoding="utf-8")))
