"""Synthetic dance tracks with true stems and known truth.

A :class:`TrackSpec` says what the track is, :func:`sample_spec` draws one, and :func:`synthesize`
plays it. Grid, sections, phrases,
key and stems of a :class:`SynthTrack` are not estimates: they are what was played.
"""

from djtrans.synthesis.random_spec import GENRES, sample_spec
from djtrans.synthesis.track import SynthTrack, synthesize
from djtrans.synthesis.track_spec import TrackSpec

__all__ = ["GENRES", "SynthTrack", "TrackSpec", "sample_spec", "synthesize"]
