"""Layouts and curves to draw, made without any plugin."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import attrs
import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from djtrans.core.contracts.mixer_spec import MixerConfig, MixerSpec, NodeSpec
from djtrans.core.curves.layout import Layout, compute_layout
from djtrans.core.curves.parameter import Parameter
from djtrans.core.curves.params import TransitionParams, frame_times
from djtrans.core.transition.params_file import (
    ComponentRecord,
    MixerRecord,
    ParamsFile,
    Provenance,
    RenderRecord,
    TrackRecord,
)
from djtrans.core.transition.plan import ClockSection, TrackPlan, TransitionPlan
from djtrans.core.transition.summary import curves_digest, flat_overview

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


@pytest.fixture(scope="session")
def make_content() -> Callable[..., ParamsFile]:
    """Curves with a plan and an overview around them: ``make_content(params, with_audio=True)``."""

    def build(params: TransitionParams, *, with_audio: bool = True, **changes: object):
        beats = tuple(float(t) for t in params.beat_times)
        bars = (len(beats) - 1) // 4
        step = beats[1] - beats[0]

        def side(first_line: float) -> TrackPlan:
            lines = tuple((first_line + 16 * i) * step for i in range(-2, 4))
            return TrackPlan(
                cue_seconds=30.0, cue_bar=16, swap_bar=20, cue_section="intro",
                swap_section="drop", swap_on_phrase=True, warp=((0.0, 30.0), (4.0, 34.2)),
                gain_db=0.0, bpm=120.0, key="8A", phrase_lines=lines,
                sections=(
                    ClockSection("intro", -64 * step, 16 * step),
                    ClockSection("drop", 16 * step, 64 * step),
                ),
            )  # fmt: skip

        plan = TransitionPlan(
            technique="djtrans/bass-swap", bars=bars, swap_beat=16, beat_times=beats,
            a=side(0.0), b=side(2.0), key_distance=0,
        )  # fmt: skip
        component = ComponentRecord(name="djtrans/spectral", version=1)
        provenance = Provenance(
            tracks={
                name: TrackRecord(name=f"track_{name}.wav", sha256="00", separator=component)
                for name in "ab"
            },
            mixer=MixerRecord(
                spec=MixerSpec(stems=("drums",), stem_chain=()), config=MixerConfig(), versions={}
            ),
            render=RenderRecord(
                sample_rate=44100, channels=2, start=0, stop=1, seed=0, stretch="e", djtrans="0"
            ),
            technique=component,
        )
        overview = None
        if with_audio:
            flat = flat_overview(plan, params)
            rng = np.random.default_rng(0)
            columns = len(flat.a.peaks[0])
            sides = {
                name: attrs.evolve(
                    getattr(flat, name),
                    peaks=rng.integers(50, 300, (3, columns)).tolist(),
                    heard=rng.integers(50, 300, (3, columns)).tolist(),
                )
                for name in "ab"
            }
            overview = attrs.evolve(
                flat, **sides, bass=("a",) * 16 + ("b",) * (4 * bars - 16),
                curves=curves_digest(params),
            )  # fmt: skip
            overview = attrs.evolve(overview, **changes)
        return ParamsFile(params=params, plan=plan, provenance=provenance, overview=overview)

    return build


def _shown(figure: Figure) -> list[Text]:
    return [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]


def _assert_tidy(figure: Figure) -> None:
    """No text lies on another or off the page."""
    FigureCanvasAgg(figure).draw()
    page = figure.bbox
    boxes = [(text.get_text(), text.get_window_extent()) for text in _shown(figure)]
    boxes = [(text, box) for text, box in boxes if box.width > 0]
    assert len(boxes) > 10
    for text, box in boxes:
        assert page.x0 <= box.x0 < box.x1 <= page.x1, text
        assert page.y0 <= box.y0 < box.y1 <= page.y1, text
    for (first, one), (second, other) in combinations(boxes, 2):
        assert not one.padded(-1).overlaps(other.padded(-1)), (first, second)


@pytest.fixture(scope="session")
def assert_tidy() -> Callable[[Figure], None]:
    """Fails where a text lies on another or off the page."""
    return _assert_tidy
