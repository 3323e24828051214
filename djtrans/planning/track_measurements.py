"""Measurements of a track's audio that planning needs, kept in the cache."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np

from djtrans.core.track.lazy_track import LazyTrack
from djtrans.core.track.track import Track
from djtrans.core.util.cache import cache_key, default_cache
from djtrans.core.util.json_documents import parse_json
from djtrans.planning.beat_features import (
    BeatFeatureExtractor,
    BeatFeatures,
    FloatArray,
    extract_beat_features,
)

#: The kind of these entries in the cache.
KIND = "measurements"
#: Version of the measurements, part of the keys.
FORMAT = 1


def peak(track: Track | LazyTrack) -> float:
    """Measure the peak of a track, linear."""
    return float(_cached(track, lambda: float(track.audio.abs().max()), what="peak"))


def beat_feature_extractor(track: Track | LazyTrack) -> BeatFeatureExtractor:
    """Return the extractor of the features of a track at given beats."""

    def extract(beat_times: FloatArray) -> BeatFeatures:
        def measure() -> dict[str, list[Any]]:
            audio = track.audio.numpy()
            found = extract_beat_features(audio, track.sample_rate, beat_times)
            return {name: values.tolist() for name, values in attrs.asdict(found).items()}

        plain = _cached(track, measure, what="beat features", beat_times=beat_times.tolist())
        return BeatFeatures(**{name: np.array(values) for name, values in plain.items()})

    return extract


def _cached(track: Track | LazyTrack, measure: Callable[[], Any], **facts: Any) -> Any:
    key = cache_key(format=FORMAT, audio=track.samples_hash, **facts)
    return default_cache().load_or_make(
        KIND, key, measure, parse_json, lambda found: json.dumps(found).encode()
    )
