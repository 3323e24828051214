"""Powers are measured over all that is rendered, so that predicted dips are the metric's."""

from __future__ import annotations

import pytest
import torch

import djtrans
from djtrans.core.transition.alignment import Span, window_span
from djtrans.objectives import load_objectives, measure_power
from djtrans.pipeline import refinement
from djtrans.pipeline.power_measurement import power_model

pytestmark = pytest.mark.usefixtures("warm_cache")

ISOLATED = djtrans.Pair(False, False)


@pytest.fixture(scope="module")
def transition(tracks):
    """A transition with a bar of context, which drops by 12 dB at the start of the window."""
    made = djtrans.generate(
        *tracks, separator="spectral", technique="fade", bars=4, context=2, model="none"
    )
    values = made.params.values.clone()
    values[2:16, made.params.layout.select("*/*/fader/gain")] *= 0.25
    return refinement.rendered(made, made.mixer, values, made.provenance)


@pytest.fixture(scope="module")
def model(transition):
    tracks = djtrans.Pair(transition.a, transition.b)
    span = transition.rendered.span
    return power_model(transition.mixer, transition.plan, tracks, ISOLATED, span)


def test_the_context_is_measured_to_the_ends_of_what_is_rendered(transition, model):
    span, rate = transition.rendered.span, transition.sample_rate
    window = window_span(transition.plan, rate)
    cell = transition.plan.window_seconds / model.sources.a.n_cells
    for side, track in (("a", transition.a), ("b", transition.b)):
        source = model.sources[side]
        for power, part in (
            (source.before, Span(span.start, window.start)),
            (source.after, Span(window.stop, span.stop)),
        ):
            seconds = part.samples / rate
            assert len(power) == int(seconds / cell)
            audio = track.solo(part)
            spans_all = measure_power(
                audio, rate, torch.tensor([0.0, seconds], dtype=torch.float64)
            )[0]
            assert torch.allclose(power.mean(dim=0).sum(), spans_all.sum(), rtol=0.05)
    # The last cell before the window ends where the window starts.
    near = Span(window.start - round(cell * rate), window.start)
    power = transition.a.solo(near).square().mean()
    assert float(model.sources.a.before[-1].sum()) == pytest.approx(float(power), rel=0.25)


def test_a_dip_at_the_start_of_the_window_is_seen_against_the_context(transition, model):
    (measured,) = [
        m.number for m in transition.metrics().measured if m.declared.name == "loudness_dip_lu"
    ]
    tracks = djtrans.Pair(transition.a, transition.b)
    alone = power_model(transition.mixer, transition.plan, tracks, ISOLATED)
    with torch.no_grad():
        dips = [
            float(load_objectives().evaluate(m.predict(transition.params)).values["loudness-dip"])
            for m in (model, alone)
        ]
    assert measured > 6.0
    assert dips[0] == pytest.approx(measured, abs=0.8)
    assert dips[1] > measured + 2.0  # no average reaches from the dip into the context
