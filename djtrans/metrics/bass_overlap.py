"""Bass overlap: beats on which both tracks, or neither, play bass."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.arrays import (
    FloatArray,
    as_audio,
    as_beats,
    check_same_length,
    check_sample_rate,
    cut,
    to_db,
)
from djtrans.core.audio.decibels import AUDIBLE_DBFS
from djtrans.core.audio.filters import band_gain, filtered, spectrum_of
from djtrans.metrics.audible import beat_power

BAND_HZ = (30.0, 150.0)
#: A track plays bass while its level is within this of the 90th percentile of its untouched level.
PRESENT_DB = 10.0
#: Two basses clash while they are within this of each other.
CLASH_DB = 10.0


@attrs.frozen
class BassOverlap:
    """Bass of both tracks, beat by beat.

    Attributes
    ----------
    overlaps : tuple of bool
        Per beat: both play bass, within 10 dB of each other.
    empty : tuple of bool
        Per beat: neither plays bass.
    missing : tuple of bool
        Per beat: neither plays bass, although at least one of the untouched tracks has bass there.
    owners : tuple of str
        Per beat: ``"a"``, ``"b"``, ``"both"`` (an overlap) or ``"none"``.
    """

    overlaps: tuple[bool, ...]
    empty: tuple[bool, ...]
    missing: tuple[bool, ...]
    owners: tuple[str, ...]

    @property
    def beats(self) -> int:
        """Number of beats that overlap."""
        return sum(self.overlaps)

    @property
    def fraction(self) -> float:
        """Part of all beats that overlap, 0 to 1."""
        return self.beats / len(self.overlaps)

    @property
    def beats_without_bass(self) -> int:
        """Number of beats that miss the bass that the music has."""
        return sum(self.missing)


def beat_levels_db(audio: FloatArray, sample_rate: int, beat_times: FloatArray) -> FloatArray:
    """RMS level of each beat between 30 and 150 Hz, ``[beats - 1]``, in dB full scale."""
    audio, beat_times = cut(audio, sample_rate, beat_times, 1.0)
    gain = band_gain(*BAND_HZ)
    spectrum = spectrum_of(audio)
    low, rate = filtered(spectrum, audio.shape[-1], sample_rate, gain, top_hz=8 * BAND_HZ[1])
    return to_db(beat_power((low**2).mean(axis=0), rate, beat_times))


def bass_overlap(
    a: Any, b: Any, sample_rate: int, beat_times: Any, solo_a: Any, solo_b: Any
) -> BassOverlap:
    """Find the beats on which both tracks play bass, and those on which neither does.

    A track plays bass on a beat if its level from 30 to 150 Hz is above -60 dBFS and at most 10 dB
    under the 90th percentile of the same measure over its untouched excerpt. Both doing so within
    10 dB of each other is an overlap.

    Parameters
    ----------
    a, b : Tensor or ndarray
        ``[channels, samples]``: what each track adds to the mix.
    sample_rate : int
        In Hz, 8000 at least.
    beat_times : Tensor or ndarray
        ``[beats]``, seconds from the first sample. Beat `i` is the stretch from the `i`-th time to
        the next, so there is one beat less than there are times.
    solo_a, solo_b : Tensor or ndarray
        ``[channels, samples]``: the tracks before the mixer, level-trimmed, on the same clock.

    Returns
    -------
    BassOverlap

    Raises
    ------
    ShapeError, InputError
        If the audio or the beats are not as described.

    Examples
    --------
    >>> import numpy as np
    >>> from djtrans.metrics import bass_overlap
    >>> time = np.arange(8 * 22050) / 22050
    >>> bass = 0.5 * np.sin(2 * np.pi * 60 * time)
    >>> a, b = bass * (time < 4), bass * (time >= 4)
    >>> "".join(bass_overlap(a, b, 22050, np.arange(0, 8.5, 0.5), bass, bass).owners)
    'aaaaaaaabbbbbbbb'
    """
    sound = {
        name: as_audio(audio, name)
        for name, audio in (("a", a), ("b", b), ("solo_a", solo_a), ("solo_b", solo_b))
    }
    check_same_length(**sound)
    check_sample_rate(sample_rate)
    beats = as_beats(beat_times)
    levels = {name: beat_levels_db(audio, sample_rate, beats) for name, audio in sound.items()}
    return bass_overlap_of_levels(**levels)


def bass_overlap_of_levels(
    a: FloatArray, b: FloatArray, solo_a: FloatArray, solo_b: FloatArray
) -> BassOverlap:
    """:func:`bass_overlap` of the levels that :func:`beat_levels_db` gives, each ``[beats]``."""
    levels = {"a": a, "b": b}
    least = {
        name: max(float(np.percentile(solo, 90)) - PRESENT_DB, AUDIBLE_DBFS)
        for name, solo in (("a", solo_a), ("b", solo_b))
    }
    here_a, here_b = a >= least["a"], b >= least["b"]
    overlaps = here_a & here_b & (np.abs(a - b) <= CLASH_DB)
    empty = ~(here_a | here_b)
    missing = empty & ((solo_a >= least["a"]) | (solo_b >= least["b"]))
    louder = np.where(levels["a"] >= levels["b"], "a", "b")
    alone = np.where(here_a & here_b, louder, np.where(here_a, "a", "b"))
    owners = np.where(overlaps, "both", np.where(empty, "none", alone))
    return BassOverlap(
        overlaps=_flags(overlaps),
        empty=_flags(empty),
        missing=_flags(missing),
        owners=tuple(map(str, owners)),
    )


def _flags(each: NDArray[np.bool_]) -> tuple[bool, ...]:
    return tuple(map(bool, each))
