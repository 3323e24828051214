"""Front-end features and tempo of an analysis, computed before the beat is known."""

from __future__ import annotations

import attrs

from djtrans.plugins.analyzers import ConstantGridConfig
from djtrans.plugins.analyzers.attacks import Attacks, find_attacks
from djtrans.plugins.analyzers.chroma import Chroma, find_chroma
from djtrans.plugins.analyzers.onsets import BandEnergies, Onsets, band_energies, onset_strength
from djtrans.plugins.analyzers.signals import Signal
from djtrans.plugins.analyzers.tempo import Tempo, find_tempo


@attrs.frozen(eq=False)
class FrontEndFeatures:
    """Band energies, onsets, tempo, attacks and chroma of one signal."""

    bands: BandEnergies
    onsets: Onsets
    tempo: Tempo
    attacks: Attacks
    chroma: Chroma

    def part(self, start: float, end: float) -> FrontEndFeatures:
        """Return the features between two times in seconds; the tempo stays that of the whole."""
        bands, attacks, chroma = self.bands, self.attacks, self.chroma
        first, last = (round(t * bands.frame_rate) for t in (start, end))
        return attrs.evolve(
            self,
            bands=attrs.evolve(bands, energy=bands.energy[first:last]),
            onsets=attrs.evolve(self.onsets, energy=self.onsets.energy[first:last]),
            attacks=attrs.evolve(
                attacks,
                strength=attacks.strength[round(start * attacks.rate) : round(end * attacks.rate)],
            ),
            chroma=attrs.evolve(
                chroma,
                strength=chroma.strength[
                    round(start * chroma.frame_rate) : round(end * chroma.frame_rate)
                ],
            ),
        )


def extract_front_end(
    mono: Signal, sample_rate: int, config: ConstantGridConfig
) -> FrontEndFeatures:
    """Compute the features of a signal ``[samples]``."""
    # In the order of least memory: what needs most while it is computed comes first, and the
    # attacks, the largest result, last.
    chroma = find_chroma(mono, sample_rate)
    bands = band_energies(mono, sample_rate, config.hop_seconds)
    onsets = onset_strength(bands)
    tempo = find_tempo(
        onsets, bands.frame_rate, config.min_bpm, config.max_bpm, config.preferred_bpm
    )
    attacks = find_attacks(mono, sample_rate)
    return FrontEndFeatures(bands, onsets, tempo, attacks, chroma)
