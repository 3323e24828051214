"""Oscillators, envelopes, filters and the placing of sounds.

Sounds are made in float64 (`Wave`) and kept in float32 ``[2, samples]`` (`Audio`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
Wave = NDArray[np.float64]


def seconds(duration: float, sample_rate: int) -> Wave:
    """Return the sample times of a sound, in seconds from its start."""
    return np.arange(max(1, round(duration * sample_rate))) / sample_rate


def saw(frequencies: Wave | float, samples: int, sample_rate: int) -> Wave:
    """Saw wave of little aliasing, differentiated from a parabola [1]_.

    Parameters
    ----------
    frequencies : float or ndarray
        In Hz, constant or one for each sample.
    samples, sample_rate : int

    Returns
    -------
    ndarray
        ``[samples]`` between about -1 and 1.

    References
    ----------
    .. [1] V. Välimäki, "Discrete-time synthesis of the sawtooth waveform with reduced aliasing",
       IEEE Signal Processing Letters 12(3), 2005.
    """
    step = np.broadcast_to(np.asarray(frequencies, dtype=np.float64) / sample_rate, samples)
    wave = 2.0 * (np.cumsum(step) % 1.0) - 1.0
    return np.diff(wave**2, prepend=wave[0] ** 2) / (4.0 * step)


def faded(sound: Wave, sample_rate: int, attack: float, release: float) -> Wave:
    """Fade both ends of a sound with raised cosines of the given seconds."""
    result = np.array(sound, dtype=np.float64)
    length = result.shape[-1]
    for duration, backwards in ((attack, False), (release, True)):
        size = min(length, round(duration * sample_rate))
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(size) / max(1, size))
        if backwards:
            result[..., length - size :] *= ramp[::-1]
        else:
            result[..., :size] *= ramp
    return result


def filtered(
    sound: Wave, kind: str, cutoff: float | tuple[float, float], sample_rate: int, order: int = 2
) -> Wave:
    """Apply a Butterworth filter of scipy's `kind`; cutoffs in Hz, limited below Nyquist."""
    return RunningFilter(kind, cutoff, sample_rate, order)(sound)


class RunningFilter:
    """Butterworth filter of a sound that comes in blocks; see :func:`filtered`."""

    def __init__(
        self, kind: str, cutoff: float | tuple[float, float], sample_rate: int, order: int = 2
    ) -> None:
        from scipy import signal

        edges = np.minimum(cutoff, 0.45 * sample_rate)
        self._sections = signal.butter(order, edges, kind, fs=sample_rate, output="sos")
        self._state: Wave | None = None

    def __call__(self, block: Wave) -> Wave:
        """Filter the next block, ``[..., samples]``."""
        from scipy import signal

        if self._state is None:
            self._state = np.zeros((len(self._sections), *block.shape[:-1], 2))
        out, self._state = signal.sosfilt(self._sections, block, axis=-1, zi=self._state)
        return np.asarray(out)


def stereo(sound: Wave, pan: float = 0.0) -> Wave:
    """Pan a mono sound from -1 (left) to 1 (right) at constant power."""
    angle = (pan + 1.0) * np.pi / 4.0
    return np.stack([np.cos(angle) * sound, np.sin(angle) * sound]) * np.sqrt(2.0)


def peaked(sound: Wave, peak: float = 1.0) -> Audio:
    """Scale a sound to a peak, as float32."""
    return (sound * (peak / max(1e-12, float(np.max(np.abs(sound)))))).astype(np.float32)


def reverberated(
    sound: Wave, sample_rate: int, decay: float, wet: float, rng: np.random.Generator
) -> Wave:
    """Add a room to a stereo sound: exponentially decaying noise, decorrelated left and right.

    Parameters
    ----------
    sound : ndarray
        ``[2, samples]``.
    sample_rate : int
    decay : float
        Seconds until the room has fallen by 60 dB; the result is that much longer.
    wet : float
        Level of the room, relative to the sound at equal energy.
    rng : numpy Generator

    Returns
    -------
    ndarray
        ``[2, samples + decay]``
    """
    from scipy import signal

    time = seconds(decay, sample_rate)
    room = rng.standard_normal((2, len(time))) * 10.0 ** (-3.0 * time / decay)
    room = filtered(room, "bandpass", (250.0, 7000.0), sample_rate, order=1)
    room *= wet / np.sqrt(np.mean(np.sum(room**2, axis=-1)))
    tail = signal.fftconvolve(sound, room, axes=-1)
    tail[:, : sound.shape[-1]] += sound
    return tail


def place(target: Audio, sound: Audio, at: int, gain: float = 1.0) -> None:
    """Add a sound to a track at a sample; what reaches past the ends is cut."""
    begin, end = max(0, at), min(target.shape[-1], at + sound.shape[-1])
    if begin < end and gain != 0.0:
        target[:, begin:end] += np.float32(gain) * sound[:, begin - at : end - at]


def duck(target: Audio, kicks: list[int], recovery: int, depth: float, sample_rate: int) -> None:
    """Side-chain a track in place: it gives way at each kick and is back after `recovery` samples.

    It goes down in the 4 ms before the kick, so that the kick starts in the clear.
    """
    before = round(0.004 * sample_rate)
    down = 1.0 - depth * np.linspace(0.0, 1.0, before, endpoint=False)
    position = np.linspace(0.0, 1.0, recovery)
    up = 1.0 - depth * 0.5 * (1.0 + np.cos(np.pi * np.sqrt(position)))
    curve = np.concatenate([down, up]).astype(np.float32)
    for kick in kicks:
        begin, end = max(0, kick - before), min(target.shape[-1], kick + recovery)
        offset = kick - before
        target[:, begin:end] *= curve[begin - offset : end - offset]
