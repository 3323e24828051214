"""The sounds of the drums, each rendered once."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.synthesis.dsp import Audio, faded, filtered, peaked, reverberated, seconds, stereo


@attrs.frozen(eq=False)
class DrumKit:
    """One-shots, float32 ``[2, samples]``, all but the crash with a peak of 1."""

    kick: Audio
    clap: Audio
    snare: Audio
    closed_hat: Audio
    open_hat: Audio
    percussion: tuple[Audio, ...]
    crash: Audio


def sample_kit(sample_rate: int, rng: np.random.Generator) -> DrumKit:
    """Draw a kit: tuning, decays and colours differ from seed to seed."""
    return DrumKit(
        kick=_kick(sample_rate, rng),
        clap=_clap(sample_rate, rng),
        snare=_snare(sample_rate, rng),
        closed_hat=_hat(sample_rate, rng, decay=rng.uniform(0.02, 0.04)),
        open_hat=_hat(sample_rate, rng, decay=rng.uniform(0.09, 0.14)),
        percussion=tuple(_blip(sample_rate, rng, pan) for pan in (-0.5, 0.55)),
        crash=_crash(sample_rate, rng),
    )


def _kick(sample_rate: int, rng: np.random.Generator) -> Audio:
    """Synthesize a kick: a falling sine and a click."""
    time = seconds(0.29, sample_rate)
    final = rng.uniform(46.0, 56.0)
    knock, thump = rng.uniform(180.0, 320.0), rng.uniform(60.0, 110.0)
    # The integral of final + knock exp(-t/6 ms) + thump exp(-t/35 ms).
    cycles = final * time
    for depth, decay in ((knock, 0.006), (thump, 0.035)):
        cycles = cycles + depth * decay * (1.0 - np.exp(-time / decay))
    body = np.tanh(rng.uniform(1.2, 2.0) * np.sin(2 * np.pi * cycles))
    body = body * np.exp(-time / rng.uniform(0.13, 0.19))
    click = rng.standard_normal(len(time)) * np.exp(-time / 0.0012) * 0.35
    sound = faded(body + filtered(click, "highpass", 1500.0, sample_rate), sample_rate, 0.0, 0.05)
    return peaked(stereo(sound))


def _snare(sample_rate: int, rng: np.random.Generator) -> Audio:
    time = seconds(0.22, sample_rate)
    modes = np.array([[185.0], [330.0]]) * rng.uniform(0.95, 1.05, (2, 1))
    tone = np.sum(np.sin(2 * np.pi * modes * time), axis=0) * np.exp(-time / 0.05)
    noise = rng.standard_normal((2, len(time))) * np.exp(-time / rng.uniform(0.05, 0.08))
    # A decaying tone has an offset, which a roll would add up to a rumble.
    tone = filtered(tone, "highpass", 140.0, sample_rate)
    sound = 0.6 * tone + filtered(noise, "bandpass", (1200.0, 9000.0), sample_rate)
    return peaked(faded(sound, sample_rate, 0.0005, 0.03))


def _clap(sample_rate: int, rng: np.random.Generator) -> Audio:
    """Several hands: noise bursts some ms apart, the last one with a tail and a little room."""
    time = seconds(0.2, sample_rate)
    envelope = np.zeros_like(time)
    gap = rng.uniform(0.008, 0.012)
    for hand, decay in enumerate((0.004, 0.004, 0.004, rng.uniform(0.05, 0.09))):
        since = time - hand * gap
        envelope += np.where(since >= 0, np.exp(-np.maximum(since, 0) / decay), 0.0)
    noise = rng.standard_normal((2, len(time)))
    noise += 0.8 * noise[::-1]  # narrower than two independent channels
    centre = rng.uniform(1100.0, 1600.0)
    sound = filtered(noise * envelope, "bandpass", (0.6 * centre, 4.5 * centre), sample_rate)
    return peaked(reverberated(faded(sound, sample_rate, 0.0, 0.02), sample_rate, 0.35, 0.5, rng))


def _hat(sample_rate: int, rng: np.random.Generator, decay: float) -> Audio:
    """Noise and six inharmonic squares through a high-pass, wide."""
    time = seconds(6 * decay, sample_rate)
    metal = sum(
        np.sign(np.sin(2 * np.pi * (f * rng.uniform(0.95, 1.05) * time + rng.random())))
        for f in (2070.0, 3130.0, 3690.0, 5110.0, 5470.0, 8010.0)
    )
    noise = rng.standard_normal((2, len(time)))
    sound = filtered(noise + 0.25 * metal, "highpass", rng.uniform(6500.0, 8000.0), sample_rate, 4)
    return peaked(faded(sound * np.exp(-time / decay), sample_rate, 0.0003, decay))


def _blip(sample_rate: int, rng: np.random.Generator, pan: float) -> Audio:
    """Synthesize a conga, rim shot or wood block: two damped modes."""
    time = seconds(0.16, sample_rate)
    low = rng.uniform(320.0, 900.0)
    decay = rng.uniform(0.015, 0.05)
    sound = np.sin(2 * np.pi * low * (time + 0.004 * (1 - np.exp(-time / 0.01))))
    sound = sound + 0.5 * np.sin(2 * np.pi * low * rng.uniform(1.5, 2.7) * time)
    sound = faded(sound * np.exp(-time / decay), sample_rate, 0.0005, 0.03)
    return peaked(stereo(sound, pan))


def _crash(sample_rate: int, rng: np.random.Generator) -> Audio:
    time = seconds(2.2, sample_rate)
    noise = rng.standard_normal((2, len(time))) * np.exp(-time / 0.55)
    sound = filtered(noise, "highpass", 3500.0, sample_rate)
    return peaked(faded(sound, sample_rate, 0.001, 0.5), 0.6)
