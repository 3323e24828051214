"""Downbeat detection: find the sixteenth on which bars start.

Each of the 16 sixteenths of a bar is a candidate, scored by five kinds of evidence:

- *novelty*: sections start on downbeats (:mod:`~djtrans.plugins.analyzers.novelty`);
- *attack*: beats have attacks in all bands, sixteenths between them fewer;
- *backbeat*: bright attacks (snare, clap) on two and four, or on three in half time;
- *kick*: the downbeat has the strongest low attack of the four beats;
- *harmony*: chords change on the downbeat.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.plugins.analyzers.attacks import Attacks, fold
from djtrans.plugins.analyzers.novelty import SLOTS_PER_BAR, SLOTS_PER_BEAT, structural_novelty

_STEPS_PER_SLOT = 32
_NOVELTY_REACHES = (4, 8)
#: Midway between equal weights and the best fit on excerpts of synthesized tracks of all genres.
_WEIGHTS = {"novelty": 2.5, "attack": 1.3, "backbeat": 3.0, "kick": 4.0, "harmony": 1.7}


@attrs.frozen(eq=False)
class Downbeat:
    """Position of the downbeat.

    Attributes
    ----------
    slot : int
        Sixteenths from slot 0 of the features to a downbeat, 0 to 15.
    score : float
        Score of the downbeat.
    beat_margin : float
        Score of the downbeat less the best one of sixteenths between the beats, at least 0.
    margin : float
        Score of the downbeat less the best one of the three other beats, at least 0.
    """

    slot: int
    score: float
    beat_margin: float
    margin: float


def find_downbeat(
    attacks: Attacks,
    features: NDArray[np.float64],
    chroma: NDArray[np.float64],
    period: float,
    slot_offset: float,
) -> Downbeat:
    """Find the sixteenth with the strongest evidence for a downbeat.

    Parameters
    ----------
    attacks : Attacks
        Attacks of the track.
    features : ndarray
        ``[slots, features]`` of :func:`~djtrans.plugins.analyzers.novelty.slot_features`.
    chroma : ndarray
        ``[slots, 12]``, strength of the pitch classes.
    period : float
        Seconds per beat.
    slot_offset : float
        Time at which slot 0 starts.

    Returns
    -------
    Downbeat
    """
    evidence = gather_evidence(attacks, features, chroma, period, slot_offset)
    score = sum(_WEIGHTS[name] * values for name, values in evidence.items())
    score = np.asarray(score)
    best = int(np.argmax(score))
    others = np.roll(score, -best)
    between = np.delete(others, np.arange(0, SLOTS_PER_BAR, SLOTS_PER_BEAT))
    return Downbeat(
        best,
        float(score[best]),
        float(score[best] - between.max()),
        float(score[best] - others[SLOTS_PER_BEAT::SLOTS_PER_BEAT].max()),
    )


def gather_evidence(
    attacks: Attacks,
    features: NDArray[np.float64],
    chroma: NDArray[np.float64],
    period: float,
    slot_offset: float,
) -> dict[str, NDArray[np.float64]]:
    """Compute each kind of evidence, ``[16]``, from 0 (none) to about 1 (strong).

    Parameters are those of :func:`find_downbeat`.
    """
    profile = fold(
        attacks.strength,
        attacks.rate,
        4 * period,
        slot_offset,
        SLOTS_PER_BAR * _STEPS_PER_SLOT,
    )
    near = np.arange(-4, 5)
    centres = np.arange(SLOTS_PER_BAR) * _STEPS_PER_SLOT
    slot_attacks = profile[(centres[:, None] + near) % len(profile)].max(axis=1)
    beats = (np.arange(SLOTS_PER_BAR)[:, None] + SLOTS_PER_BEAT * np.arange(4)) % SLOTS_PER_BAR
    low, bright = slot_attacks[:, 0][beats], slot_attacks[:, 2][beats]
    return {
        "novelty": _novelty_evidence(features),
        "attack": _attack_evidence(slot_attacks, beats),
        "backbeat": _backbeat_evidence(bright),
        "kick": (low[:, 0] - low.mean(axis=1)) / max(float(low.sum(axis=1).max()), 1e-9),
        "harmony": _harmony_evidence(chroma),
    }


def _novelty_evidence(features: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.zeros(SLOTS_PER_BAR)
    for reach in _NOVELTY_REACHES:
        novelty = structural_novelty(features, reach)
        if not novelty.any():
            continue
        # One large change (the first kick after a minute of pad) must not decide alone.
        novelty = np.minimum(novelty, np.percentile(novelty[novelty > 0], 99.5)) ** 2
        total += _centred(
            np.array([novelty[s::SLOTS_PER_BAR].mean() for s in range(SLOTS_PER_BAR)])
        )
    return total / len(_NOVELTY_REACHES)


def _attack_evidence(
    slot_attacks: NDArray[np.float64], beats: NDArray[np.int64]
) -> NDArray[np.float64]:
    share = slot_attacks / np.maximum(slot_attacks.mean(axis=0), 1e-9)
    return _centred(share[beats].mean(axis=1) @ np.array([0.25, 0.5, 0.25]))


def _backbeat_evidence(bright: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score the backbeat of ``[16, 4]`` bright attacks on beats 1 to 4 of each candidate."""
    first, second, third, fourth = bright.T
    scale = max(float(bright.sum(axis=1).max()), 1e-9)
    pair = (2 * np.minimum(second, fourth) - first - third) / scale
    single = (third - np.maximum(np.maximum(second, fourth), first)) / scale
    return np.asarray(np.maximum(np.maximum(pair, single), 0.0))


def _harmony_evidence(chroma: NDArray[np.float64]) -> NDArray[np.float64]:
    slots, reach = len(chroma), 2 * SLOTS_PER_BEAT
    if slots < 4 * SLOTS_PER_BAR:
        return np.zeros(SLOTS_PER_BAR)
    total = np.vstack([np.zeros((1, 12)), np.cumsum(chroma, axis=0)])
    middle = np.arange(reach, slots - reach)
    after = total[middle + reach] - total[middle]
    before = total[middle] - total[middle - reach]
    norm = np.linalg.norm(after, axis=1) * np.linalg.norm(before, axis=1)
    change = np.zeros(slots)
    change[middle] = np.where(
        norm > 0, 1.0 - (after * before).sum(axis=1) / np.maximum(norm, 1e-12), 0
    )
    return _centred(np.array([change[s::SLOTS_PER_BAR].mean() for s in range(SLOTS_PER_BAR)]))


def _centred(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the relative deviation from the mean."""
    mean = float(values.mean())
    return values / mean - 1.0 if mean > 0 else np.zeros_like(values)
