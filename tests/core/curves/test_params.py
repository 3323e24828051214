"""Parameter curves: snapping, fixed ends, resampling and frame times."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from djtrans.core.curves.layout import Layout
from djtrans.core.curves.params import TransitionParams, conform, faders, frame_times
from djtrans.core.errors import LayoutError, ShapeError
from djtrans.mixer.resolve import mixer_layout

LAYOUT = mixer_layout()
BEATS = torch.arange(17, dtype=torch.float64) * 0.5


def make(values):
    times = frame_times(BEATS, len(values), 2)
    return TransitionParams(values, LAYOUT, times, BEATS)


@given(seed=st.integers(0, 1000), scale=st.floats(0.1, 10))
def test_conform_keeps_ranges_snaps_and_pins(seed, scale):
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(32, 54, generator=generator) * scale
    before = drawn.clone()
    out = conform(drawn, LAYOUT)
    assert torch.equal(drawn, before)
    neutral = torch.tensor(LAYOUT.neutral)
    for row in LAYOUT.rows:
        curve, p = out[:, row.index], row.parameter
        assert p.minimum <= float(curve.min()) <= float(curve.max()) <= p.maximum
        for stop in (p.minimum, p.maximum, p.neutral):
            distance = (curve - stop).abs()
            assert not ((distance > 1e-7) & (distance < 0.0199 * p.span)).any()
    for frame, silent in ((0, "b"), (-1, "a")):
        rows = faders(LAYOUT, silent)
        assert len(rows) == 4
        assert (out[frame, rows] == 0).all()
        heard = [row.index for row in LAYOUT.rows if row.track != silent]
        assert torch.equal(out[frame, heard], neutral[heard])
    assert torch.equal(conform(out, LAYOUT), out)


def test_a_layout_without_faders_is_refused():
    rows = tuple(row for row in LAYOUT.rows if row.alias == "eq_low")
    bare = Layout(
        tuple(
            row.__class__(i, row.track, row.stem, row.node, row.parameter, row.alias)
            for i, row in enumerate(rows)
        )
    )
    with pytest.raises(LayoutError, match="no fader"):
        conform(torch.zeros(4, len(bare)), bare)


def test_frame_times_follow_a_grid_that_is_not_uniform():
    beats = torch.tensor([0.0, 0.5, 1.5, 1.75], dtype=torch.float64)
    times = frame_times(beats, 6, 2)
    assert times.tolist() == [0.0, 0.25, 0.5, 1.0, 1.5, 1.625]


def test_resampling_keeps_lines_and_ends():
    values = torch.linspace(0, 1, 32)[:, None].expand(32, 54).clone()
    params = make(values)
    double = params.resampled(64)
    assert double.frames_per_beat == 4
    assert double.n_frames == 64
    # A line stays a line: value over time is the same.
    slope = (values[1, 0] - values[0, 0]) / float(params.frame_times[1])
    inner = double.values[:-2, 0]
    assert torch.allclose(inner, double.frame_times[:-2].float() * slope, atol=1e-6)
    assert torch.equal(double.values[-1], values[-1])
    assert params.resampled(32) is params


def test_delayed_moves_the_clock_only():
    params = make(torch.zeros(32, 54))
    later = params.delayed(0.25)
    assert torch.equal(later.frame_times, params.frame_times + 0.25)
    assert torch.equal(later.beat_times, params.beat_times + 0.25)
    assert later.values is params.values


def test_shapes_teach():
    with pytest.raises(ShapeError, match=r"\(32, 53\); expected .* 54 parameters"):
        make(torch.zeros(32, 53))


def test_frames_beyond_the_last_beat_go_on_at_its_tempo():
    # 0.5 s a beat, the last one 1 s.
    beats = torch.tensor([0.0, 0.5, 1.0, 2.0], dtype=torch.float64)
    assert frame_times(beats, 9, 2).tolist() == [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3]


def test_two_frames_are_the_fewest():
    curves = make(torch.linspace(0, 1, 32)[:, None].repeat(1, 54))
    assert curves.resampled(2).n_frames == 2
    with pytest.raises(ShapeError, match="at least 2"):
        curves.resampled(1)


@pytest.mark.parametrize("frames", [2, 5, 31, 33, 63])
def test_the_last_frame_keeps_the_last_value(frames):
    values = torch.zeros(32, 54)
    values[-1] = 1.0
    assert make(values).resampled(frames).values[-1].tolist() == [1.0] * 54


def test_two_frames_a_beat_are_the_default():
    assert make(torch.zeros(32, 54)).frames_per_beat == 2
