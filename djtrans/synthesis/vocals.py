"""Synthetic vocals."""

from __future__ import annotations

import numpy as np

from djtrans.core.track.analysis import Phrase
from djtrans.synthesis.dsp import Audio, place
from djtrans.synthesis.theory import Harmony
from djtrans.synthesis.timeline import BEATS_PER_BAR, Timeline
from djtrans.synthesis.voice import VOWELS, Syllable, sing

# First bar within the eight-bar phrase, and bars sung.
_SUNG: dict[str, dict[str, tuple[tuple[int, int], ...]]] = {
    "spaced": {
        "break": ((0, 4), (5, 2)),
        "groove": ((2, 2), (5, 2)),
        "drop": ((2, 2), (5, 2)),
    },
    "dense": {
        "break": ((0, 4), (4, 4)),
        "groove": ((0, 4), (4, 2), (6, 2)),
        "drop": ((0, 4), (4, 2), (6, 2)),
        "build": ((0, 4), (4, 4)),
    },
}
_VOCAL_INTRO = ((0, 4), (4, 4))
#: At the end of every line; a dense one sings to the boundary.
_BREATH_BEATS = {"spaced": 1.5, "dense": 0.25}
_PICKUP_BEATS = 1.0


def sung_phrases(timeline: Timeline) -> tuple[Phrase, ...]:
    """Choose the bars with vocals."""
    if not timeline.spec.has_vocals:
        return ()
    lines = _SUNG[timeline.spec.singing]
    if timeline.spec.intro == "vocal":
        lines = {**lines, "intro": _VOCAL_INTRO}
    return tuple(
        Phrase(bar.index, bars)
        for bar in timeline.bars
        for first, bars in lines.get(bar.label, ())
        if bar.phrase_position == first and first + bars <= bar.phrase_bars
    )


def render_vocals(
    target: Audio, timeline: Timeline, harmony: Harmony, rng: np.random.Generator
) -> tuple[Phrase, ...]:
    """Render vocals into a stem ``[2, samples]``, and return their bars.

    There is one melody for each length and place in the phrase, so the hook comes back.
    """
    phrases = sung_phrases(timeline)
    female = bool(rng.random() < 0.6)
    lowest, scale = (55, rng.uniform(1.12, 1.22)) if female else (45, rng.uniform(0.95, 1.05))
    streams = {
        which: np.random.default_rng(int(rng.integers(2**32)))
        for which in ((0, 4), (2, 2), (5, 2), (4, 4), (4, 2), (6, 2))
    }
    lead = _PICKUP_BEATS if timeline.spec.singing == "dense" else 0.0
    sung: dict[tuple[int, int], Audio] = {}
    for phrase in phrases:
        bar = timeline.bars[phrase.start_bar]
        which = (bar.phrase_position, phrase.bars)
        if which not in sung:
            chords = [
                harmony.chord_at(timeline.bars[phrase.start_bar + i]) for i in range(phrase.bars)
            ]
            samples = timeline.samples_in(phrase.bars * BEATS_PER_BAR + lead)
            line = _melody(timeline, harmony, chords, lowest, lead, streams[which])
            sung[which] = sing(line, samples, timeline.sample_rate, scale, streams[which])
        at = timeline.sample_of(phrase.start_bar * BEATS_PER_BAR - lead)
        place(target, sung[which], at, 0.42 if bar.label == "break" else 0.36)
    return phrases


def _melody(
    timeline: Timeline,
    harmony: Harmony,
    chords: list[int],
    lowest: int,
    lead: float,
    rng: np.random.Generator,
) -> list[Syllable]:
    """Sample a melody: a walk on the scale with chord tones on downbeats, ending on the tonic.

    `lead` beats of it are a pickup, before the first bar line.
    """
    vowels = list(VOWELS)
    end = lead + len(chords) * BEATS_PER_BAR - _BREATH_BEATS[timeline.spec.singing]
    beat = float(rng.choice([0.0, 0.5]))
    degree = 0
    line: list[Syllable] = []
    while beat < end - 0.25:
        length = min(float(rng.choice([0.5, 0.5, 1.0, 1.0, 1.5, 2.0])), end - beat)
        if beat < lead:
            length = min(length, lead - beat)
        chord = chords[int(max(0.0, beat - lead) // BEATS_PER_BAR)]
        if (beat - lead) % BEATS_PER_BAR < 1.0:
            tones = [d for d in range(-2, 7) if (d - chord) % 7 in (0, 2, 4)]
            degree = min(tones, key=lambda tone: abs(tone - degree))
        else:
            degree = int(np.clip(degree + rng.choice([-2, -1, -1, 0, 1, 1, 2]), -2, 6))
        if beat + length >= end - 0.25:
            degree = 0 if degree < 4 else 4
        line.append(
            Syllable(
                start=timeline.samples_in(beat),
                samples=timeline.samples_in(0.94 * length),
                pitch=harmony.above(degree, lowest),
                vowel=vowels[rng.integers(len(vowels))],
                hiss=bool(rng.random() < 0.3),
            )
        )
        beat += length + (0.5 if rng.random() < 0.15 else 0.0)
    return line
