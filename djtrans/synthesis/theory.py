"""Scales, chords and progressions: only notes of the key, so that the key is the truth."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.synthesis.timeline import Bar
from djtrans.synthesis.track_spec import TrackSpec

_SCALES = {"minor": (0, 2, 3, 5, 7, 8, 10), "major": (0, 2, 4, 5, 7, 9, 11)}
# Degrees counted from 0. Each starts on the tonic and stays away from the relative key's tonic
# (III in minor, vi in major), which would leave the key in doubt.
_PROGRESSIONS = {
    "minor": ((0, 5, 3, 0), (0, 0, 5, 6), (0, 3, 0, 4), (0, 5, 0, 6), (0, 6, 3, 0), (0, 0, 5, 3)),
    "major": ((0, 4, 0, 3), (0, 3, 0, 4), (0, 0, 3, 4), (0, 1, 3, 4), (0, 4, 3, 0), (0, 3, 4, 0)),
}


def frequency(pitch: float | np.ndarray) -> float | np.ndarray:
    """Convert a MIDI pitch to Hz; 69 is 440 Hz."""
    return 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)


@attrs.frozen
class Harmony:
    """The key of a track and the chords it goes through.

    Attributes
    ----------
    tonic : int
        Pitch class.
    scale : tuple of int
        Semitones of the seven degrees above the tonic.
    chords : tuple of int
        Root degrees of the progression.
    bars_per_chord : int
    ninth : bool
        Whether the tonic chord carries a ninth.
    """

    tonic: int
    scale: tuple[int, ...]
    chords: tuple[int, ...]
    bars_per_chord: int
    ninth: bool

    @classmethod
    def draw(cls, spec: TrackSpec, rng: np.random.Generator) -> Harmony:
        """Draw a progression in the key of a spec."""
        pool = _PROGRESSIONS[spec.mode]
        return cls(
            tonic=spec.tonic,
            scale=_SCALES[spec.mode],
            chords=pool[rng.integers(len(pool))],
            bars_per_chord=int(rng.integers(1, 3)),
            ninth=bool(rng.random() < 0.5),
        )

    def chord_at(self, bar: Bar) -> int:
        """Root degree of the chord in a bar; the progression restarts with each phrase."""
        return self.chords[(bar.phrase_position // self.bars_per_chord) % len(self.chords)]

    def pitch(self, degree: int, lowest: int) -> int:
        """MIDI pitch of a degree within the octave that starts at `lowest`.

        Degrees of 7 and more, or below 0, are the same notes octaves away.
        """
        octave, step = divmod(degree, 7)
        within = (self.tonic + self.scale[step] - lowest) % 12
        return lowest + within + 12 * octave

    def above(self, degree: int, tonic_lowest: int) -> int:
        """MIDI pitch of a degree counted upwards from the tonic at or above `tonic_lowest`."""
        octave, step = divmod(degree, 7)
        tonic = tonic_lowest + (self.tonic - tonic_lowest) % 12
        return tonic + self.scale[step] + 12 * octave

    def voicing(self, root: int, lowest: int = 55) -> tuple[tuple[int, float], ...]:
        """MIDI pitches of a chord and their levels.

        All lie within an octave, so that voices move little between chords. The root leads: its
        third harmonic sounds the fifth already, and equal voices would be heard a fifth up.
        """
        voices = [(root, 1.0), (root + 2, 0.75), (root + 4, 0.55)]
        if self.ninth and root == 0:
            voices.append((root + 1, 0.4))
        return tuple((self.pitch(degree % 7, lowest), level) for degree, level in voices)
