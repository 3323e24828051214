"""Chord stabs and arpeggio: short notes in the key, with room and echoes."""

from __future__ import annotations

import numpy as np

from djtrans.synthesis.arrangement import arrange
from djtrans.synthesis.dsp import (
    Audio,
    faded,
    filtered,
    peaked,
    place,
    reverberated,
    saw,
    seconds,
    stereo,
)
from djtrans.synthesis.theory import Harmony, frequency
from djtrans.synthesis.timeline import Timeline

_STAB_STEPS = ((2, 10), (3, 6, 10), (2, 5, 8, 14), (6, 14), (3, 11), (0, 3, 6))
_ARP_LOWEST = 67


def render_stabs(
    target: Audio, timeline: Timeline, harmony: Harmony, rng: np.random.Generator
) -> None:
    """Play short chords into a stem ``[2, samples]``, off the beat."""
    steps = _STAB_STEPS[rng.integers(len(_STAB_STEPS))]
    cutoff, decay = rng.uniform(1200.0, 3000.0), rng.uniform(0.06, 0.14)
    stabs = {
        root: _stab(harmony.voicing(root), timeline.sample_rate, cutoff, decay, rng)
        for root in sorted(set(harmony.chords))
    }
    for bar in timeline.bars:
        level = arrange(bar, timeline.spec).stab
        for step in steps:
            at = timeline.sample_of_step(bar.index, step)
            place(target, stabs[harmony.chord_at(bar)], at, 0.3 * level)


def render_arp(
    target: Audio, timeline: Timeline, harmony: Harmony, rng: np.random.Generator
) -> None:
    """Play broken chords in sixteenths into a stem ``[2, samples]``, with dotted echoes."""
    order = rng.permutation(np.array([0, 2, 4, 7, 4, 9, 2, 7]))
    plays = rng.random(16) < 0.65
    ratio, decay = float(rng.choice([1.0, 2.0, 3.0])), rng.uniform(0.07, 0.16)
    echo = timeline.samples_in(0.75)
    notes: dict[tuple[int, bool], Audio] = {}
    for bar in timeline.bars:
        level = arrange(bar, timeline.spec).arp
        if level == 0.0:
            continue
        chord = harmony.chord_at(bar)
        for step in np.flatnonzero(plays):
            pitch = harmony.pitch(chord + int(order[step % len(order)]), _ARP_LOWEST)
            while pitch >= _ARP_LOWEST + 24:
                pitch -= 12
            right = bool(step % 2)
            if (pitch, right) not in notes:
                notes[pitch, right] = _pluck(pitch, timeline.sample_rate, ratio, decay, right)
            at = timeline.sample_of_step(bar.index, int(step))
            for count, fall in enumerate((1.0, 0.4, 0.16)):
                side = right ^ (count % 2 == 1)
                if (pitch, side) not in notes:
                    notes[pitch, side] = _pluck(pitch, timeline.sample_rate, ratio, decay, side)
                place(target, notes[pitch, side], at + count * echo, 0.12 * level * fall)


def _stab(
    voices: tuple[tuple[int, float], ...],
    sample_rate: int,
    cutoff: float,
    decay: float,
    rng: np.random.Generator,
) -> Audio:
    time = seconds(6 * decay, sample_rate)
    sound = np.zeros((2, len(time)))
    for pitch, level in voices:
        for cents, pan in ((-7.0, -0.7), (0.0, 0.0), (7.0, 0.7)):
            hz = float(frequency(pitch)) * 2.0 ** (cents / 1200.0)
            wave = saw(hz, len(time), sample_rate)
            sound += level * stereo(np.roll(wave, int(rng.integers(len(time)))), pan)
    sound = filtered(sound, "lowpass", cutoff, sample_rate)
    sound = filtered(sound, "highpass", 150.0, sample_rate)
    sound = faded(sound * np.exp(-time / decay), sample_rate, 0.002, decay)
    return peaked(reverberated(sound, sample_rate, 1.2, 0.35, rng))


def _pluck(pitch: int, sample_rate: int, ratio: float, decay: float, right: bool) -> Audio:
    """Two-operator frequency modulation whose index falls faster than its level."""
    time = seconds(5 * decay, sample_rate)
    hz = float(frequency(pitch))
    bend = 1.8 * np.exp(-time / (0.4 * decay)) * np.sin(2 * np.pi * ratio * hz * time)
    sound = np.sin(2 * np.pi * hz * time + bend) * np.exp(-time / decay)
    return peaked(stereo(faded(sound, sample_rate, 0.002, decay), 0.6 if right else -0.6))
