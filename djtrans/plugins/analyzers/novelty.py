"""Bar-synchronous structural novelty for section boundaries (after Foote, 2000).

The track is divided into sixteenths (slots). The *backward novelty* of a slot is its distance from
the most similar of the slots one, two, four and eight bars earlier, so that a chord loop or a
two-bar riff is not novel; the *forward novelty* is that to later slots. At the start of a section
the backward novelty rises or the forward novelty falls. A drum fill has both, and so does not shift
the boundary to its own start. This is novelty along a self-similarity matrix [1]_ at lags of bars.

References
----------
.. [1] J. Foote, "Automatic audio segmentation using a measure of audio novelty", ICME 2000.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import power_to_db
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.plugins.analyzers.onsets import BandEnergies, Onsets

SLOTS_PER_BEAT = 4
SLOTS_PER_BAR = 16
_LAG_BARS = (1, 2, 4, 8)
_FLOOR = 1e-5
_ONSET_WEIGHT = 0.5
#: Frames that are averaged at once.
_BLOCK = 1 << 17


def slot_features(
    bands: BandEnergies, onsets: Onsets, period: float, offset: float
) -> NDArray[np.float64]:
    """Compute mean level (dB) and mean onset strength per sixteenth and band, of unit deviation.

    Parameters
    ----------
    bands : BandEnergies
        Band energies of the track.
    onsets : Onsets
        Onsets of the track.
    period, offset : float
        Beat length, and time of a beat, in seconds.

    Returns
    -------
    ndarray of float64
        ``[slots, 2 * bands]``; slot 0 starts with the first sixteenth at or after the first sample.
    """
    slot_seconds = period / SLOTS_PER_BEAT
    first = offset % slot_seconds
    return _slot_means(bands, onsets, lambda seconds: (seconds - first) / slot_seconds)


def grid_features(bands: BandEnergies, onsets: Onsets, grid: BeatGrid) -> NDArray[np.float64]:
    """Compute the features of :func:`slot_features` on any grid; slot 0 starts with bar 0."""
    return _slot_means(
        bands,
        onsets,
        lambda seconds: SLOTS_PER_BEAT * (grid.beat_of(seconds) - grid.first_downbeat),
    )


def _slot_means(
    bands: BandEnergies,
    onsets: Onsets,
    position: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Average level and onset strength over slots; `position` converts seconds to slots."""
    floor = _FLOOR * bands.energy.mean(axis=0) + 1e-20

    def slot_of(frames: NDArray[np.int64]) -> NDArray[np.int64]:
        # A frame looks 10 ms ahead: an attack on a sixteenth belongs to it, not to its predecessor.
        return np.floor(position(frames / bands.frame_rate + 0.01)).astype(np.int64)

    slots = int(slot_of(np.array([len(onsets) - 1]))[0])
    count = np.zeros(slots)
    sums = np.zeros((2 * bands.energy.shape[1], slots))
    for start in range(0, len(onsets), _BLOCK):
        part = slice(start, start + _BLOCK)
        level = power_to_db(bands.energy[part] + floor)
        index = slot_of(np.arange(start, start + len(level)))
        inside = (index >= 0) & (index < slots)
        count += np.bincount(index[inside], minlength=slots)
        columns = [*level.T, *onsets[part].T]
        for total, column in zip(sums, columns, strict=True):
            total += np.bincount(index[inside], column[inside], slots)
    mean = np.stack(list(sums), axis=1) / np.maximum(count, 1.0)[:, None]
    deviation = mean.std(axis=0)
    scaled = mean / np.where(deviation > 1e-9, deviation, 1.0)
    scaled[:, bands.energy.shape[1] :] *= _ONSET_WEIGHT
    return np.asarray(scaled, dtype=np.float64)


def structural_novelty(features: NDArray[np.float64], reach_slots: int) -> NDArray[np.float64]:
    """Compute the structural novelty at the start of each slot.

    Parameters
    ----------
    features : ndarray
        ``[slots, features]`` of :func:`slot_features`.
    reach_slots : int
        Number of slots compared before and after.

    Returns
    -------
    ndarray of float64
        ``[slots]``, at least 0; 0 within `reach_slots` of the ends.
    """
    slots = len(features)
    backward = _bar_novelty(features)
    forward = _bar_novelty(features[::-1])[::-1]
    change = np.zeros(slots)
    if slots <= 2 * reach_slots:
        return change
    middle = np.arange(reach_slots, slots - reach_slots)
    for curve, sign in ((backward, 1.0), (forward, -1.0)):
        total = np.concatenate([[0.0], np.cumsum(curve)])
        after = total[middle + reach_slots] - total[middle]
        before = total[middle] - total[middle - reach_slots]
        change[middle] += np.maximum(sign * (after - before), 0.0) / reach_slots
    return change


def _bar_novelty(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the distance of each slot from the most similar slot some bars earlier."""
    slots = len(features)
    nearest = np.full(slots, np.inf)
    for bars in _LAG_BARS:
        lag = bars * SLOTS_PER_BAR
        if lag < slots:
            distance = np.abs(features[lag:] - features[:-lag]).mean(axis=1)
            nearest[lag:] = np.minimum(nearest[lag:], distance)
    known = np.isfinite(nearest)
    # The first bar has no predecessor and gets the median.
    nearest[~known] = float(np.median(nearest[known])) if known.any() else 0.0
    return nearest
