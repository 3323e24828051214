"""Confidence of beats and downbeats as probabilities, fitted on annotated music.

Both are logistic functions of one product of evidence. The constants were fitted on most of 61
pieces with known beats from 11 collections (modules, songs, tracks), 27 synthesized tracks, and
speech, noise, pads and rubato, where any grid is wrong, with one collection left out at a time to
choose the product; see ``benchmarks/module_grids.py``. Few downbeats were wrong (5), so that their
constants are rough.
"""

from __future__ import annotations

import numpy as np

from djtrans.plugins.analyzers.phase import Pulse

#: Scale and offset of the log odds that a grid is right, and that its downbeats are.
_GRID_SCALE, _GRID_OFFSET = 9.3, -3.4
_DOWNBEAT_SCALE, _DOWNBEAT_OFFSET = 7.5, -1.3
#: Fraction of attacks on the subdivisions of the beat that counts as all.
_FULL_FOCUS = 0.1
#: Strength of the strongest attack near the beat, relative to that on it, up to which it counts for
#: nothing, and from which on it counts in full, and the factor then: either could be the beat.
_FAINT_RIVAL, _EQUAL_RIVAL, _LEAST_FACTOR = 0.7, 1.2, 0.3
#: Deviation of the beats that divides the evidence by the square root of two.
_HALF_SECONDS = 0.010
#: Margin of the score of the chosen sixteenth, or of the chosen beat, that counts as 63 %.
_BEAT_MARGIN, _DOWNBEAT_MARGIN = 0.5, 1.0
#: Bars of a track from which on its downbeats are as certain as their margin.
_FULL_BARS = 32


def grid_confidence(clarity: float, pulse: Pulse, margin: float) -> float:
    """Compute the probability that the beats of a grid are right.

    Parameters
    ----------
    clarity : float
        Clarity of the tempo, 0 to 1.
    pulse : Pulse
        Beats.
    margin : float
        Margin of the score of the sixteenth that was chosen as the beat.

    Returns
    -------
    float
        0 to 1.
    """
    steadiness = 1.0 / np.sqrt(1.0 + (pulse.deviation / _HALF_SECONDS) ** 2)
    focus = min(1.0, pulse.focus / _FULL_FOCUS)
    lead = (_EQUAL_RIVAL - pulse.rival) / (_EQUAL_RIVAL - _FAINT_RIVAL)
    single = float(np.clip(lead, _LEAST_FACTOR, 1.0))
    evidence = clarity * focus * steadiness * single * (1.0 - np.exp(-margin / _BEAT_MARGIN))
    return _logistic(_GRID_SCALE * evidence + _GRID_OFFSET)


def downbeat_confidence(margin: float, bars: float) -> float:
    """Compute the probability that the downbeats are right if the beats are.

    Parameters
    ----------
    margin : float
        Margin of the score of the beat that was chosen as the downbeat.
    bars : float
        Number of bars.

    Returns
    -------
    float
        0 to 1.
    """
    evidence = (1.0 - np.exp(-margin / _DOWNBEAT_MARGIN)) * min(1.0, bars / _FULL_BARS)
    return _logistic(_DOWNBEAT_SCALE * evidence + _DOWNBEAT_OFFSET)


def _logistic(log_odds: float) -> float:
    return float(1.0 / (1.0 + np.exp(-log_odds)))
