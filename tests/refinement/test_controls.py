"""Controls move where a DJ's hands may move them, and nowhere else."""

from __future__ import annotations

import attrs
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from djtrans.core.errors import InputError
from djtrans.refinement.controls import ENGAGED, make_controls
from tests.helpers.stem_powers import LAYOUT, neutral

BEATS, PER_BAR = 16, 8
FRAMES = 2 * BEATS


def crossfade():
    values = neutral(BEATS)
    fade = torch.linspace(0.0, 1.0, FRAMES)[:, None]
    values[:, LAYOUT.select("a/*/fader/gain")] = 1.0 - fade
    values[:, LAYOUT.select("b/*/fader/gain")] = fade
    return values


def keys(controls):
    return {tuple(LAYOUT.rows[index].key for index in group) for group in controls.groups}


def group_of(controls, pattern):
    (index,) = [i for i, g in enumerate(controls.groups) if g == tuple(LAYOUT.select(pattern))]
    return index


def test_a_track_has_a_fader_a_mid_and_a_high():
    found = make_controls(LAYOUT, crossfade(), PER_BAR)
    patterns = [f"{t}/*/{c}" for t in "ab" for c in ("fader/gain", "eq/mid", "eq/high")]
    assert set(found.groups) == {tuple(LAYOUT.select(pattern)) for pattern in patterns}
    assert all(len(group) == 4 for group in found.groups)


def test_stems_have_faders_of_their_own_and_one_eq():
    found = make_controls(LAYOUT, crossfade(), PER_BAR, "stem")
    faders = {group for group in keys(found) if "fader" in group[0]}
    assert faders == {(LAYOUT.rows[i].key,) for i in LAYOUT.select("*/*/fader/gain")}
    assert len(found.groups) == 8 + 4


@pytest.mark.parametrize("level", ["track", "stem"])
def test_filters_and_sends_are_controls_where_the_curves_move_them(level):
    values = crossfade()
    before = keys(make_controls(LAYOUT, values, PER_BAR, level))
    values[3, LAYOUT.select("a/*/hpf/cutoff")] = 0.5
    values[5, LAYOUT.select("b/track/reverb/send")] = 0.5
    values[7, LAYOUT.select("a/*/eq/low")] = 0.0  # is left to the search
    added = keys(make_controls(LAYOUT, values, PER_BAR, level)) - before
    assert added == {
        tuple(LAYOUT.rows[i].key for i in LAYOUT.select("a/*/hpf/cutoff")),
        ("b/track/reverb/send",),
    }


def test_unused_filters_are_controls_if_asked_for():
    values = crossfade()
    before = keys(make_controls(LAYOUT, values, PER_BAR))
    added = keys(make_controls(LAYOUT, values, PER_BAR, filters=True)) - before
    assert added == {
        tuple(LAYOUT.rows[i].key for i in LAYOUT.select(f"{track}/*/{name}/cutoff"))
        for track in "ab"
        for name in ("lpf", "hpf")
    }


def test_cutoffs_near_neutral_are_evaluated_beyond_the_bypass():
    """The gradient passes straight through, and all other values are as they were."""
    found = make_controls(LAYOUT, neutral(BEATS), PER_BAR, filters=True)
    low, high = LAYOUT.index("a/drums/hpf/cutoff"), LAYOUT.index("a/drums/lpf/cutoff")
    curves = neutral(BEATS)
    curves[8, low], curves[8, high] = 0.3, 0.7  # in use
    curves[9, low], curves[9, high] = 0.01, 0.99  # bypassed
    curves.requires_grad_()
    out = found.engage(curves)
    assert out[8, [low, high]].tolist() == pytest.approx([0.3, 0.7])
    for frame in (0, 9):
        assert out[frame, [low, high]].tolist() == pytest.approx([ENGAGED, 1.0 - ENGAGED])
    cutoffs = LAYOUT.select("*/*/*/cutoff")
    others = [index for index in range(len(LAYOUT)) if index not in cutoffs]
    assert torch.equal(out[:, others], curves[:, others])
    out.sum().backward()
    assert torch.equal(curves.grad, torch.ones_like(curves))


def test_without_moves_the_curves_stay():
    values = crossfade()
    found = make_controls(LAYOUT, values, PER_BAR)
    assert found.n_knots == 3
    assert torch.equal(found.apply(torch.zeros(len(found.groups), 3)), values)


