"""Extract the kick as the most repeated low sound of a dance track.

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
#: From here on a stroke fades out, so that a bass held under all of them is not taken along; and
#: it fades in, and out before the next one, within this.
_HOLD_SECONDS, _FADE_SECONDS = 0.22, 0.01
#: The part that decides how much a stroke is like another and how loud it is.
_ATTACK_SECONDS = 0.12
#: Envelopes rise within this, and strokes are no closer than this.
_RISE_SECONDS, _APART_SECONDS = 0.06, 0.12
#: Least rise: by this factor, and of the strongest rise of the track.
_FACTOR, _RISE = 1.1, 0.25
#: A kick falls in pitch: of its octave above 120 Hz less than this is left after the attack. What
#: rises and stays is a bass note.
_LEFT = 0.5
#: How alike strokes are at least, how many are compared, and how few say nothing about each other.
_ALIKE, _NEIGHBOURS, _FEWEST = 0.8, 24, 4
#: A stroke is at most so much louder than those like it; on one side alone it is twice as loud.
_LOUDEST = 2.6
_TINY = 1e-12


def kick_part(audio: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """Extract the kick below :data:`TOP_HZ`.

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
    """Extract the kick from the low band of the audio, ``[channels, samples]``."""
    lead, length = round(_LEAD_SECONDS * rate), round(_LENGTH_SECONDS * rate)
    attack = lead + round(_ATTACK_SECONDS * rate)
    step = round(_RISE_SECONDS * rate)
    # Silence before, or a kick on the first sample would be no rise.
    before = 2 * lead + step
    padded = np.pad(low, ((0, 0), (before, length + lead)))
    middle = padded.mean(axis=0)
    bottom, above = _octaves(middle, rate)
    onsets = _onsets(bottom, above, rate)
    if len(onsets) < _FEWEST:
        return np.zeros_like(low)
    begins, strokes = _aligned(middle, np.maximum(onsets - lead, 0), lead + length, attack, lead)
    heads = strokes[:, :attack]
    shapes = heads / (np.linalg.norm(heads, axis=1, keepdims=True) + _TINY)
    alike = shapes @ shapes.T
    fade = np.ones(lead + length)
    hold = lead + round(_HOLD_SECONDS * rate)
    fade[hold:] = _fall(lead + length - hold)
    edge = _fall(round(_FADE_SECONDS * rate))
    total = np.zeros_like(padded)
    ends = np.append(begins[1:], padded.shape[-1])
    for index, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        nearest = np.argsort(-alike[index], kind="stable")[:_NEIGHBOURS]
        nearest = nearest[alike[index][nearest] >= _ALIKE]
        if len(nearest) < _FEWEST:
            continue
        octave = np.median([above[begins[i] :][: attack + step] for i in nearest], axis=0)
        if _level(octave[-step:]) > _LEFT * _level(octave[lead : lead + step]):
            continue
        stroke = (np.median(strokes[nearest], axis=0) * fade)[: end - begin]
        stroke[: len(edge)] *= edge[::-1]
        stroke[-len(edge) :] *= edge
        head = stroke[:attack]
        heard = padded[:, begin : begin + len(head)]
        gains = np.clip(heard @ head / (head @ head + _TINY), 0, _LOUDEST)
        total[:, begin : begin + len(stroke)] += gains[:, None] * stroke
    return total[:, before : before + low.shape[-1]]


def _fall(samples: int) -> _Array:
    """Compute a smooth fade from 1 to 0."""
    return np.asarray(np.cos(0.5 * np.pi * np.linspace(0, 1, samples)) ** 2)


def _octaves(middle: _Array, rate: float) -> tuple[_Array, _Array]:
    """Split off the two lowest octaves and the one above them."""
    from scipy import signal

    bands = ((30.0, 120.0), (120.0, TOP_HZ))
    filters = (signal.butter(2, band, "bandpass", fs=rate, output="sos") for band in bands)
    bottom, above = (signal.sosfiltfilt(sections, middle) for sections in filters)
    return bottom, above


def _level(audio: _Array) -> float:
    return float(np.sqrt(np.mean(np.square(audio)) + _TINY))


def _onsets(bottom: _Array, above: _Array, rate: float) -> NDArray[np.int64]:
    """Find the frames at which both bands become louder at once."""
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    step = round(_RISE_SECONDS * rate)
    rises = []
    for octave in (bottom, above):
        level = np.sqrt(uniform_filter1d(np.square(octave), step) + _TINY)
        rise = np.clip(level[step:] - _FACTOR * level[:-step], 0, None)
        rise = np.pad(rise, (step // 2, step - step // 2))
        rises.append(rise / (np.quantile(rise, 0.98) + _TINY))
    rise = np.minimum(*rises)
    peak = (rise == maximum_filter1d(rise, round(_APART_SECONDS * rate))) & (rise > _RISE)
    return np.flatnonzero(peak)


def _aligned(
    padded: _Array, begins: NDArray[np.int64], length: int, attack: int, reach: int
) -> tuple[NDArray[np.int64], _Array]:
    """Align the strokes to their median; return their starts and the strokes."""
    for _ in range(3):
        model = np.median([padded[begin : begin + attack] for begin in begins], axis=0)
        moved = []
        for begin in begins:
            low = max(0, begin - reach)
            around = padded[low : begin + reach + attack]
            moved.append(low + int(np.correlate(around, model, "valid").argmax()))
        begins = np.array(moved)
    begins = np.unique(begins)
    begins = begins[np.diff(begins, prepend=-length) >= attack // 2]
    begins = begins[begins + length <= len(padded)]
    strokes = [padded[begin : begin + length] for begin in begins]
    return begins, np.reshape(strokes, (-1, length))
