"""The bass line: a sub sine under a filtered saw, or one of the two."""

from __future__ import annotations

import numpy as np

from djtrans.synthesis.arrangement import arrange
from djtrans.synthesis.dsp import Audio, faded, filtered, place, saw, stereo
from djtrans.synthesis.theory import Harmony, frequency
from djtrans.synthesis.timeline import Timeline

# (step, length in sixteenths, note): 0 the root, 1 the octave, 2 the fifth.
_PATTERNS = (
    tuple((step, 1.6, 0) for step in (2, 6, 10, 14)),
    tuple((step, 0.9, 0) for step in range(16) if step % 4),
    ((2, 2, 0), (5, 1, 0), (7, 2, 1), (10, 2, 0), (14, 1.5, 2)),
    ((0, 2.5, 0), (3, 2, 0), (6, 3, 0), (10, 1.5, 1), (12, 2, 0), (14, 2, 2)),
    ((1, 2, 0), (4, 1.5, 0), (6, 2, 0), (9, 2, 0), (11, 1, 1), (14, 2, 0)),
    ((0, 6, 0), (6, 4, 0), (10, 5.5, 2)),
)
_LOWEST = 29  # F1, 43.7 Hz


def render_bass(
    target: Audio, timeline: Timeline, harmony: Harmony, rng: np.random.Generator
) -> None:
    """Play the bass into a stem ``[2, samples]``; every other bar may vary the pattern's end."""
    pattern = _PATTERNS[rng.integers(len(_PATTERNS))]
    turn = _PATTERNS[rng.integers(len(_PATTERNS))]
    cutoff, grit = rng.uniform(250.0, 600.0), rng.uniform(0.3, 0.7)
    notes: dict[tuple[int, float], Audio] = {}
    for bar in timeline.bars:
        level = arrange(bar, timeline.spec).bass
        if level == 0.0:
            continue
        steps = pattern
        if bar.phrase_position % 4 == 3:
            steps = tuple(n for n in pattern if n[0] < 8) + tuple(n for n in turn if n[0] >= 8)
        chord = harmony.chord_at(bar)
        for step, length, choice in steps:
            root = harmony.pitch(chord, _LOWEST)
            pitch = {0: root, 1: root + 12, 2: harmony.pitch((chord + 4) % 7, _LOWEST)}[choice]
            if (pitch, length) not in notes:
                samples = timeline.samples_in(length / 4.0)
                notes[pitch, length] = _note(
                    pitch, samples, timeline.sample_rate, cutoff, grit, timeline.spec.bass
                )
            at = timeline.sample_of_step(bar.index, step)
            place(target, notes[pitch, length], at, 0.5 * level)


def _note(
    pitch: int, samples: int, sample_rate: int, cutoff: float, grit: float, kind: str
) -> Audio:
    hz = float(frequency(pitch))
    time = np.arange(samples) / sample_rate
    sub = np.sin(2.0 * np.pi * hz * time)
    edge = filtered(saw(hz, samples, sample_rate), "lowpass", cutoff, sample_rate, order=3)
    if kind == "sub":
        edge = np.zeros_like(sub)
    elif kind == "mid":
        sub = np.zeros_like(sub)
        edge = 2.0 * filtered(edge, "highpass", 120.0, sample_rate, order=4)
    sound = (sub + grit * edge) * (0.7 + 0.3 * np.exp(-time / 0.12))
    return stereo(faded(sound / (1.0 + grit), sample_rate, 0.004, 0.02)).astype(np.float32)
