"""Synthetic dance tracks with true stems.

A :class:`TrackSpec` describes a track, :func:`sample_spec` samples one at random, and
:func:`synthesize` renders it. Grid, sections, phrases, key and stems of a :class:`SynthTrack` are
exact, not estimated.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
