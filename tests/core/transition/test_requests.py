"""What a plan hands to techniques, models and encoders."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.curves.layout import Layout
from djtrans.core.track.stems import Stems
from djtrans.core.transition.plan import ClockSection, TransitionPlan
from djtrans.core.transition.requests import build_curve_request, window_features
from tests.helpers.plans import track_plan

RATE = 8000
SIDE = track_plan(
    place="drop",
    phrase_lines=(0.0, 2.0),
    sections=(ClockSection("drop", 0.0, 2.0, -7.0),),
)
PLAN = TransitionPlan(
    technique="djtrans/cut",
    bars=2,
    swap_beat=4,
    beat_times=tuple(0.75 * beat for beat in range(9)),
    a=SIDE,
    b=attrs.evolve(SIDE, place="phrase", phrase_lines=(3.0,)),
    key_distance=2,
)


@pytest.fixture
def features():
    audio = 0.1 * torch.randn(1, 1, 6 * RATE, generator=torch.Generator().manual_seed(0))
    stems = Stems(audio, ("mix",), RATE)
    return window_features(stems, PLAN, SIDE, reference_db=-8.0, isolated=True, laid_rate=1.1)


def test_features_are_those_of_the_window(features):
    assert features.n_frames == PLAN.n_frames == 16
    assert features.bpm == pytest.approx(80.0)  # eight beats in six seconds
    assert (features.key, features.isolated) == ("8A", True)
    # The plan slows the stems by 5 %, and their source was already 10 % faster.
    assert features.stretch == pytest.approx(1.1 * 0.95 - 1.0)
    assert features.phrase_beats == pytest.approx((0.0, 2.0 / 0.75))


def test_a_request_is_the_plan_for_a_layout(features):
    layout = Layout(())
    request = build_curve_request(PLAN, layout, features, features, seed=7)
    assert request.layout is layout
    assert (request.n_frames, request.swap_beat, request.seed) == (16, 4, 7)
    assert (request.place_a, request.place_b) == ("drop", "phrase")
    assert request.phrase_beats_a == pytest.approx((0.0, 2.0 / 0.75), abs=1e-6)
    assert request.phrase_beats_b == (4.0,)
    assert (request.technique, request.key_distance) == ("djtrans/cut", 2)
