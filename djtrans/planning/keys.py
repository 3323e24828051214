"""Key compatibility: decide if tonal sounds of both tracks may overlap."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.core.track.key import Key
from djtrans.metrics.consonance import consonance
from djtrans.planning.beat_features import BeatFeatures

#: Up to this Camelot distance, tonal sounds may overlap for any length.
CLOSE = 1
#: At this distance the chroma of the windows decides; beyond it nothing tonal overlaps.
UNCERTAIN = 2
#: Longest window with overlapping tonal sounds where the keys are not close, in bars.
LONGEST_BARS = 8
#: Confidence below which the chroma of the windows decides instead of the keys.
KEY_CONFIDENCE = 0.7
#: Consonance from which on the chroma of two windows may overlap; random notes have 0.
CONSONANT = 0.05


@attrs.frozen
class KeyRule:
    """Overlap that the keys of two tracks allow.

    Attributes
    ----------
    distance : int
        Steps on the Camelot wheel.
    overlap : {"free", "compare", "never"}
        Permission for tonal sounds of both to overlap; "compare": if the chroma of the windows is
        consonant.
    reason : str
        Explanation for the plan.
    """

    distance: int
    overlap: str
    reason: str


def transposed(key: Key, semitones: int) -> Key:
    """Transpose a key upwards."""
    return attrs.evolve(key, tonic=(key.tonic + semitones) % 12)


def key_rule(a: Key, b: Key) -> KeyRule:
    """Return the rule for two keys, B's after its transposition.

    Examples
    --------
    >>> import djtrans, djtrans.planning
    >>> a, b = djtrans.Key(9, "minor", 1.0), djtrans.Key(4, "minor", 1.0)
    >>> rule = djtrans.planning.key_rule(a, b)
    >>> rule.overlap, rule.reason
    ('free', 'keys 8A and 9A, 1 step apart')
    """
    distance = a.distance(b)
    text = f"keys {a.camelot} and {b.camelot}, {distance} step{'s' * (distance != 1)} apart"
    if distance <= CLOSE:
        return KeyRule(distance, "free", text)
    confidence = min(a.confidence, b.confidence)
    if distance > UNCERTAIN and confidence >= KEY_CONFIDENCE:
        return KeyRule(distance, "never", f"{text}: their notes must not overlap")
    if confidence < KEY_CONFIDENCE:
        text += f", but uncertain (confidence {confidence:.2f})"
    return KeyRule(distance, "compare", f"{text}: decided by the notes in both windows")


def windows_agree(a: BeatFeatures, b: BeatFeatures) -> tuple[bool, str]:
    """Return True if the notes of two windows are consonant, and the reason."""
    value = consonance(a.chroma, b.chroma, np.ones(len(a.chroma), dtype=bool))
    if value is None:
        return True, "the windows have no beats with notes in both"
    if value >= CONSONANT:
        return True, f"the notes of the windows agree (consonance {value:.2f})"
    return False, f"the notes of the windows clash (consonance {value:.2f})"
