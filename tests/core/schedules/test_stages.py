"""Steps that evaluate the denoiser several times."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch

from djtrans.core.contracts.scheduler import Level
from djtrans.core.errors import PluginError
from djtrans.core.schedules.noise_schedules import flow_levels
from djtrans.core.schedules.stages import begin_step, finish_steps
from djtrans.diffusion.sampling import denoise
from djtrans.testing.gaussian_data import GaussianData


class Rk4:
    """The classical Runge-Kutta method, as a plugin would write it."""

    def levels(self, steps):
        return flow_levels(steps)

    def stages(self, x, level, next_level, history, generator):
        t, h = level.sigma, next_level.sigma - level.sigma
        if next_level.sigma == 0:  # no velocity there: Euler's
            clean = yield x, level
            return x + h * (x - clean) / t, ()
        slopes, at = [], x
        for part in (0.0, 0.5, 0.5, 1.0):
            if slopes:
                at = x + part * h * slopes[-1]
            time = t + part * h
            clean = yield at, Level(1 - time, time)
            slopes.append((at - clean) / time)
        k1, k2, k3, k4 = slopes
        return x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), ()


def test_a_method_of_fourth_order_can_be_written():
    """Up to a small noise, where the last step of first order does not hide the order."""
    data = GaussianData(
        torch.tensor([[[0.2]]], dtype=torch.float64), torch.tensor([[[0.5]]], dtype=torch.float64)
    )
    end = 0.4

    def error(steps):
        x = torch.ones(1, 1, 1, dtype=torch.float64)
        times = [1 - i / steps * (1 - end) for i in range(steps + 1)]
        for t, t_next in pairwise(times):
            begun = begin_step(Rk4(), x, Level(1 - t, t), Level(1 - t_next, t_next), (), None)
            ((x, _),) = finish_steps([begun], data.expected)
        # The flow keeps (x - alpha mean) / sqrt(alpha^2 s^2 + sigma^2), here 1 at the noise.
        alpha = 1 - end
        true = alpha * 0.2 + math.sqrt(alpha**2 * 0.25 + end**2)
        return abs(float(x) - true)

    assert math.log2(error(8) / error(16)) == pytest.approx(4.0, abs=0.25)


def test_rows_with_their_own_generators_share_the_evaluations():
    sizes = []

    def predict(x, level):
        sizes.append(len(x))
        return 0.5 * x

    noise = torch.randn(3, 4, 2, generator=torch.Generator().manual_seed(1))
    generators = [torch.Generator().manual_seed(seed) for seed in range(3)]
    together = denoise(predict, Rk4(), noise, 3, generator=generators)
    assert sizes == [3] * 9  # four, four and one
    alone = [denoise(predict, Rk4(), row[None], 3) for row in noise]
    assert torch.allclose(together, torch.cat(alone))


class Watchful(Rk4):
    """Evaluates once more where the curves are large."""

    def stages(self, x, level, next_level, history, generator):
        clean = yield x, level
        if float(x.abs().max()) > 1.0:
            clean = yield x, level
        return clean, ()


class Restless(Rk4):
    def stages(self, x, level, next_level, history, generator):
        clean = yield x, Level(0.5, float(x.abs().max()))
        return clean, ()


class Idle(Rk4):
    def stages(self, x, level, next_level, history, generator):
        return x, ()
        yield


@pytest.mark.parametrize(
    ("scheduler", "message"),
    [
        (Watchful(), "number of evaluations of the scheduler depends on the curves"),
        (Restless(), "stages of the scheduler depend on the curves"),
        (Idle(), "makes no evaluation; yield one"),
    ],
)
def test_stages_that_depend_on_the_curves_are_refused(scheduler, message):
    noise = torch.tensor([0.5, 2.0]).view(2, 1, 1)
    generators = [torch.Generator(), torch.Generator()]
    with pytest.raises(PluginError, match=message):
        denoise(lambda x, level: x, scheduler, noise, 2, generator=generators)
