"""Predict, bar by bar, how a planned transition sounds: from analyses and a technique's gains.

Everything is computed for many positions at once: an array of bars of A, one of B.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import db_to_power, power_to_db
from djtrans.core.audio.dissonance import interval_dissonance
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.pair import Pair
from djtrans.planning.technique_gains import BarGains
from djtrans.planning.vocals import SUNG
from djtrans.planning.window import Window

#: Bars before and after the window that count.
BEFORE_BARS, AFTER_BARS = 8, 16
#: Bars before and after the swap whose levels are compared; a second stretch after it counts half.
COMPARED_BARS = 8
#: A track plays bass in a bar whose low end is at most this far below the 90th percentile of its
#: bars; two basses within this of each other clash.
BASS_DB = 10.0
#: Power gain of the K weighting below 150 Hz: between those of 50 and 100 Hz.
LOW_WEIGHT = 0.5
#: Power gain from which on a part of a track is audible.
AUDIBLE_GAIN = 0.05
#: Clarity of the beat, 0 to 1, times the amplitude gain of the drums, from which on it is played.
AUDIBLE_BEAT = 0.25
#: Excess of the dissonance over that of random notes, 1, that counts as a whole bar: about two
#: chords a semitone apart.
DISSONANCE = 0.3
_SILENCE = 1e-8


@attrs.frozen(eq=False)
class AudibleTrack:
    """One track in the bars around a window, ``[positions, bars]`` each.

    Attributes
    ----------
    solo : ndarray
        K-weighted power of the track by itself, all but 0 outside it.
    low, high : ndarray
        K-weighted power of what is played of it, below 150 Hz and above.
    bass : ndarray of bool
        True if the track by itself has bass.
    bass_played : ndarray of bool
        True if its bass is played.
    vocals : ndarray of bool
        True if its vocals are played.
    beat, beat_played : ndarray of bool
        True if the track by itself has a clear beat, and if it is played.
    notes : ndarray
        Amplitude of its notes, ``[positions, bars, 12]``.
    """

    solo: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    bass: NDArray[np.bool_]
    bass_played: NDArray[np.bool_]
    vocals: NDArray[np.bool_]
    beat: NDArray[np.bool_]
    beat_played: NDArray[np.bool_]
    notes: NDArray[np.float64]

    @property
    def played(self) -> NDArray[np.float64]:
        """Power of what is played."""
        return self.low + self.high


def audible_track(
    track: Analysis, bars: NDArray[np.int_], gains: BarGains, gain_db: float, ends: bool
) -> AudibleTrack:
    """Evaluate one track.

    Parameters
    ----------
    track : Analysis
    bars : ndarray of int
        ``[positions, bars]``: bar of the track in each bar from :data:`BEFORE_BARS` before the
        window to :data:`AFTER_BARS` after it.
    gains : BarGains
        Within the window.
    gain_db : float
        Gain of the whole track.
    ends : bool
        True for A, which is played up to the window; False for B, which is played after it.
    """
    count = len(track.bar_level_db)
    inside = (bars >= 0) & (bars < count)
    index = np.clip(bars, 0, max(count - 1, 0))
    total, low = (
        np.where(inside, db_to_power(levels_db + gain_db)[index], _SILENCE)
        for levels_db in (track.bar_loudness_db, track.bar_low_db)
    )
    low = np.minimum(LOW_WEIGHT * low, total)

    def curve(inner: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate(
            [np.full(BEFORE_BARS, float(ends)), inner, np.full(AFTER_BARS, float(not ends))]
        )

    least = np.percentile(track.bar_low_db, 90) - BASS_DB if count else 0.0
    bass = inside & (track.bar_low_db[index] >= least)
    low_db = track.bar_low_db[index] + power_to_db(curve(gains.low), amin=1e-9)
    beat = np.where(inside, track.bar_beat[index], 0.0)
    sung = inside & (track.bar_vocal[index] >= SUNG)
    return AudibleTrack(
        solo=total,
        low=low * curve(gains.low),
        high=(total - low) * curve(gains.high),
        bass=bass,
        bass_played=inside & (low_db >= least),
        vocals=sung & (curve(gains.vocals) >= AUDIBLE_GAIN),
        beat=beat >= 2.0 * AUDIBLE_BEAT,
        beat_played=beat * np.sqrt(curve(gains.drums)) >= AUDIBLE_BEAT,
        notes=track.bar_chroma[index] * np.sqrt(curve(gains.notes) * inside)[..., None],
    )


@attrs.frozen(eq=False)
class AudibleMix:
    """Both tracks in the bars around a window.

    Attributes
    ----------
    a, b : AudibleTrack
    window : Window
    """

    a: AudibleTrack
    b: AudibleTrack
    window: Window

    @property
    def _inside(self) -> slice:
        return slice(BEFORE_BARS, BEFORE_BARS + self.window.bars)

    def deviation_db(self) -> Pair[NDArray[np.float64]]:
        """Measure how far the level falls, and rises, ``[positions]``.

        Below, and above, both the louder track by itself and the line from A's level before the
        window to B's after it, over two bars; from the start of the window to 8 bars after it.
        """
        inner = slice(BEFORE_BARS - 1, -(AFTER_BARS - COMPARED_BARS))
        level, a, b = (
            power_to_db(0.5 * (power[:, inner][:, :-1] + power[:, inner][:, 1:]), amin=_SILENCE)
            for power in (self.a.played + self.b.played, self.a.solo, self.b.solo)
        )
        start = _mean_db(self.a.solo[:, BEFORE_BARS - 2 : BEFORE_BARS])
        stop = _mean_db(self.b.solo[:, -AFTER_BARS : -AFTER_BARS + 2])
        line = np.linspace(start, stop, level.shape[1], axis=1)
        louder = np.maximum(a, b)
        dip = (np.minimum(line, louder) - level).max(axis=1)
        bump = (level - np.maximum(line, louder)).max(axis=1)
        return Pair(np.maximum(dip, 0.0), np.maximum(bump, 0.0))

    def drop_db(self) -> NDArray[np.float64]:
        """Measure how far the level falls at the swap, ``[positions]``; negative where it rises.

        From the 8 bars before it to the 8 after it, and half of what the next 8 are weaker than
        these.
        """
        before, first, second = self._around_swap(self.a.played + self.b.played)
        return before - first + 0.5 * np.maximum(0.0, first - second)

    def bass_drop_db(self) -> NDArray[np.float64]:
        """Measure how far the level below 150 Hz falls at the swap, see :meth:`drop_db`."""
        before, first, second = self._around_swap(self.a.low + self.b.low)
        return before - np.maximum(first, second)

    def _around_swap(self, power: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        swap = BEFORE_BARS + self.window.swap
        starts = (swap - COMPARED_BARS, swap, swap + COMPARED_BARS)
        return tuple(_mean_db(power[:, start : start + COMPARED_BARS]) for start in starts)

    def bars_without_bass(self) -> NDArray[np.int_]:
        """Count the bars of the window in which a track has bass by itself, and none is played."""
        has = self.a.bass | self.b.bass
        return (has & ~self.a.bass_played & ~self.b.bass_played)[:, self._inside].sum(axis=1)

    def bars_with_two_basses(self) -> NDArray[np.int_]:
        """Count the bars in which both tracks play bass."""
        near = np.abs(power_to_db((self.a.low + 1e-9) / (self.b.low + 1e-9))) <= BASS_DB
        return (self.a.bass_played & self.b.bass_played & near).sum(axis=1)

    def bars_with_two_voices(self) -> NDArray[np.int_]:
        """Count the bars in which both tracks sing."""
        return (self.a.vocals & self.b.vocals).sum(axis=1)

    def bars_without_beat(self) -> NDArray[np.int_]:
        """Count the bars of the window in which a track has a beat, and none is played."""
        has = self.a.beat | self.b.beat
        return (has & ~self.a.beat_played & ~self.b.beat_played)[:, self._inside].sum(axis=1)

    def bars_with_two_beats(self) -> NDArray[np.int_]:
        """Count the bars in which the beats of both tracks are played."""
        return (self.a.beat_played & self.b.beat_played).sum(axis=1)

    def crowded_bars(self) -> NDArray[np.float64]:
        """Sum over the bars how equally loud both tracks are above 150 Hz, ``[positions]``.

        A bar counts 1 if their powers are equal.
        """
        less, more = (f(self.a.high, self.b.high) for f in (np.minimum, np.maximum))
        return np.asarray((less / np.maximum(more, _SILENCE)).sum(axis=1))

    def dissonant_bars(self) -> NDArray[np.float64]:
        """Sum the dissonance between the notes of both tracks over the bars, ``[positions]``.

        A bar counts 1 if the notes of both are equally loud, and by :data:`DISSONANCE` more
        dissonant than random ones; 0 if they are not more dissonant than those.
        """
        sums = [track.notes.sum(axis=-1) for track in (self.a, self.b)]
        index = (np.arange(12)[:, None] - np.arange(12)) % 12
        rough = np.asarray(interval_dissonance())[index]
        product = ((self.a.notes @ rough) * self.b.notes).sum(axis=-1)
        excess = product / np.maximum(sums[0] * sums[1], 1e-20) - 1.0
        balance = np.minimum(*sums) / np.maximum(np.maximum(*sums), 1e-20)
        return np.asarray((np.clip(excess / DISSONANCE, 0.0, 1.0) * balance).sum(axis=1))


def _mean_db(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return power_to_db(power.mean(axis=1), amin=_SILENCE)


def audible_mix(
    a: Analysis,
    b: Analysis,
    cues: Pair[NDArray[np.int_]],
    window: Window,
    gains: Pair[BarGains],
    gain_db: float,
    key_shift: int = 0,
) -> AudibleMix:
    """Predict transitions of one technique and length.

    Parameters
    ----------
    a, b : Analysis
    cues : Pair of ndarray
        ``[positions]``: bars of the tracks at the start of the window.
    window : Window
    gains : Pair of BarGains
    gain_db : float
        Gain of B.
    key_shift : int
        Semitones by which B is transposed.
    """
    steps = np.arange(-BEFORE_BARS, window.bars + AFTER_BARS)
    held = np.minimum(steps, window.before_a - 1) if window.looped else steps
    if key_shift:
        b = attrs.evolve(b, bar_chroma=np.roll(b.bar_chroma, key_shift, axis=1))
    return AudibleMix(
        audible_track(a, cues.a[:, None] + held, gains.a, 0.0, ends=True),
        audible_track(b, cues.b[:, None] + steps, gains.b, gain_db, ends=False),
        window,
    )
