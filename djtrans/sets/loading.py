"""Load tracks of a set that were scanned before."""

from __future__ import annotations

import warnings

from djtrans.core.track.track import Track
from djtrans.pipeline.preparation import as_track
from djtrans.sets.scanning import SetTrack


def load_again(track: SetTrack, sample_rate: int, channels: int) -> Track:
    """Load a scanned track at a rate, without the warnings that the scan has given.

    Parameters
    ----------
    track : SetTrack
    sample_rate, channels : int
        Of the mix.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return as_track(track.path).at_rate(sample_rate, channels)
