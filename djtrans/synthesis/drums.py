"""Drum patterns and their rendering."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np

from djtrans.synthesis.arrangement import Arrangement, arrange
from djtrans.synthesis.drumkit import DrumKit, sample_kit
from djtrans.synthesis.dsp import Audio, place
from djtrans.synthesis.patterns import STYLES
from djtrans.synthesis.timeline import STEPS_PER_BAR, Bar, Timeline

_FILLS = ((12, 13, 14, 15), (12, 14, 15), (13, 14, 15), (10, 12, 14, 15), (11, 13, 15))
_Hit = Callable[[Audio, float, float], None]  # a sound at a step of the bar, with a gain


@attrs.frozen(eq=False)
class DrumPattern:
    """Drum pattern of a track.

    Attributes
    ----------
    kicks : tuple of tuple of int
        Steps of the kick in the even and in the odd bars.
    snares : tuple of tuple of int
        Steps of the snare or clap in the even and in the odd bars.
    clap : bool
        Whether it is a clap.
    ghosts : tuple of int
        Steps of the quiet snares between.
    hat_accents : ndarray
        Level of the closed hat at each step of a bar.
    percussion : tuple of tuple of int
        Steps of each percussion sound.
    fill : tuple of int
        Steps of the fill that ends a phrase.
    fill_drops_kick : bool
        Whether the last kick of a phrase is left out.
    rolls : tuple of (int, int)
        Steps on which the hat rolls, and into how many.
    """

    kicks: tuple[tuple[int, ...], ...]
    snares: tuple[tuple[int, ...], ...]
    clap: bool
    ghosts: tuple[int, ...]
    hat_accents: np.ndarray
    percussion: tuple[tuple[int, ...], ...]
    fill: tuple[int, ...]
    fill_drops_kick: bool
    rolls: tuple[tuple[int, int], ...]


def sample_pattern(style: str, rng: np.random.Generator) -> DrumPattern:
    """Draw a pattern of a style."""
    kind = STYLES[style]
    kicks = kind.kicks[rng.integers(4) % len(kind.kicks)]
    ghosts = tuple(int(s) for s in rng.choice([7, 9, 11, 15], size=2, replace=False))
    shape = np.array([0.75, 0.35, 0.55, 0.35] if rng.random() < 0.5 else [0.4, 0.3, 0.9, 0.45])
    accents = np.tile(shape, 4) * rng.uniform(0.8, 1.1, STEPS_PER_BAR)
    accents[rng.random(STEPS_PER_BAR) < 0.12] = 0.0
    percussion = tuple(
        _euclidean(int(rng.choice(pulses)), int(rng.integers(STEPS_PER_BAR)))
        for pulses in ((3, 5), (2, 5, 7))
    )
    fill = _FILLS[rng.integers(len(_FILLS))]
    fill_drops_kick = bool(rng.random() < 0.5)
    accents[np.arange(STEPS_PER_BAR) % kind.hat_spacing != 0] = 0.0
    snares = kind.snares[rng.integers(len(kind.snares))]
    rolling = rng.choice([3, 6, 7, 10, 11, 14, 15], size=2, replace=False)
    return DrumPattern(
        kicks=kicks,
        snares=snares,
        clap=kind.clap,
        ghosts=tuple(s for s in ghosts if s not in snares[0]) if kind.ghosts else (),
        hat_accents=accents,
        percussion=percussion,
        fill=fill,
        fill_drops_kick=fill_drops_kick,
        rolls=tuple((int(s), int(rng.choice([2, 3, 4]))) for s in rolling)
        if kind.hat_rolls
        else (),
    )


def _euclidean(pulses: int, rotation: int) -> tuple[int, ...]:
    """Pulses spread over a bar as evenly as its sixteenths allow."""
    steps = (round(i * STEPS_PER_BAR / pulses) + rotation for i in range(pulses))
    return tuple(sorted(step % STEPS_PER_BAR for step in steps))


def kick_steps(bar: Bar, part: Arrangement, pattern: DrumPattern) -> tuple[int, ...]:
    """Return the sixteenths of a bar on which the kick sounds."""
    if part.kick == 0.0:
        return ()
    steps = pattern.kicks[bar.index % 2]
    if bar.ends_phrase and pattern.fill_drops_kick:
        steps = tuple(step for step in steps if step < 12)
    return steps


def render_drums(
    target: Audio, timeline: Timeline, rng_kit: np.random.Generator, rng: np.random.Generator
) -> list[int]:
    """Play the drums into a stem.

    Parameters
    ----------
    target : ndarray
        ``[2, samples]``, added to.
    timeline : Timeline
    rng_kit, rng : numpy Generator
        For the sounds, and for the pattern.

    Returns
    -------
    list of int
        The samples at which the kick begins, in order.
    """
    kit = sample_kit(timeline.sample_rate, rng_kit)
    pattern = sample_pattern(timeline.spec.drums, rng)
    backbeat = kit.clap if pattern.clap else kit.snare
    kicks: list[int] = []
    for bar in timeline.bars:
        part = arrange(bar, timeline.spec)

        def hit(sound: Audio, step: float, gain: float, index: int = bar.index) -> None:
            place(target, sound, timeline.sample_of_step(index, step), gain)

        for step in kick_steps(bar, part, pattern):
            kicks.append(timeline.sample_of_step(bar.index, step))
            hit(kit.kick, step, part.kick)
        for step in pattern.snares[bar.index % 2]:
            hit(backbeat, step, 0.42 * part.clap)
        for step in pattern.ghosts:
            hit(kit.snare, step, 0.1 * part.clap)
        for step in range(STEPS_PER_BAR):
            hit(kit.closed_hat, step, 0.17 * part.hats * pattern.hat_accents[step])
        for step, count in pattern.rolls:
            for strike in range(count):
                # A fraction of a sixteenth later; the place of a swung step stays its own.
                hit(kit.closed_hat, step + strike / count, 0.12 * part.hats)
        for step in (2, 6, 10, 14):
            hit(kit.open_hat, step, 0.15 * part.open_hats)
        for sound, steps in zip(kit.percussion, pattern.percussion, strict=True):
            for step in steps:
                hit(sound, step, 0.13 * part.percussion)
        if bar.position == 0 and bar.label in ("drop", "break"):
            hit(kit.crash, 0, 0.4)
        _fills(bar, part, pattern, kit, hit)
    return kicks


def _fills(bar: Bar, part: Arrangement, pattern: DrumPattern, kit: DrumKit, hit: _Hit) -> None:
    """Add the snare roll of a build, or a fill at a phrase's end."""
    if part.roll > 0.0:
        progress = bar.progress
        spacing = 4.0 if progress < 0.25 else 2.0 if progress < 0.625 else 1.0
        if bar.ends_section and bar.section_bars > 1:
            spacing = 0.5
        for step in np.arange(0.0, STEPS_PER_BAR, spacing):
            swell = part.roll + 0.6 / bar.section_bars * step / STEPS_PER_BAR
            hit(kit.snare, float(step), 0.3 * swell)
    elif bar.ends_phrase and part.clap > 0.0:
        for count, step in enumerate(pattern.fill):
            hit(kit.snare, step, 0.16 + 0.05 * count)
    elif bar.phrase_position % 4 == 3:
        for step in (14, 15):
            hit(kit.percussion[step % 2], step, 0.16 * part.percussion)
