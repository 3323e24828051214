"""Where the music turns: what was not heard before begins, what will not be heard again ends.

The track is cut into sixteenths. A sixteenth is *new* as far as it differs from those one, two,
four and eight bars earlier (from the most alike of them, so that a chord loop or a two-bar riff is
not new), and *past* as far as it differs from those later. At a section's start newness rises or
pastness falls. A drum fill is both new and past, and so does not shift the turn to its own start.
This follows the idea of novelty along a self-similarity matrix [1]_, with the lags bound to bars.

References
----------
.. [1] J. Foote, "Automatic audio segmentation using a measure of audio novelty", ICME 2000.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import power_to_db
from djtrans.plugins.analyzers.onsets import BandEnergies

SLOTS_PER_BEAT = 4
SLOTS_PER_BAR = 16
_LAG_BARS = (1, 2, 4, 8)
_FLOOR = 1e-5
_ONSET_WEIGHT = 0.5


def slot_features(
    bands: BandEnergies, onsets: NDArray[np.float64], period: float, offset: float
) -> NDArray[np.float64]:
    """Mean level in dB and mean onset strength per sixteenth and band, each scaled to deviation 1.

    Parameters
    ----------
    bands : BandEnergies
    onsets : ndarray
        ``[frames, bands]``.
    period, offset : float
        Beat length, and time of a beat, in seconds.

    Returns
    -------
    ndarray of float64
        ``[slots, 2 * bands]``; slot 0 starts with the first sixteenth at or after the first sample.
    """
    level = power_to_db(bands.energy + _FLOOR * bands.energy.mean(axis=0) + 1e-20)
    slot_seconds = period / SLOTS_PER_BEAT
    first = offset % slot_seconds
    # A frame sees 10 ms ahead: the attack on a sixteenth belongs to it, not to the one before.
    times = np.arange(len(level)) / bands.frame_rate + 0.01
    index = np.floor((times - first) / slot_seconds).astype(np.int64)
    slots = int(index[-1])
    inside = (index >= 0) & (index < slots)
    index = index[inside]
    count = np.maximum(np.bincount(index, minlength=slots), 1)

    def per_slot(values: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = [np.bincount(index, column[inside], slots) for column in values.T]
        mean = np.stack(sums, axis=1) / count[:, None]
        deviation = mean.std(axis=0)
        return np.asarray(mean / np.where(deviation > 1e-9, deviation, 1.0), dtype=np.float64)

    return np.hstack([per_slot(level.astype(np.float64)), _ONSET_WEIGHT * per_slot(onsets)])


def turns(features: NDArray[np.float64], reach_slots: int) -> NDArray[np.float64]:
    """How much the music turns at the start of each slot.

    Parameters
    ----------
    features : ndarray
        ``[slots, features]`` of :func:`slot_features`.
    reach_slots : int
        How many slots before and after are compared.

    Returns
    -------
    ndarray of float64
        ``[slots]``, at least 0; 0 within `reach_slots` of the ends.
    """
    slots = len(features)
    new = _strangeness(features)
    past = _strangeness(features[::-1])[::-1]
    change = np.zeros(slots)
    if slots <= 2 * reach_slots:
        return change
    middle = np.arange(reach_slots, slots - reach_slots)
    for curve, sign in ((new, 1.0), (past, -1.0)):
        total = np.concatenate([[0.0], np.cumsum(curve)])
        after = total[middle + reach_slots] - total[middle]
        before = total[middle] - total[middle - reach_slots]
        change[middle] += np.maximum(sign * (after - before), 0.0) / reach_slots
    return change


def _strangeness(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each slot from the most alike of its predecessors at whole bars."""
    slots = len(features)
    nearest = np.full(slots, np.inf)
    for bars in _LAG_BARS:
        lag = bars * SLOTS_PER_BAR
        if lag < slots:
            distance = np.abs(features[lag:] - features[:-lag]).mean(axis=1)
            nearest[lag:] = np.minimum(nearest[lag:], distance)
    known = np.isfinite(nearest)
    # The first bar has no predecessor: it counts as neither new nor known.
    nearest[~known] = float(np.median(nearest[known])) if known.any() else 0.0
    return nearest
