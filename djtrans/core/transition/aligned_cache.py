"""Cache of the part of a track that is aligned with the timeline of a transition."""

from __future__ import annotations

from typing import Any

import attrs
from safetensors.torch import load, save
from torch import Tensor

from djtrans.core.audio.time_stretch import ENGINE
from djtrans.core.track.lazy_track import LazyTrack
from djtrans.core.track.track import Track
from djtrans.core.transition.alignment import Span, align
from djtrans.core.transition.plan import TrackPlan
from djtrans.core.util.cache import cache_key, default_cache
from djtrans.core.util.finite import all_finite

#: The kind of these entries in the cache.
KIND = "aligned"
#: Version of the alignment, part of the keys: raised if the same plan gives other samples.
FORMAT = 1
_NAME = "audio"


def alignment_facts(track: Track | LazyTrack, side: TrackPlan, span: Span) -> dict[str, Any]:
    """Return all that the samples of an aligned track depend on, for keys of the cache."""
    return {
        "engine": ENGINE,
        "audio": track.samples_hash,
        "span": [span.start, span.stop],
        "warp": side.warp,
        "gain_db": side.gain_db,
        "key_shift": side.key_shift,
        "loop": None if side.loop is None else attrs.asdict(side.loop),
        "gain_ease": None if side.gain_ease is None else attrs.asdict(side.gain_ease),
    }


def cached_align(track: Track | LazyTrack, side: TrackPlan, span: Span) -> Tensor:
    """Return a track aligned with the timeline from the cache, or align it and store the result.

    Parameters
    ----------
    track : Track or LazyTrack
        Known by the hash of its samples; it is not decoded if the cache has that and the result.
    side : TrackPlan
        The track's part of the plan.
    span : Span
        Span of the result on the timeline.

    Returns
    -------
    Tensor
        ``[channels, samples]`` float32; see :func:`djtrans.core.transition.alignment.align`.
    """
    key = cache_key(format=FORMAT, **alignment_facts(track, side, span))

    def read(content: bytes) -> Tensor:
        audio = load(content)[_NAME]
        if audio.shape[-1] != span.samples or not all_finite(audio):
            raise ValueError("not the audio of this span")
        return audio

    def write(aligned: Tensor) -> bytes:
        return save({_NAME: aligned.contiguous()})

    return default_cache().load_or_make(KIND, key, lambda: align(track, side, span), read, write)
