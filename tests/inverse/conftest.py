"""A composed mix of two bars whose curves are known."""

from __future__ import annotations

import attrs
import pytest
import torch
from torch import Tensor

import djtrans
from djtrans.core.curves.params import TransitionParams, frame_times
from djtrans.core.track.stems import Stems
from djtrans.mixer.mixer import Mixer
from djtrans.synthesis import TrackSpec, synthesize

RATE, BPM, BARS = 22050, 125.0, 2


@attrs.frozen(eq=False)
class Composed:
    """A mix, what it was made of, and how."""

    mixer: Mixer
    mix: Tensor
    a: Stems
    b: Stems
    params: TransitionParams


@pytest.fixture(scope="session")
def composed() -> Composed:
    """A hands its lows over at beat 4, by an edge, while the faders cross slowly."""
    mixer = djtrans.DifferentiableDJMixer()
    beats = torch.arange(BARS * 4 + 1, dtype=torch.float64) * (60.0 / BPM)
    samples = round(float(beats[-1]) * RATE)
    a, b = (
        synthesize(
            TrackSpec(bpm=BPM, tonic=tonic, seed=seed, structure=[("drop", 2)], sample_rate_hz=RATE)
        ).stems.window(0, samples)
        for tonic, seed in ((9, 1), (4, 2))
    )
    layout = mixer.layout
    values = torch.tensor(layout.neutral).repeat(16, 1)
    line = torch.linspace(0.0, 1.0, 16)[:, None]
    values[:, layout.select("a/*/fader/gain")] = 1.0 - 0.6 * line
    values[:, layout.select("b/*/fader/gain")] = 0.3 + 0.7 * line
    values[8:, layout.select("a/*/eq/low")] = 0.0
    values[:8, layout.select("b/*/eq/low")] = 0.0
    params = TransitionParams(values, layout, frame_times(beats, 16, 2), beats, 2)
    with torch.no_grad():
        return Composed(mixer, mixer(a, b, params).mix, a, b, params)
