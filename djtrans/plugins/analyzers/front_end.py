"""Front-end features of an analysis, computed before the beat is known."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.plugins.analyzers.attacks import Attacks, find_attacks
from djtrans.plugins.analyzers.chroma import Chroma, find_chroma
from djtrans.plugins.analyzers.onsets import BandEnergies, band_energies, onset_strength


@attrs.frozen(eq=False)
class FrontEndFeatures:
    """Band energies, onsets, attacks and chroma of one signal."""

    bands: BandEnergies
    onsets: NDArray[np.float64]
    attacks: Attacks
    chroma: Chroma


def extract_front_end(
    mono: NDArray[np.float32], sample_rate: int, hop_seconds: float
) -> FrontEndFeatures:
    """Compute the features of a signal ``[samples]``, with onset frames `hop_seconds` apart."""
    bands = band_energies(mono, sample_rate, hop_seconds)
    return FrontEndFeatures(
        bands=bands,
        onsets=onset_strength(bands),
        attacks=find_attacks(mono, sample_rate),
        chroma=find_chroma(mono, sample_rate),
    )
