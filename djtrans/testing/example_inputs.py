"""Example transition, the input of the rules for metrics: a linear crossfade."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.core.transition.metric_inputs import MetricInputs, TrackFacts, Voices
from djtrans.testing.example_signals import example_parts

BEAT_SECONDS = 0.5
#: Gains of the parts in track B, so that it differs from track A.
_LEVELS_B = {"drums": 0.7, "bass": 1.2, "vocals": 1.0, "other": 0.5}


def example_transition(
    beats: int = 8,
    *,
    margin_beats: int = 1,
    channels: int = 2,
    silent: str = "",
    bare: bool = False,
    sample_rate: int = 22050,
) -> MetricInputs:
    """Mix two examples with a linear crossfade at 120 BPM.

    Parameters
    ----------
    beats : int
        Length of the window, in beats.
    margin_beats : int
        Beats before and after the window.
    channels : {1, 2}
        Number of channels.
    silent : {"", "a", "b", "ab"}
        Tracks that are silent.
    bare : bool
        Leave out vocals, curves, keys, tempo and phrase boundaries.
    sample_rate : int
        Sample rate in Hz.

    Returns
    -------
    MetricInputs
        Inputs with arrays of their own.

    Examples
    --------
    >>> from djtrans.testing import example_transition
    >>> inputs = example_transition(beats=4)
    >>> inputs.swap_beat, len(inputs.beat_times)
    (2, 5)
    """
    parts = {
        name: part.double().numpy()
        for name, part in example_parts(
            channels, sample_rate, (beats + 2 * margin_beats) * BEAT_SECONDS
        ).items()
    }
    vocals = {"a": parts["vocals"].copy(), "b": _LEVELS_B["vocals"] * parts["vocals"]}
    solos = {
        "a": np.sum(list(parts.values()), axis=0),
        "b": np.sum([_LEVELS_B[name] * part for name, part in parts.items()], axis=0),
    }
    for side in silent:
        solos[side], vocals[side] = 0.0 * solos[side], 0.0 * vocals[side]
    times = np.arange(solos["a"].shape[-1]) / sample_rate / BEAT_SECONDS
    fade = np.clip((times - margin_beats) / beats, 0.0, 1.0)
    gains = {"a": 1.0 - fade, "b": fade}
    mixed = {side: gains[side] * solo for side, solo in solos.items()}
    clock = BEAT_SECONDS * (margin_beats + np.arange(beats + 1))
    inputs = MetricInputs(
        mix=mixed["a"] + mixed["b"],
        a=mixed["a"],
        b=mixed["b"],
        solo_a=solos["a"],
        solo_b=solos["b"],
        sample_rate=sample_rate,
        beat_times=clock,
    )
    if bare:
        return inputs
    ramp = np.linspace(0.0, 1.0, 2 * beats + 1)
    # Both tracks go on for a minute beyond the audio.
    music = (-60.0, float(times[-1]) * BEAT_SECONDS + 60.0)
    facts_a = TrackFacts(
        phrase_lines=clock[::4].copy(), file_seconds=1.01 * clock, key="8A", music=music
    )
    facts_b = TrackFacts(
        phrase_lines=clock[::8].copy(), file_seconds=0.99 * clock, key="9A", music=music
    )
    return attrs.evolve(
        inputs,
        swap_beat=beats // 2,
        track_a=facts_a,
        track_b=facts_b,
        voices=Voices(
            a=gains["a"] * vocals["a"],
            b=gains["b"] * vocals["b"],
            solo_a=vocals["a"],
            solo_b=vocals["b"],
        ),
        curves=np.stack([1.0 - ramp, ramp, 0.5 + 0.0 * ramp], axis=1),
    )
