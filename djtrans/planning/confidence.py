"""Confidence of a plan: the probability that its grids are right and its gates pass."""

from __future__ import annotations

import math
from collections.abc import Mapping

from djtrans.core.track.analysis import Analysis
from djtrans.planning.scoring import DIPS, FALLS, NO_BASS, TWO_BASSES

#: Logistic regressions of the verdicts *level*, *one bass* and *placement* (its level) of rendered
#: transitions on the predicted values, dB or bars: the intercept, and the coefficients.
REGRESSIONS: tuple[tuple[float, Mapping[str, float]], ...] = (
    (4.1, {DIPS: -1.0}),
    (2.7, {NO_BASS: -1.1, TWO_BASSES: -1.9}),
    (4.9, {FALLS: -1.2}),
)
#: Music that is left out from which on the gate *placement* does not pass, in seconds, and the
#: probability that it does.
LEFT_OUT_SECONDS, LEFT_OUT = 45.0, 0.05
#: Part of beat-matched transitions with right grids whose beats coincide within the limits.
COINCIDE = 0.94


def certainty(a: Analysis, b: Analysis) -> float:
    """Return the least confidence of the beats and downbeats of two tracks."""
    return min(min(x.grid.confidence, x.grid.downbeat_confidence) for x in (a, b))


def passing_probability(
    values: Mapping[str, float], left_out_seconds: float, matched: bool
) -> float:
    """Return the probability that a transition passes the gates, if its grids are right.

    Parameters
    ----------
    values : mapping of str to float
        Predicted values, see :func:`djtrans.planning.scoring.predicted_values`.
    left_out_seconds : float
        Music of A after the window or of B before it, whichever is longer.
    matched : bool
        True if the tracks are beat-matched.
    """
    found = COINCIDE if matched else 1.0
    if left_out_seconds > LEFT_OUT_SECONDS:
        found *= LEFT_OUT
    for intercept, coefficients in REGRESSIONS:
        score = intercept + sum(slope * values[fault] for fault, slope in coefficients.items())
        found /= 1.0 + math.exp(-score)
    return found
