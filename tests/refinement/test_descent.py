"""Descent to minima that are known in closed form."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.errors import ConfigError
from djtrans.refinement import RefinementConfig
from djtrans.refinement.controls import Controls
from djtrans.refinement.descent import descend

EXACT = {"steps": 600, "learning_rate": 0.01}


def controls(groups=((0,),), knots=1):
    """Curves of 0 whose inner frames are the knots, one parameter for each control."""
    frames, count = knots + 2, sum(map(len, groups))
    basis = torch.zeros(frames, knots)
    basis[1:-1] = torch.eye(knots)
    return Controls(
        groups=groups,
        start=torch.zeros(frames, count),
        lowest=torch.full((count,), -10.0),
        highest=torch.full((count,), 10.0),
        span=torch.ones(count),
        basis=basis,
        bypassed=torch.full((count,), torch.nan),
        engaged=torch.full((count,), torch.nan),
    )


@pytest.mark.parametrize("target", [-0.8, -0.2, -0.05, 0.0, 0.1, 0.5])
@pytest.mark.parametrize(("prior", "motion"), [(0.0, 0.0), (2.0, 0.0), (1.0, 3.0), (9.0, 9.0)])
def test_the_minimum_of_a_quadratic_is_thresholded_by_the_prior(target, prior, motion):
    """k (m - d)^2 + (p + q) |m| is smallest at d, moved towards 0 by (p + q) / 2k."""
    k = 10.0
    config = RefinementConfig(prior=prior, motion=motion, **EXACT)
    found = descend(controls(), lambda v: k * (v[1, 0] - target).square(), config)
    size = max(0.0, abs(target) - (prior + motion) / (2 * k))
    assert float(found) == pytest.approx(size if target > 0 else -size, abs=0.005)


def test_each_step_is_that_of_adam():
    """Against torch.optim.Adam, on a function whose curvatures differ by 100."""
    scale, target = torch.tensor([1.0, 100.0]), torch.tensor([0.3, -0.2])
    config = RefinementConfig(prior=0.0, motion=0.0, steps=25, learning_rate=0.03)
    visited = []

    def objective(values):
        visited.append(values[1:-1, 0].detach().clone())
        return (scale * (values[1:-1, 0] - target).square()).sum()

    descend(controls(knots=2), objective, config)
    x = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.Adam([x], lr=0.03, betas=(0.9, 0.98))
    for point in visited:
        torch.testing.assert_close(point, x.detach(), rtol=1e-5, atol=1e-6)
        optimizer.zero_grad()
        (scale * (x - target).square()).sum().backward()
        optimizer.step()


def test_motion_keeps_moves_together():
    """Two knots with different targets: with enough cost of motion they move alike."""
    target = torch.tensor([0.5, 0.3])

    def objective(values):
        return 10.0 * (values[1:-1, 0] - target).square().sum()

    free = descend(controls(knots=2), objective, RefinementConfig(prior=0.0, motion=0.0, **EXACT))
    assert free[0].tolist() == pytest.approx([0.5, 0.3], abs=0.005)
    # Path over zero ends: (|m1| + |m2 - m1| + |m2|) / 3 times 6. For m1 = m2 = m the sum
    # 20 (m - 0.4)^2 + 4 m + constant is smallest at 0.3; apart they would cost 4 m1 + ..., more.
    tied = descend(controls(knots=2), objective, RefinementConfig(prior=0.0, motion=6.0, **EXACT))
    assert tied[0].tolist() == pytest.approx([0.3, 0.3], abs=0.01)


def test_controls_move_all_of_their_rows():
    found = descend(
        controls(groups=((0, 1), (2,))),
        lambda v: 10.0 * (v[1] - torch.tensor([0.2, 0.4, -0.6])).square().sum(),
        RefinementConfig(prior=0.0, motion=0.0, **EXACT),
    )
    assert found[:, 0].tolist() == pytest.approx([0.3, -0.6], abs=0.005)


def test_moves_stay_within_one_range():
    config = RefinementConfig(prior=0.0, motion=0.0, steps=300, learning_rate=0.1)
    assert float(descend(controls(), lambda v: -v.sum(), config)) == 1.0


def test_nothing_better_is_no_move():
    """A kink at the curves themselves: every step away costs more."""
    config = RefinementConfig(prior=0.0, motion=0.0, steps=20, learning_rate=0.5)
    found = descend(controls(knots=3), lambda v: v.abs().sum(), config)
    assert torch.equal(found, torch.zeros(1, 3))


def test_the_best_step_is_returned_and_not_the_last():
    """A step size that overshoots for ever."""
    tried = []

    def objective(values):
        total = 10.0 * (values[1, 0] - 0.3).square()
        tried.append((float(total.detach()), float(values[1, 0].detach())))
        return total

    config = RefinementConfig(prior=0.0, motion=0.0, steps=15, learning_rate=0.9)
    found = float(descend(controls(), objective, config))
    assert found == min(tried)[1] != tried[-1][1]


def test_without_knots_there_is_nothing_to_move():
    def objective(values):
        raise AssertionError("nothing is to be evaluated")

    found = descend(controls(knots=0), objective, RefinementConfig())
    assert tuple(found.shape) == (1, 0)


def test_progress_is_reported_after_each_step():
    reported = []
    config = RefinementConfig(steps=4)
    descend(controls(), lambda v: v.square().sum(), config, progress=reported.append)
    assert reported == [0.25, 0.5, 0.75, 1.0]
    reported.clear()
    descend(controls(), lambda v: v.square().sum(), config, steps=2, progress=reported.append)
    assert reported == [0.5, 1.0]


def test_a_bypassed_filter_is_put_to_use_if_filters_are_moved():
    """A cutoff whose objective is flat within 0.05 of neutral, as a bypass is, and falls beyond."""

    def objective(values):
        return -3.0 * (values[1, 0].abs() - 0.05).clamp(min=0.0).sum()

    cutoff = attrs.evolve(controls(), bypassed=torch.zeros(1), engaged=torch.full((1,), 0.06))
    config = RefinementConfig(prior=0.0, motion=0.0, filters=True, **EXACT)
    assert float(descend(cutoff, objective, config)) > 0.9
    stuck = descend(cutoff, objective, attrs.evolve(config, filters=False))
    assert float(stuck) == 0.0


def test_the_result_carries_no_gradient_and_repeats():
    def objective(values):
        return (values - 0.5).square().sum()

    found = [descend(controls(knots=4), objective, RefinementConfig(steps=5)) for _ in range(2)]
    assert torch.equal(*found)
    assert not found[0].requires_grad


@pytest.mark.parametrize(
    "config",
    [{"level": "hand"}, {"steps": 0}, {"learning_rate": 0.0}, {"prior": -1.0}, {"prediction": "x"}],
)
def test_settings_have_limits(config):
    with pytest.raises(ConfigError):
        RefinementConfig(**config)
