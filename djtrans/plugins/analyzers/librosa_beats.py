"""Beats and downbeats from librosa's beat tracker.

The tracker and the onset strength are librosa's, with their defaults [1]_. librosa neither rates
beats nor finds downbeats, so two simple rules are added:

- *Confidence of the beats*: the deviation from a constant tempo. Right beats of a constant track
  deviate from a straight line by the resolution of the 23 ms frames (7 to 9 ms RMS); those of a
  wrong tempo, or that switch to the off-beat, by 30 ms and more. The confidence is at most 0.5, as
  the beats lag the attacks by some 30 ms even where the tempo is right. A drifting tempo lowers it,
  too.
- *Downbeat*: bars have four beats, and the downbeat is the beat with the highest mean strength. In
  dance music, where every beat has a kick, that is uncertain: the confidence is at most 0.3.

References
----------
.. [1] D. P. W. Ellis, "Beat tracking by dynamic programming", Journal of New Music Research 36(1),
   2007.
"""

from __future__ import annotations

import librosa
import numpy as np
from numpy.typing import NDArray

from djtrans.core.track.beat_grid import BeatGrid
from djtrans.plugins.analyzers.tracked_beats import (
    BEATS_PER_BAR,
    extend_beats,
    require_bars,
    require_beats,
)

HOP_SAMPLES = 512
_TRACKER = "librosa's beat tracker"
_HIGHEST_CONFIDENCE, _HIGHEST_DOWNBEAT_CONFIDENCE = 0.5, 0.3
#: Deviation from a straight line that halves the confidence, in seconds.
_HALF_CONFIDENCE_SECONDS = 0.020


def track_grid(mono: NDArray[np.float32], sample_rate: int, start_bpm: float) -> BeatGrid:
    """Track the beats of a signal and extend them to its ends.

    Parameters
    ----------
    mono : ndarray
        ``[samples]``.
    sample_rate : int
        Sample rate in Hz.
    start_bpm : float
        Initial tempo estimate of the tracker.

    Returns
    -------
    BeatGrid
        `bpm` is the slope of a straight line through the beats, since single intervals are whole
        frames.

    Raises
    ------
    InputError
        If fewer than four bars are found.
    """
    # The median over frequencies, as `beat_track` computes it from audio.
    strength = librosa.onset.onset_strength(
        y=mono, sr=sample_rate, hop_length=HOP_SAMPLES, aggregate=np.median
    )
    _, frames = librosa.beat.beat_track(
        onset_envelope=strength, sr=sample_rate, hop_length=HOP_SAMPLES, start_bpm=start_bpm
    )
    tracked = librosa.frames_to_time(frames, sr=sample_rate, hop_length=HOP_SAMPLES)
    require_beats(tracked, _TRACKER)
    count = np.arange(len(tracked))
    period, start = np.polyfit(count, tracked, 1)
    scatter = float(np.std(tracked - start - period * count))
    before, times = extend_beats(tracked, float(period), len(mono) / sample_rate)
    strongest, downbeat_confidence = _strongest(strength[frames])
    grid = BeatGrid(
        beat_times=times,
        first_downbeat=(before + strongest) % BEATS_PER_BAR,
        bpm=60.0 / float(period),
        beats_per_bar=BEATS_PER_BAR,
        constant=scatter < HOP_SAMPLES / sample_rate,
        confidence=_HIGHEST_CONFIDENCE / (1.0 + (scatter / _HALF_CONFIDENCE_SECONDS) ** 2),
        downbeat_confidence=downbeat_confidence,
    )
    require_bars(grid, _TRACKER)
    return grid


def _strongest(strength: NDArray[np.floating]) -> tuple[int, float]:
    """Find the beat of four with the highest mean strength, and its lead over the next."""
    mean = np.array([strength[i::BEATS_PER_BAR].mean() for i in range(BEATS_PER_BAR)])
    second, best = np.sort(mean)[-2:]
    lead = float(1.0 - second / max(float(best), 1e-12))
    return int(np.argmax(mean)), min(lead, _HIGHEST_DOWNBEAT_CONFIDENCE)
