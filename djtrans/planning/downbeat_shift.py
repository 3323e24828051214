"""Choose B's downbeat offset (0 to 3 beats) by comparing the bar patterns of both windows."""

from __future__ import annotations

import numpy as np

from djtrans.planning.beat_features import BeatFeatures, FloatArray

#: Margin (of at most 3, one per feature) by which a shift must beat the analyzers' downbeats, and
#: what is added to it at full confidence. On five annotated tracks, wrong shifts scored up to 0.6
#: higher.
CLEARLY_BETTER, WHERE_SURE = 0.4, 0.6


def bar_profile(values: FloatArray, beats_per_bar: int) -> FloatArray:
    """Compute the mean of a feature on each beat of the bar, ``[beats_per_bar]``.

    Centred, in standard deviations of all beats, and shrunk by the part that chance would produce
    over this number of bars (James and Stein's estimate), which removes what varies between bars.
    """
    bars = len(values) // beats_per_bar
    spread = float(values.std())
    if bars == 0 or spread < 1e-9:
        return np.zeros(beats_per_bar)
    folded = values[: bars * beats_per_bar].reshape(bars, beats_per_bar).mean(axis=0)
    profile = (folded - folded.mean()) / spread
    # The rest of the variance is that between bars on the same beat.
    power = float((profile**2).mean())
    chance = max(0.0, 1.0 - power) * (beats_per_bar - 1) / (beats_per_bar * bars)
    return np.asarray(profile * max(0.0, 1.0 - chance / max(power, 1e-12)))


def chord_changes(features: BeatFeatures) -> FloatArray:
    """Compute the chroma distance to the previous beat, ``[beats]``, 0 to 1; 0 at the first."""
    chroma = features.chroma
    size = np.linalg.norm(chroma, axis=1, keepdims=True)
    unit = np.divide(chroma, size, out=np.zeros_like(chroma), where=size > 0)
    similarity = (unit[1:] * unit[:-1]).sum(axis=1)
    both = (size[1:, 0] > 0) & (size[:-1, 0] > 0)
    return np.concatenate([[0.0], np.where(both, 1.0 - similarity, 0.0)])


def shift_scores(a: BeatFeatures, b: BeatFeatures, beats_per_bar: int = 4) -> FloatArray:
    """Score each downbeat shift of B by the agreement of bass, snare and chord-change patterns.

    Parameters
    ----------
    a, b : BeatFeatures
        Of both windows; their first beat is a downbeat of the analyzers.
    beats_per_bar : int

    Returns
    -------
    ndarray
        ``[beats_per_bar]``: products of both bar profiles, averaged over the beats of the bar (at
        most 1 per feature) and summed over the three features.
    """
    scores = np.zeros(beats_per_bar)
    for x, y in ((a.low, b.low), (a.mid, b.mid), (chord_changes(a), chord_changes(b))):
        profile_a, profile_b = bar_profile(x, beats_per_bar), bar_profile(y, beats_per_bar)
        scores += [float((profile_a * np.roll(profile_b, -k)).mean()) for k in range(beats_per_bar)]
    return scores


def best_shift(a: BeatFeatures, b: BeatFeatures, confidence: float, beats_per_bar: int = 4) -> int:
    """Choose by how many beats B's downbeats move later; 0 unless another shift is clearly better.

    Parameters
    ----------
    a, b : BeatFeatures
    confidence : float
        Confidence of the analyzers in both tracks' downbeats, 0 to 1.
    beats_per_bar : int
    """
    scores = shift_scores(a, b, beats_per_bar)
    best = int(np.argmax(scores))
    return best if scores[best] > scores[0] + CLEARLY_BETTER + WHERE_SURE * confidence else 0
