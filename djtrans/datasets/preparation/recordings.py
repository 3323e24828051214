"""Find the files of a library that hold the same recording."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.fingerprint import matches

#: Formats without loss: of several files of one recording, such a one is used.
_LOSSLESS = {".wav", ".flac", ".aiff", ".aif", ".alac"}


def same_recordings(
    files: Sequence[Path], fingerprints: Sequence[NDArray[np.uint32]]
) -> dict[int, tuple[int, float]]:
    """Find the files whose recording is in another file that is used instead.

    Parameters
    ----------
    files : sequence of Path
        In the order in which they are preferred, after lossless formats.
    fingerprints : sequence of array
        Of each; see :func:`djtrans.core.audio.fingerprint.fingerprint`.

    Returns
    -------
    dict of int to (int, float)
        Index of the file that is used instead, and the bit error rate, by index.
    """
    order = sorted(range(len(files)), key=lambda i: (files[i].suffix.lower() not in _LOSSLESS, i))
    rates = matches([fingerprints[i] for i in order])
    instead: dict[int, tuple[int, float]] = {}
    for first, second in sorted(rates):
        if order[first] not in instead and order[second] not in instead:
            instead[order[second]] = (order[first], rates[first, second])
    return instead
