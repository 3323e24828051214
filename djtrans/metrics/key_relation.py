"""Relation of both keys on the Camelot wheel."""

from __future__ import annotations

import re

import attrs

_CODE = re.compile(r"(1[0-2]|[1-9])([AB])")


@attrs.frozen
class KeyRelation:
    """Relation of two keys.

    Attributes
    ----------
    steps : int or None
        Distance on the wheel: around it, plus one between minor and major; None if a key is
        unknown.
    words : str
        The relation as a DJ says it.
    """

    steps: int | None = None
    words: str = "a key is unknown"


def key_relation(key_a: str, key_b: str) -> KeyRelation:
    """Compute the relation of two Camelot codes.

    Parameters
    ----------
    key_a, key_b : str
        Such as ``"8A"`` (A minor); anything else is an unknown key.

    Returns
    -------
    KeyRelation

    Notes
    -----
    One step around the wheel is a fifth; the two rings are relative minor and major. One step
    shares six of seven notes, two share five.
    """
    codes = [_CODE.fullmatch(key) for key in (key_a, key_b)]
    if codes[0] is None or codes[1] is None:
        return KeyRelation()
    (number_a, ring_a), (number_b, ring_b) = codes[0].groups(), codes[1].groups()
    apart = abs(int(number_a) - int(number_b))
    around, rings = min(apart, 12 - apart), int(ring_a != ring_b)
    steps = around + rings
    if steps == 0:
        words = "the same key"
    elif steps == 1:
        words = "relative minor and major" if rings else "a fifth apart"
    elif steps == 2:
        words = "two steps apart: five notes shared" if not rings else "a fifth apart, other mode"
    else:
        words = f"{steps} steps apart: no harmonic overlap wanted"
    return KeyRelation(steps, words)
