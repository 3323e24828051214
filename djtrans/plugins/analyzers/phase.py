"""Where the beats lie: from attacks folded at the tempo, then a straight line through the track."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.plugins.analyzers.attacks import Attacks, fold

#: How far the attack of a beat is looked for around where the coarse search puts it.
_REACH_SECONDS = 0.020
_SMOOTH_SECONDS = 0.004
#: How far a stretch of beats may be from where the whole track puts it.
_FAR_SECONDS = 0.030
#: Zero-phase filters begin to answer before the attack: measured on clicks and kicks, 1 to 2.5 ms.
_EARLY_SECONDS = 0.001
#: Beats in a stretch: as many as give six stretches, within these bounds.
_FEWEST_BEATS, _MOST_BEATS = 4, 16
_MIN_CHUNKS = 3
#: An attack this near to a sixteenth, in sixteenths, lies on it.
ON_GRID = 0.15


@attrs.frozen
class Pulse:
    """Evenly spaced beats.

    Attributes
    ----------
    period : float
        Seconds from beat to beat.
    offset : float
        Time of one beat in seconds.
    deviation : float
        How far the attacks of a stretch of music stray from the beats: weighted RMS in seconds.
    focus : float
        0 to 1: share of the attacks that lie on the sixteenths of the pulse, beyond what attacks
        at random times would give.
    """

    period: float
    offset: float
    deviation: float = 0.0
    focus: float = 0.0


def coarse_offset(attacks: Attacks, period: float) -> float:
    """Strongest instant within half a beat, in seconds from the first sample.

    Half a beat, since off-beat hats can be louder than the kick: which of the four sixteenths of a
    beat is the beat itself is left to :mod:`~djtrans.plugins.analyzers.downbeat`.
    """
    profile = _smooth(fold(attacks.strength, attacks.rate, period / 2).sum(axis=1), 0.012)
    return float(np.argmax(profile)) / len(profile) * period / 2


def refine_pulse(attacks: Attacks, period: float, offset: float) -> Pulse:
    """Exact period and offset near the given ones.

    The attacks of the whole track are folded to the profile of one beat, and the profile of each
    stretch of up to 16 beats is slid along it. A line through these slides corrects the period;
    what is left over tells how constant the tempo is. At last the offset goes to the steepest
    attack.

    Parameters
    ----------
    attacks : Attacks
    period, offset : float
        In seconds; the period within 0.05 %, the offset within 20 ms.

    Returns
    -------
    Pulse
    """
    deviation = 0.0
    for _ in range(3):
        starts, slides, weights, lost = _slides(attacks, period, offset)
        if len(starts) < _MIN_CHUNKS or weights.sum() <= 0:
            deviation = float(np.sqrt(lost)) * _FAR_SECONDS
            break
        slope, middle = _weighted_line(starts, slides, weights)
        residual = slides - middle - slope * (starts - np.average(starts, weights=weights))
        spread = float(np.average(residual**2, weights=weights))
        deviation = float(np.sqrt((1 - lost) * spread + lost * _FAR_SECONDS**2))
        centre = float(np.average(starts, weights=weights))
        offset += middle + slope * (offset - centre)
        period *= 1.0 + slope
        offset %= period
    offset = _steepest(attacks, period, offset) % period
    return Pulse(period, offset, deviation, _focus(attacks, period, offset))


def _slides(
    attacks: Attacks, period: float, offset: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """Middle time, slide and weight of each stretch, and the share that fits nowhere near."""
    profile = _beat_profile(attacks.strength, attacks.rate, period, offset)
    steps = len(profile)
    reach = round(_FAR_SECONDS / period * steps)
    lags = np.arange(-reach, reach + 1)
    beats = len(attacks.strength) / attacks.rate / period
    beats = min(max(beats // 6, _FEWEST_BEATS), _MOST_BEATS)
    rows = round(beats * period * attacks.rate)
    starts, slides, weights = [], [], []
    heard = lost = 0.0
    for first in range(0, len(attacks.strength) - rows // 2, rows):
        part = attacks.strength[first : first + rows]
        begin = first / attacks.rate
        local = _beat_profile(part, attacks.rate, period, offset - begin)
        match = np.array([np.dot(np.roll(profile, lag), local) for lag in lags])
        peak = int(np.argmax(match))
        heard += float(local.sum())
        if not 0 < peak < len(lags) - 1 or local.sum() <= 0:
            lost += float(local.sum())
            continue
        left, here, right = match[peak - 1 : peak + 2]
        bend = left - 2 * here + right
        fine = 0.5 * (left - right) / bend if bend < 0 else 0.0
        starts.append(begin + len(part) / attacks.rate / 2)
        slides.append((lags[peak] + fine) / steps * period)
        weights.append(max(0.0, here - float(np.median(match))))
    return np.array(starts), np.array(slides), np.array(weights), lost / heard if heard else 0.0


def _beat_profile(
    strength: NDArray[np.float64], rate: float, period: float, offset: float
) -> NDArray[np.float64]:
    profile = fold(strength, rate, period, offset).sum(axis=1)
    smooth = _smooth(profile, 0.006)
    centred: NDArray[np.float64] = np.maximum(smooth - np.median(smooth), 0.0)
    return centred


def _weighted_line(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, float]:
    """Slope, and value at the weighted mean of `x`, of a line that outliers do not pull."""
    robust = weight.copy()
    slope = middle = 0.0
    for _ in range(5):
        centre = np.average(x, weights=robust)
        middle = float(np.average(y, weights=robust))
        spread = np.average((x - centre) ** 2, weights=robust)
        slope = 0.0
        if spread > 0:
            slope = float(np.average((x - centre) * (y - middle), weights=robust) / spread)
        error = np.abs(y - middle - slope * (x - centre))
        robust = weight / (1.0 + (error / 0.003) ** 2)
    middle += slope * float(np.average(x, weights=weight) - centre)
    return slope, middle


def _steepest(attacks: Attacks, period: float, offset: float) -> float:
    """Time of the strongest attack of the folded beat near `offset`."""
    profile = fold(attacks.strength, attacks.rate, period, offset)
    smooth = _smooth(profile.sum(axis=1), _SMOOTH_SECONDS)
    steps = len(smooth)
    reach = max(1, round(_REACH_SECONDS / period * steps))
    around = np.arange(-reach, reach + 1)
    peak = int(around[np.argmax(smooth[around])])
    left, here, right = (smooth[(peak + d) % steps] for d in (-1, 0, 1))
    bend = left - 2 * here + right
    fine = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return offset + (peak + fine) / steps * period + _EARLY_SECONDS


def _focus(attacks: Attacks, period: float, offset: float) -> float:
    profile = fold(attacks.strength, attacks.rate, period / 4, offset).sum(axis=1)
    if profile.sum() <= 0:
        return 0.0
    steps = len(profile)
    turn = np.minimum(np.arange(steps), steps - np.arange(steps)) / steps
    near = turn <= ON_GRID
    expected = near.mean()
    return float(max(0.0, (profile[near].sum() / profile.sum() - expected) / (1.0 - expected)))


def _smooth(
    profile: NDArray[np.float64], seconds: float, rate: float = 1000.0
) -> NDArray[np.float64]:
    """Circular smoothing by a Hann window of the given length."""
    width = max(1, round(seconds * rate))
    kernel = np.hanning(width + 2)[1:-1]
    kernel /= kernel.sum()
    padded = np.concatenate([profile[-width:], profile, profile[:width]])
    smooth: NDArray[np.float64] = np.convolve(padded, kernel, "same")[width:-width]
    return smooth
