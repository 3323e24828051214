"""Sung lines that a fader cuts off, or into."""

from __future__ import annotations

import numpy as np

from djtrans.core.audio.arrays import FloatArray
from djtrans.core.audio.filters import filtered, spectrum_of
from djtrans.core.track.feature_extraction import BAND_EDGES_HZ
from djtrans.metrics.loudness import loudness_power, to_lufs
from djtrans.metrics.voice_activity import ACTIVE_LU

#: The voice must sing this long before and after a step for the step to cut a line.
SIDE_SECONDS = 0.25
#: A change of the gain between the two sides by this much is a step: half the fader's way.
STEP = 0.5
HOP_SECONDS = 0.01


def vocal_cuts(
    voice: FloatArray, solo_voice: FloatArray, reference_lufs: float, sample_rate: int
) -> tuple[float, ...]:
    """Find the times at which a fader step falls into a sung line.

    Parameters
    ----------
    voice : ndarray
        ``[channels, samples]``: what the vocal stem adds to the mix.
    solo_voice : ndarray
        ``[channels, samples]``: the same stem before the mixer.
    reference_lufs : float
        Loudness of the untouched track.
    sample_rate : int
        In Hz.

    Returns
    -------
    tuple of float
        Seconds.

    Notes
    -----
    The gain is not read off a curve but out of the sound: the part of the solo that the rendered
    stem holds, ``<voice, solo> / <solo, solo>``, in the 0.25 s before and after each instant, both
    above 300 Hz: without its lows a voice is thin, but it goes on. A line is cut where the two
    differ by half the fader's way or more and the *solo* is above -15 LU on both sides: the singer
    goes on, the fader does not. A fade of half a second is the fastest that is no step. Both ways
    count: a voice let in amid a line is cut as well.
    """
    side, hop = round(SIDE_SECONDS * sample_rate), max(1, round(HOP_SECONDS * sample_rate))
    if solo_voice.shape[-1] < 2 * side + hop:
        return ()
    starts = np.arange(0, solo_voice.shape[-1] - side + 1, hop)

    def windows(product: FloatArray) -> FloatArray:
        total = np.concatenate([[0.0], np.cumsum(product.sum(axis=0))])
        return np.asarray(total[starts + side] - total[starts])

    words, solo_words = (_words(audio, sample_rate) for audio in (voice, solo_voice))
    own = windows(solo_words**2)
    gain = np.divide(
        windows(words * solo_words), own, out=np.zeros_like(own), where=own > 1e-9 * side
    )
    total = np.concatenate([[0.0], np.cumsum(loudness_power(solo_voice, sample_rate))])
    loud = to_lufs((total[starts + side] - total[starts]) / side)
    active = loud > reference_lufs + ACTIVE_LU
    # Window i ends where window i + apart begins.
    apart = round(side / hop)
    step = np.abs(gain[apart:] - gain[:-apart])
    cut = (step >= STEP) & active[apart:] & active[:-apart]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], cut.astype(int), [0]])))
    times = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        sharpest = start + int(np.argmax(step[start:stop]))
        times.append(float((starts[sharpest] + side) / sample_rate))
    return tuple(times)


def _words(voice: FloatArray, sample_rate: int) -> FloatArray:
    """Extract the part of a vocal stem above the low band, which carries the words."""
    samples = voice.shape[-1]

    def gain(hz: FloatArray) -> FloatArray:
        return np.asarray(1.0 / (1.0 + (BAND_EDGES_HZ[0] / np.maximum(hz, 1e-3)) ** 8))

    return filtered(spectrum_of(voice), samples, sample_rate, gain)[0]
