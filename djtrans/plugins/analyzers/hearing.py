"""What is heard in a signal before anything is known of its beat."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.plugins.analyzers.attacks import Attacks, find_attacks
from djtrans.plugins.analyzers.chroma import Chroma, find_chroma
from djtrans.plugins.analyzers.onsets import BandEnergies, band_energies, onset_strength


@attrs.frozen(eq=False)
class Heard:
    """Band energies, onsets, attacks and chroma of one signal."""

    bands: BandEnergies
    onsets: NDArray[np.float64]
    attacks: Attacks
    chroma: Chroma


def hear(mono: NDArray[np.float32], sample_rate: int, hop_seconds: float) -> Heard:
    """Listen to a signal ``[samples]``, with onset frames `hop_seconds` apart."""
    bands = band_energies(mono, sample_rate, hop_seconds)
    return Heard(
        bands=bands,
        onsets=onset_strength(bands),
        attacks=find_attacks(mono, sample_rate),
        chroma=find_chroma(mono, sample_rate),
    )
