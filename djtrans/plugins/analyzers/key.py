"""The key: the profile that the mean chroma resembles most.

The 24 profiles are the probe-tone ratings of Krumhansl and Kessler [1]_ for major and minor, turned
to each tonic, and compared by correlation as in Krumhansl's key-finding algorithm [2]_.

References
----------
.. [1] C. Krumhansl and E. Kessler, "Tracing the dynamic changes in perceived tonal organization in
   a spatial representation of musical keys", Psychological Review 89(4), 1982.
.. [2] C. Krumhansl, "Cognitive Foundations of Musical Pitch", Oxford University Press, 1990.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from djtrans.core.analysis import Key

_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
#: A margin between the best two correlations that leaves no doubt.
_SURE_MARGIN = 0.15


def find_key(chroma: NDArray[np.float64]) -> Key:
    """Key of the whole track.

    Parameters
    ----------
    chroma : ndarray
        ``[frames, 12]``, C first.

    Returns
    -------
    Key
        Its confidence grows with the margin to the second best key and with the correlation
        itself; it is 0 for drums alone.
    """
    # The root keeps one sustained note from outweighing everything else.
    mean = np.sqrt(chroma.mean(axis=0))
    deviation = float(mean.std())
    if deviation <= 1e-9 * max(float(mean.mean()), 1e-12):
        return Key(0, "minor", 0.0)
    scores = np.array(
        [
            [np.corrcoef(np.roll(profile, tonic), mean)[0, 1] for tonic in range(12)]
            for profile in (_MAJOR, _MINOR)
        ]
    )
    mode, tonic = np.unravel_index(int(np.argmax(scores)), scores.shape)
    second, best = np.sort(scores.ravel())[-2:]
    margin = min(1.0, float(best - second) / _SURE_MARGIN)
    confidence = float(np.clip(best, 0.0, 1.0)) * margin
    return Key(int(tonic), ("major", "minor")[int(mode)], confidence)
