"""Layouts and curves to draw, made without any plugin."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from djtrans.core.layout import Layout, compute_layout
from djtrans.core.parameters import Parameter
from djtrans.core.params import TransitionParams, frame_times
from djtrans.core.spec import MixerSpec, NodeSpec

BARS = 8
FRAMES_PER_BEAT = 2


def _gain(name: str, maximum: float = 1.0, neutral: float = 1.0) -> Parameter:
    return Parameter(name=name, maximum=maximum, neutral=neutral, curve="gain", edge="late")


EFFECTS = {
    "gain": (_gain("gain"),),
    "eq": (_gain("low", 2.0), _gain("mid", 2.0)),
    "highpass": (Parameter(name="cutoff", curve="frequency", neutral=0.0),),
    "echo": (
        _gain("send", neutral=0.0),
        Parameter(name="feedback", unit="fraction"),
    ),
    "tilt": (Parameter(name="tilt", minimum=-6.0, maximum=6.0, neutral=0.0, unit="dB/oct"),),
}


@pytest.fixture(scope="session")
def layout() -> Layout:
    """Faders, a two-band EQ and a high-pass on two stems, an echo per track, a tilt on the mix."""
    spec = MixerSpec(
        stems=("beat", "bass"),
        stem_chain=(NodeSpec("fader", "gain"), NodeSpec("eq", "eq"), NodeSpec("hpf", "highpass")),
        track_chain=(NodeSpec("echo", "echo"),),
        master_chain=(NodeSpec("tilt", "tilt"),),
        aliases={"fader/gain": "gain", "hpf/cutoff": "hpf"},
    )
    return compute_layout(spec, lambda node: EFFECTS[node.effect])


@pytest.fixture(scope="session")
def make_params(layout: Layout) -> Callable[..., TransitionParams]:
    """Neutral curves, but for those given: ``make_params({pattern: [(beat, value), ...]})``."""

    def build(drawn: dict[str, list[tuple[float, float]]]) -> TransitionParams:
        frames = BARS * 4 * FRAMES_PER_BEAT
        beats = torch.arange(frames).double() / FRAMES_PER_BEAT
        values = torch.tensor(layout.neutral).repeat(frames, 1)
        for pattern, steps in drawn.items():
            rows = layout.select(pattern)
            for beat, value in steps:
                for row in rows:
                    values[beats >= beat, row] = value
        clock = torch.arange(BARS * 4 + 1).double() * 0.5
        times = frame_times(clock, frames, FRAMES_PER_BEAT)
        return TransitionParams(values, layout, times, clock, FRAMES_PER_BEAT)

    return build


@pytest.fixture(scope="session")
def swap(make_params) -> TransitionParams:
    """A bass swap at beat 16: B comes in at 4, A leaves at 28."""
    return make_params(
        {
            "a/*/eq/low": [(16, 0.0)],
            "b/*/eq/low": [(0, 0.0), (16, 1.0)],
            "b/*/fader/gain": [(0, 0.0), (4, 1.0)],
            "a/*/fader/gain": [(28, 0.0)],
        }
    )