def test_moves_are_interpolated_between_bar_lines():
    """One knot down by 0.4 ranges: a triangle of two bars around it, in all stems of the track."""
    found = make_controls(LAYOUT, neutral(BEATS), PER_BAR)
    moves = torch.zeros(len(found.groups), 3)
    moves[group_of(found, "a/*/eq/mid"), 1] = -0.4
    change = found.apply(moves) - neutral(BEATS)
    distance = (torch.arange(FRAMES) - 16).abs() / 8
    triangle = -0.4 * 2.0 * (1.0 - distance).clamp(min=0.0)  # the range of the EQ is 2
    for index in LAYOUT.select("a/*/eq/mid"):
        torch.testing.assert_close(change[:, index], triangle)
    others = [i for i in range(len(LAYOUT)) if i not in LAYOUT.select("a/*/eq/mid")]
    assert float(change[:, others].abs().max()) == 0.0


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 999), size=st.floats(0.0, 3.0), level=st.sampled_from(["track", "stem"]))
def test_nothing_is_boosted_and_the_ends_stay(seed, size, level):
    """Whatever the curves and the moves."""
    generator = torch.Generator().manual_seed(seed)
    rows = [row.parameter for row in LAYOUT.rows]
    low, high, rest = (
        torch.tensor([getattr(p, name) for p in rows]) for name in ("minimum", "maximum", "neutral")
    )
    values = low + (high - low) * torch.rand(FRAMES, len(LAYOUT), generator=generator)
    found = make_controls(LAYOUT, values, PER_BAR, level)
    moves = size * torch.randn(len(found.groups), found.n_knots, generator=generator)
    moved = found.apply(moves)
    gains = LAYOUT.select("*/*/fader/gain") + LAYOUT.select("*/*/eq/*")
    assert bool((moved[:, gains] <= torch.maximum(values, rest)[:, gains]).all())
    assert bool(((low <= moved) & (moved <= high)).all())
    assert torch.equal(moved[[0, -1]], values[[0, -1]])
    lows = LAYOUT.select("*/*/eq/low")
    assert torch.equal(moved[:, lows], values[:, lows])


def test_moves_have_a_gradient():
    found = make_controls(LAYOUT, 0.5 * neutral(BEATS), PER_BAR)
    moves = torch.zeros(len(found.groups), 3, requires_grad=True)
    found.apply(moves)[:, LAYOUT.select("a/*/fader/gain")].sum().backward()
    expected = torch.zeros(len(found.groups), 3)
    # Stems, and the area of a triangle; the end of the window cuts the last one by an eighth.
    expected[group_of(found, "a/*/fader/gain")] = 4 * torch.tensor([8.0, 8.0, 8.0 - 0.125])
    torch.testing.assert_close(moves.grad, expected)


def test_a_window_of_one_bar_has_no_knots():
    found = make_controls(LAYOUT, neutral(4), PER_BAR)
    assert found.n_knots == 0
    assert torch.equal(found.apply(torch.zeros(len(found.groups), 0)), neutral(4))


def test_an_unknown_level_is_an_error():
    with pytest.raises(InputError, match="'hand' is unknown; choose track or stem"):
        make_controls(LAYOUT, neutral(BEATS), PER_BAR, "hand")


def test_projected_gradients_are_those_of_the_moves():
    start = crossfade()
    controls = make_controls(LAYOUT, start, PER_BAR)
    curves = start.clone().requires_grad_()
    weights = torch.randn(start.shape, generator=torch.Generator().manual_seed(4))
    projected = controls.project(curves)
    assert torch.equal(projected, start)
    (projected * weights).sum().backward()
    # Independent truth: the orthogonal projection onto an explicit basis of all moves.
    moves = torch.eye(len(controls.groups) * controls.n_knots)
    free = attrs.evolve(
        controls, lowest=torch.full_like(start, -1e9), highest=torch.full_like(start, 1e9)
    )
    changes = torch.stack(
        [
            ((free.apply(move.view(len(controls.groups), -1)) - start) / controls.span).flatten()
            for move in moves
        ]
    ).double()
    wanted = (weights * controls.span).flatten().double()
    solution = torch.linalg.lstsq(changes.T, wanted).solution
    expected = (changes.T @ solution).view_as(start) / controls.span
    assert torch.allclose(curves.grad.double(), expected, rtol=1e-3, atol=1e-5)
