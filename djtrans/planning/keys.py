"""Whether notes of both tracks may sound together."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.core.track.key import Key
from djtrans.metrics.consonance import consonance
from djtrans.planning.beat_features import BeatFeatures

#: Neighbours on the Camelot wheel and closer go together for as long as one likes.
CLOSE = 1
#: At this distance the notes of the windows decide; further apart no notes overlap.
UNCERTAIN = 2
#: Longest window with tonal sounds of both where the keys are not close.
LONGEST_BARS = 8
#: Keys less sure than this do not decide alone: the windows are listened to.
KEY_CONFIDENCE = 0.2
#: Notes of two windows at least this consonant may overlap; 0 is notes drawn blindly.
CONSONANT = 0.05


@attrs.frozen
class KeyRule:
    """What the keys allow.

    Attributes
    ----------
    distance : int
        Steps on the Camelot wheel.
    overlap : {"free", "heard", "never"}
        Whether tonal sounds of both may overlap; "heard": if the notes of the windows agree.
    reason : str
    """

    distance: int
    overlap: str
    reason: str


def transposed(key: Key, semitones: int) -> Key:
    """A key, moved up."""
    return attrs.evolve(key, tonic=(key.tonic + semitones) % 12)


def key_rule(a: Key, b: Key) -> KeyRule:
    """The rule for two keys, B's as it will sound."""
    distance = a.distance(b)
    said = f"keys {a.camelot} and {b.camelot}, {distance} step{'s' * (distance != 1)} apart"
    if distance <= CLOSE:
        return KeyRule(distance, "free", said)
    unsure = min(a.confidence, b.confidence)
    if distance > UNCERTAIN and unsure >= KEY_CONFIDENCE:
        return KeyRule(distance, "never", f"{said}: no notes of both at once")
    if unsure < KEY_CONFIDENCE:
        said += f", but not sure (confidence {unsure:.2f})"
    return KeyRule(distance, "heard", f"{said}: the notes of the windows decide")


def agree(a: BeatFeatures, b: BeatFeatures) -> tuple[bool, str]:
    """Whether the notes of two windows go together, and why."""
    value = consonance(a.chroma, b.chroma, np.ones(len(a.chroma), dtype=bool))
    if value is None:
        return True, "the windows have no notes in common beats"
    if value >= CONSONANT:
        return True, f"the notes of the windows agree (consonance {value:.2f})"
    return False, f"the notes of the windows clash (consonance {value:.2f})"
