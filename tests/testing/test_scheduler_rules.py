"""A valid scheduler passes every rule; each rule catches a faulty one."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.contracts.scheduler import Level, SchedulerDeclaration
from djtrans.core.schedules.noise_schedules import posterior_deviation
from djtrans.testing import check_scheduler, rules


class Flow:
    """Rectified flow, second-order Adams-Bashforth in the velocity; history holds the last one."""

    def __init__(self, config=None):
        pass

    def levels(self, steps):
        return tuple(Level(1 - t, t) for t in (1 - i / steps for i in range(steps + 1)))

    def step(self, x, prediction, level, next_level, history, generator):
        velocity = (x - prediction) / level.sigma
        slope = 1.5 * velocity - 0.5 * history[0] if history else velocity
        if next_level.sigma == 0:  # whatever the history says, the last step is exact
            slope = velocity
        return x + (next_level.sigma - level.sigma) * slope, (velocity,)


class Ancestral(Flow):
    """Draws new noise at each step, as much as the posterior has."""

    def step(self, x, prediction, level, next_level, history, generator):
        noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
        kept = next_level.sigma**2 * level.alpha / (next_level.alpha * level.sigma**2)
        mean = kept * x + (next_level.alpha - kept * level.alpha) * prediction
        return mean + posterior_deviation(level, next_level) * noise, ()


FLOW = SchedulerDeclaration(name="flow", summary="Rectified flow.", factory=Flow)


class OneShort(Flow):
    def levels(self, steps):
        return super().levels(steps)[1:]


class Backwards(Flow):
    def levels(self, steps):
        return super().levels(steps)[::-1]


class StopsEarly(Flow):
    def levels(self, steps):
        return (*super().levels(steps)[:-1], Level(0.99, 0.01))


class BeginsLate(Flow):
    def levels(self, steps):
        return tuple(Level(1 - 0.5 * v.sigma, 0.5 * v.sigma) for v in super().levels(steps))


class EndsShort(Flow):
    def step(self, x, prediction, level, next_level, history, generator):
        after, history = super().step(x, prediction, level, next_level, history, generator)
        return x + 0.99 * (after - x), history


class ForgetsItsNoise(Flow):
    def step(self, x, prediction, level, next_level, history, generator):
        noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
        return next_level.alpha * prediction + next_level.sigma * noise, ()


class Double(Flow):
    def step(self, x, prediction, level, next_level, history, generator):
        after, history = super().step(x, prediction, level, next_level, history, generator)
        return after.double(), history


class Stateful(Flow):
    last = ()

    def step(self, x, prediction, level, next_level, history, generator):
        after, self.last = super().step(x, prediction, level, next_level, self.last, generator)
        return after, ()


class SharedList(Flow):
    def step(self, x, prediction, level, next_level, history, generator):
        steps = history[0] if history else []
        steps.append(prediction)
        return super().step(x, sum(steps) / len(steps), level, next_level, (), generator)[0], (
            steps,
        )


class Writing(Flow):
    def step(self, x, prediction, level, next_level, history, generator):
        after, history = super().step(x, prediction, level, next_level, history, generator)
        return x.copy_(after), history


class Clamping(Flow):
    def step(self, x, prediction, level, next_level, history, generator):
        prediction.mul_(0.5)
        return super().step(x, prediction, level, next_level, history, generator)


class OwnNoise(Ancestral):
    def step(self, x, prediction, level, next_level, history, generator):
        return super().step(x, prediction, level, next_level, history, None)


class Heun(Flow):
    """The explicit trapezoidal rule, with two evaluations in all steps but the last."""

    step = None

    def stages(self, x, level, next_level, history, generator):
        clean = yield x, level
        slope = (x - clean) / level.sigma
        euler = x + (next_level.sigma - level.sigma) * slope
        if next_level.sigma > 0:
            clean = yield euler, next_level
            slope = (slope + (euler - clean) / next_level.sigma) / 2
        return x + (next_level.sigma - level.sigma) * slope, ()


class AtTheEnd(Heun):
    """Evaluates curves without noise, which no denoiser was trained on."""

    def stages(self, x, level, next_level, history, generator):
        clean = yield x, level
        yield clean, next_level
        return next_level.alpha * clean + next_level.sigma * (x - level.alpha * clean), ()


#: Rule, class, and what the message must say.
MUTANTS = [
    ("levels_run_from_noise_to_clean", OneShort, "1 steps gave 1 levels"),
    ("levels_run_from_noise_to_clean", Backwards, "does not always decrease"),
    ("levels_run_from_noise_to_clean", StopsEarly, "end with a noise of 0.01"),
    ("levels_run_from_noise_to_clean", BeginsLate, "begin with a noise of 0.500"),
    ("an_oracle_is_recovered", EndsShort, "after 1 steps it is off by"),
    ("evaluations_are_as_declared", Heun, "a step makes 2, declared are 1"),
    ("evaluations_are_as_declared", AtTheEnd, "one is at a level without noise"),
    ("gaussian_data_come_out_gaussian", ForgetsItsNoise, "after 200 steps the deviation is off"),
    ("steps_keep_shape_and_dtype", Double, "torch.float32 became torch.float64"),
    ("runs_can_be_interleaved", Stateful, "one differs by"),
    ("history_is_a_value", SharedList, "the second call gave a different result"),
    ("history_is_a_value", Writing, "x was modified"),
    ("history_is_a_value", Clamping, "the prediction was modified"),
    ("the_generator_decides_the_noise", OwnNoise, "they differ by"),
]


@pytest.mark.parametrize(("scheduler", "evaluations"), [(Flow, 1), (Ancestral, 1), (Heun, 2)])
def test_a_sound_scheduler_keeps_every_rule(scheduler, evaluations):
    report = check_scheduler(attrs.evolve(FLOW, factory=scheduler, evaluations=evaluations))
    assert {rule for _, rule in report.passed} >= {rule.name for rule in rules("scheduler")}


@pytest.mark.parametrize(
    ("rule", "mutant", "reason"), MUTANTS, ids=[f"{m[0]}-{m[1].__name__}" for m in MUTANTS]
)
def test_a_mutant_is_caught(rule, mutant, reason, caught):
    caught(rule, attrs.evolve(FLOW, factory=mutant), reason)


def test_every_rule_has_a_mutant():
    assert {mutant[0] for mutant in MUTANTS} == {rule.name for rule in rules("scheduler")}
