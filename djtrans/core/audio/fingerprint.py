"""Audio fingerprints: whether two files hold the same recording, whatever their format.

A fingerprint has a word of 32 bits for each frame. Each bit is the sign of a difference of band
energies in time and frequency, which survives transcoding, gain and resampling [1]_.

References
----------
.. [1] J. Haitsma and T. Kalker, "A highly robust audio fingerprinting system", ISMIR 2002.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.audio.polarity import to_mono
from djtrans.core.audio.resampling import resample

#: Analysis rate in Hz: the highest band ends at 2 kHz.
RATE = 5512
#: Raised when the same audio gives another fingerprint.
VERSION = 1
#: Frames of 0.37 s, as in the paper; a hop of 23 ms, at which a shift by half a hop still agrees.
_FRAME, _HOP = 2048, 128
_BANDS, _LOWEST_HZ, _HIGHEST_HZ = 33, 300.0, 2000.0
#: Frames this far below the loudest have no bits: their signs are those of noise.
_QUIET_DB = -50.0
_BLOCK = 512

#: Seconds between two words of a fingerprint.
HOP_SECONDS = _HOP / RATE
#: Longest offset between two files of one recording, such as a silence or a cut at the start.
MAX_OFFSET_SECONDS = 32.0
#: Shortest overlap that is compared, in seconds and as a part of the shorter file.
_MIN_OVERLAP_SECONDS, _MIN_OVERLAP = 5.0, 0.5
#: Bit error rate below which two files hold one recording, as in the paper; see docs/preparing.md.
SAME_RECORDING = 0.35
#: Equal words at one offset that make a candidate. At 20 % of wrong bits, 8 in 10,000 are equal.
_MIN_HITS = 4
#: Words in more files than this are of common sounds and identify none.
_COMMON_WORD = 64
_BITS = np.array([bin(i).count("1") for i in range(1 << 16)], dtype=np.uint8)


def fingerprint(audio: Tensor, sample_rate: int) -> NDArray[np.uint32]:
    """Compute the fingerprint of a track.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.

    Returns
    -------
    array
        ``[frames]`` words of 32 bits, one every :data:`HOP_SECONDS`; 0 for a quiet frame.
    """
    mono = resample(to_mono(audio).cpu(), sample_rate, RATE)[0].numpy()
    count = max(0, (len(mono) - _FRAME) // _HOP + 1)
    if count < 2:
        return np.zeros(0, dtype=np.uint32)
    frames = np.lib.stride_tricks.sliding_window_view(mono, _FRAME)[::_HOP]
    energy = np.concatenate(
        [_band_energies(frames[i : i + _BLOCK]) for i in range(0, count, _BLOCK)]
    )
    difference = np.diff(np.diff(energy, axis=1), axis=0)
    words = np.packbits(difference > 0, axis=1, bitorder="little").view("<u4")[:, 0]
    total = energy[1:].sum(axis=1)
    audible = total > total.max() * 10.0 ** (_QUIET_DB / 10.0)
    return np.where(audible, words, 0).astype(np.uint32)


def _band_energies(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(_FRAME), axis=1)) ** 2
    edges = np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, _BANDS + 1) * _FRAME / RATE
    bins = np.round(edges).astype(int)
    return np.asarray(np.add.reduceat(spectrum[:, : bins[-1]], bins[:-1], axis=1))


def bit_error_rate(a: NDArray[np.uint32], b: NDArray[np.uint32], offset: int) -> float:
    """Compare two fingerprints at one offset.

    Parameters
    ----------
    a, b : array
        Of :func:`fingerprint`.
    offset : int
        Frame of `a` at which `b` begins; may be negative.

    Returns
    -------
    float
        Share of bits that differ, 0 to 1, of the frames in which both are audible: 0 for equal
        recordings, about 0.5 for unrelated ones; 1 if the overlap is too short to say.
    """
    start_a, start_b = max(0, offset), max(0, -offset)
    count = min(len(a) - start_a, len(b) - start_b)
    shorter = min(len(a), len(b))
    if count < max(shorter * _MIN_OVERLAP, _MIN_OVERLAP_SECONDS / HOP_SECONDS):
        return 1.0
    x, y = a[start_a : start_a + count], b[start_b : start_b + count]
    both = (x != 0) & (y != 0)
    if not both.any():
        return 1.0
    wrong = (x ^ y)[both]
    return float((_BITS[wrong & 0xFFFF] + _BITS[wrong >> 16]).mean() / 32.0)


def matches(fingerprints: Sequence[NDArray[np.uint32]]) -> dict[tuple[int, int], float]:
    """Find the pairs of fingerprints that are of one recording.

    Candidates share equal words at one offset, so not all pairs are compared.

    Parameters
    ----------
    fingerprints : sequence of array
        Of :func:`fingerprint`.

    Returns
    -------
    dict of (int, int) to float
        Least bit error rate of each pair of indices below :data:`SAME_RECORDING`, the smaller
        index first.
    """
    found: dict[tuple[int, int], float] = {}
    for first, second, offset in _candidates(fingerprints):
        a, b = fingerprints[first], fingerprints[second]
        # A shift by less than a hop may count for either neighbour.
        rate = min(bit_error_rate(a, b, offset + shift) for shift in (-1, 0, 1))
        if rate < min(SAME_RECORDING, found.get((first, second), 1.0)):
            found[first, second] = rate
    return found


def _candidates(fingerprints: Sequence[NDArray[np.uint32]]) -> list[tuple[int, int, int]]:
    """Return indices and offsets (in frames of the first) at which several words are equal."""
    parts = []
    for index, words in enumerate(fingerprints):
        # Loops repeat words; the first of each suffices, and is at one offset in both files.
        unique, position = np.unique(words, return_index=True)
        part = np.stack([unique, np.full(len(unique), index), position]).astype(np.int64)
        parts.append(part[:, unique != 0])
    if not parts:
        return []
    table = np.concatenate(parts, axis=1)
    word, track, position = table[:, np.argsort(table[0], kind="stable")]
    reach = round(MAX_OFFSET_SECONDS / HOP_SECONDS)
    hits = []
    for lag in range(1, _COMMON_WORD):
        equal = np.flatnonzero(word[lag:] == word[:-lag])
        if not len(equal):
            break
        offset = position[equal] - position[equal + lag]
        near = np.abs(offset) <= reach
        hits.append(np.stack([track[equal], track[equal + lag], offset])[:, near])
    if not hits:
        return []
    keys, counts = np.unique(np.concatenate(hits, axis=1), axis=1, return_counts=True)
    return [(int(i), int(j), int(o)) for i, j, o in keys[:, counts >= _MIN_HITS].T]
