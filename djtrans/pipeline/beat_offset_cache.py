"""Cache of the offset between the beats of two unprocessed tracks in a planned window."""

from __future__ import annotations

import json

import attrs
import cattrs
import torch

from djtrans.core.track.lazy_track import LazyTrack
from djtrans.core.track.track import Track
from djtrans.core.transition.aligned_cache import alignment_facts
from djtrans.core.transition.alignment import align, window_span
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.util.cache import cache_key, default_cache
from djtrans.core.util.json_documents import parse_json
from djtrans.metrics.beat_offset import BeatOffset, beat_offset

#: The kind of these entries in the cache.
KIND = "offsets"
#: Version of the measurement, part of the keys.
FORMAT = 1


def cached_offset(
    tracks: Pair[Track] | Pair[Track | LazyTrack], plan: TransitionPlan
) -> BeatOffset:
    """Return the offset of B's beats in the window from the cache, or measure and store it.

    Parameters
    ----------
    tracks : Pair of Track
        Of the same sample rate.
    plan : TransitionPlan

    Returns
    -------
    BeatOffset
        Of the tracks on the timeline of the plan, before the mixer.
    """
    rate = tracks.a.sample_rate
    window, sides = window_span(plan, rate), Pair(plan.a, plan.b)
    both = list(zip(tracks, sides, strict=True))
    key = cache_key(
        format=FORMAT,
        sides=[alignment_facts(track, side, window) for track, side in both],
        beat_times=plan.beat_times,
    )

    def measure() -> BeatOffset:
        a, b = (align(track, side, window) for track, side in both)
        return beat_offset(a, b, rate, torch.tensor(plan.beat_times, dtype=torch.float64))

    return default_cache().load_or_make(KIND, key, measure, _read, _write)


def _write(found: BeatOffset) -> bytes:
    return json.dumps(attrs.asdict(found)).encode()


def _read(content: bytes) -> BeatOffset:
    return cattrs.structure(parse_json(content), BeatOffset)
