"""The kick, found as what a dance track repeats most: one sound, struck again and again.

At the bottom no mask can part kick and bass: they share its few bins. But the strokes of a kick
are alike sample by sample, and the bass under them is not. So each stroke is taken to be the
median of the strokes most like it, and subtracted as a waveform.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float64]

#: The strokes are taken apart below this; above, masks can tell them from the rest.
TOP_HZ = 250.0
#: Sampling rate of the bottom, some oversampled.
_RATE_HZ = 2000.0
_LEAD_SECONDS, _LENGTH_SECONDS = 0.02, 0.33
#: How a stroke fades in before its onset, and out before the next one.
_FADE_IN_SECONDS, _FADE_OUT_SECONDS = 0.01, 0.05
#: The part that decides how much a stroke is like another and how loud it is.
_ATTACK_SECONDS = 0.12
#: Envelopes rise within this, and strokes are no closer than this.
_RISE_SECONDS, _APART_SECONDS = 0.06, 0.12
#: Of the strongest rise of the track; how alike strokes are at least; how many to compare with.
_RISE, _ALIKE, _NEIGHBOURS = 0.25, 0.8, 24
#: Fewer strokes say nothing about each other.
_FEWEST = 4
_LOUDEST = 1.3
_TINY = 1e-12


def kick_part(audio: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """What the kick contributes below :data:`TOP_HZ`.

    Parameters
    ----------
    audio : ndarray
        ``[channels, samples]`` float32.
    sample_rate : int
        In Hz.

    Returns
    -------
    ndarray
        ``[channels, samples]`` float32; silent where no stroke is like any other.
    """
    from scipy import signal

    samples = audio.shape[-1]
    factor = max(1, round(sample_rate / _RATE_HZ))
    rate = sample_rate / factor
    nothing = np.zeros_like(audio)
    if samples < 2 * factor * _LENGTH_SECONDS * rate:
        return nothing
    # Symmetric, so that nothing is delayed, and the same on the way down and up.
    taps = signal.firwin(2 * 20 * factor + 1, TOP_HZ, width=150.0, fs=sample_rate).astype(
        np.float32
    )
    low = signal.upfirdn(taps, audio, down=factor, axis=-1).astype(np.float64)
    low = low[:, 20 : 20 + math.ceil(samples / factor)]
    kick = _strokes(low, rate)
    if not kick.any():
        return nothing
    high = signal.upfirdn(factor * taps, kick.astype(np.float32), up=factor, axis=-1)
    return np.asarray(high[:, 20 * factor : 20 * factor + samples], dtype=np.float32)


def _strokes(low: _Array, rate: float) -> _Array:
    """The kick in the bottom of the audio, ``[channels, samples]``."""
    lead, length = round(_LEAD_SECONDS * rate), round(_LENGTH_SECONDS * rate)
    attack = lead + round(_ATTACK_SECONDS * rate)
    middle = low.mean(axis=0)
    onsets = _onsets(middle, rate)
    out = np.zeros_like(low)
    if len(onsets) < _FEWEST:
        return out
    padded = np.pad(low, ((0, 0), (2 * lead, length + lead)))
    onsets, cut = _aligned(padded.mean(axis=0), onsets + lead, lead + length, attack, lead)
    shapes = cut[:, :attack] / (np.linalg.norm(cut[:, :attack], axis=1, keepdims=True) + _TINY)
    alike = shapes @ shapes.T
    rise = np.sin(0.5 * np.pi * np.linspace(0, 1, round(_FADE_IN_SECONDS * rate))) ** 2
    fall = np.cos(0.5 * np.pi * np.linspace(0, 1, round(_FADE_OUT_SECONDS * rate))) ** 2
    total = np.zeros_like(padded)
    ends = np.append(onsets[1:], padded.shape[-1])
    for index, (begin, end) in enumerate(zip(onsets, ends, strict=True)):
        nearest = np.argsort(-alike[index], kind="stable")[:_NEIGHBOURS]
        nearest = nearest[alike[index][nearest] >= _ALIKE]
        if len(nearest) < _FEWEST:
            continue
        stroke = np.median(cut[nearest], axis=0)[: end - begin]
        stroke[: len(rise)] *= rise
        stroke[-len(fall) :] *= fall
        head = stroke[:attack]
        for channel in range(len(low)):
            heard = padded[channel, begin : begin + len(head)]
            gain = float(heard @ head) / float(head @ head + _TINY)
            total[channel, begin : begin + len(stroke)] += np.clip(gain, 0, _LOUDEST) * stroke
    return total[:, 2 * lead : 2 * lead + low.shape[-1]]


def _onsets(middle: _Array, rate: float) -> NDArray[np.int64]:
    """Where both the lowest octaves and the one above them rise at once."""
    from scipy import signal
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    rises = []
    step = round(_RISE_SECONDS * rate)
    for band in ((30.0, 120.0), (120.0, 250.0)):
        sections = signal.butter(2, band, "bandpass", fs=rate, output="sos")
        power = np.square(signal.sosfiltfilt(sections, middle))
        envelope = np.sqrt(uniform_filter1d(power, step) + _TINY)
        rise = np.clip(envelope[step:] - envelope[:-step], 0, None)
        strongest = np.quantile(rise, 0.98)
        rises.append(np.pad(rise, (step // 2, step - step // 2)) / (strongest + _TINY))
    rise = np.minimum(*rises)
    if not np.max(rise, initial=0.0) > _RISE:
        return np.zeros(0, dtype=np.int64)
    peak = (rise == maximum_filter1d(rise, round(_APART_SECONDS * rate))) & (rise > _RISE)
    return np.flatnonzero(peak)


def _aligned(
    padded: _Array, begins: NDArray[np.int64], length: int, attack: int, reach: int
) -> tuple[NDArray[np.int64], _Array]:
    """Starts of the strokes, moved until each lies on the median of all; and the strokes."""
    for _ in range(3):
        cut = np.stack([padded[b : b + length] for b in begins])
        model = np.median(cut, axis=0)[:attack]
        moved = []
        for begin in begins:
            low = max(0, begin - reach)
            around = padded[low : begin + reach + attack]
            moved.append(low + int(np.correlate(around, model, "valid").argmax()))
        begins = np.array(moved)
    begins = np.unique(begins)
    begins = begins[np.diff(begins, prepend=-length) >= attack // 2]
    begins = begins[begins + length <= len(padded)]
    return begins, np.stack([padded[b : b + length] for b in begins])
