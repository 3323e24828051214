"""Rules for schedulers: noise levels, convergence, statelessness."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias

import torch
from torch import Tensor

from djtrans.core.contracts.scheduler import AnyScheduler, Level, SchedulerDeclaration
from djtrans.core.schedules.stages import begin_step, finish_steps
from djtrans.testing.gaussian_data import GaussianData
from djtrans.testing.rule import BuildFunction, require, rule

#: Predicts clean curves from noisy ones at a noise level.
Predict: TypeAlias = "Callable[[Tensor, Level], Tensor]"

STEPS = (1, 2, 3, 5, 10, 50)
#: Minimum noise of the first level, as sigma / (alpha + sigma).
MOST_NOISE = 0.9
#: Tolerances of the last level, and of the curves recovered with an oracle.
_CLEAN, _RECOVERED = 1e-6, 1e-4
#: Steps of the Gaussian check, and the tolerance of the moments of its samples.
_GAUSSIAN_STEPS, _MOMENTS = 200, 0.05


def _clean() -> Tensor:
    """Return the curves to recover, ``[batch 2, frames 6, parameters 4]``, from -1 to 1."""
    generator = torch.Generator().manual_seed(0)
    return 2 * torch.rand(2, 6, 4, generator=generator) - 1


def make_step(
    scheduler: AnyScheduler,
    predict: Predict,
    x: Tensor,
    level: Level,
    following: Level,
    history: tuple[Any, ...],
    generator: torch.Generator,
) -> tuple[Tensor, tuple[Any, ...]]:
    """Make a step of a scheduler with either protocol."""
    begun = begin_step(scheduler, x, level, following, history, generator)
    ((x_next, history),) = finish_steps([begun], predict)
    return x_next, history


def _given(prediction: Tensor, x: Tensor, level: Level) -> Tensor:
    return prediction


class _Run:
    """Sampling trajectory, step by step, with an oracle that knows the clean curves."""

    def __init__(self, scheduler: AnyScheduler, steps: int, seed: int = 1) -> None:
        self.scheduler, self.levels = scheduler, scheduler.levels(steps)
        self.generator = torch.Generator().manual_seed(seed)
        self.clean = _clean().roll(seed, dims=0)
        noise = torch.randn(self.clean.shape, generator=self.generator)
        self.x = self.levels[0].alpha * self.clean + self.levels[0].sigma * noise
        self.history: tuple[Any, ...] = ()
        self.at = 0
        #: Curves after each step, since differences may vanish in the last one.
        self.trail: list[Tensor] = []

    @property
    def done(self) -> bool:
        return self.at >= len(self.levels) - 1

    def prediction(self) -> Tensor:
        # A decreasing error: with an exact oracle, a wrong use of the history would pass.
        error = 0.1 * self.levels[self.at + 1].noise_fraction
        return self.clean * (1 - error)

    def oracle(self, x: Tensor, level: Level) -> Tensor:
        return self.clean

    def step(self) -> None:
        self.advance(lambda x, level: self.prediction())
        self.trail.append(self.x.clone())

    def advance(self, predict: Predict) -> None:
        """Make a step with the predictions of a denoiser."""
        level, following = self.levels[self.at : self.at + 2]
        self.x, self.history = make_step(
            self.scheduler, predict, self.x, level, following, self.history, self.generator
        )
        self.at += 1

    def finish(self) -> Tensor:
        """Run all steps and return their curves, ``[steps, batch, frames, parameters]``."""
        while not self.done:
            self.step()
        return torch.stack(self.trail)


@rule("scheduler")
def levels_run_from_noise_to_clean(declaration: SchedulerDeclaration, build: BuildFunction) -> None:
    """The n + 1 levels of n steps have decreasing noise, from almost pure noise to none."""
    for steps in STEPS:
        levels = build().levels(steps)
        require(len(levels) == steps + 1, f"{steps} steps gave {len(levels)} levels.")
        require(all(lv.alpha >= 0 and lv.sigma >= 0 for lv in levels), "one is negative.")
        parts = [level.noise_fraction for level in levels]
        require(
            all(a > b for a, b in pairwise(parts)),
            f"the noise of {steps} steps does not always decrease.",
        )
        require(parts[0] >= MOST_NOISE, f"{steps} steps begin with a noise of {parts[0]:.3f}.")
        require(parts[-1] <= _CLEAN, f"{steps} steps end with a noise of {parts[-1]:.2g}.")
        off = abs(levels[-1].alpha - 1)
        require(off <= _CLEAN, f"the last alpha is {levels[-1].alpha:g}, so 1 is not reached.")


@rule("scheduler")
def an_oracle_is_recovered(declaration: SchedulerDeclaration, build: BuildFunction) -> None:
    """With an oracle denoiser, sampling ends on the clean curves for any number of steps."""
    for steps in STEPS:
        scheduler = build()
        run = _Run(scheduler, steps)
        while not run.done:
            run.advance(run.oracle)
        off = float((run.x - run.clean).abs().max())
        require(off <= _RECOVERED, f"after {steps} steps it is off by {off:.2g}.")


@rule("scheduler")
def evaluations_are_as_declared(declaration: SchedulerDeclaration, build: BuildFunction) -> None:
    """Some step makes as many evaluations as declared, none more, all of noisy curves."""
    run, counts = _Run(build(), 5), []
    while not run.done:
        fractions: list[float] = []

        def predict(x: Tensor, level: Level, found: list[float] = fractions) -> Tensor:
            found.append(level.noise_fraction)
            return run.clean

        run.advance(predict)
        counts.append(len(fractions))
        require(min(fractions) > 0, "one is at a level without noise.")
    require(
        max(counts) == declaration.evaluations,
        f"a step makes {max(counts)}, declared are {declaration.evaluations}.",
    )


@rule("scheduler")
def gaussian_data_come_out_gaussian(
    declaration: SchedulerDeclaration, build: BuildFunction
) -> None:
    """With the exact denoiser of Gaussian data, samples have its mean and standard deviation."""
    data = GaussianData(torch.tensor([-0.5, 0.0, 0.4, 0.8]), torch.tensor([0.05, 0.2, 0.5, 0.9]))
    generator = torch.Generator().manual_seed(0)
    scheduler = build()
    levels = scheduler.levels(_GAUSSIAN_STEPS)
    x = levels[0].sigma * torch.randn(1, 8000, 4, generator=generator)
    history: tuple[Any, ...] = ()
    for level, following in pairwise(levels):
        x, history = make_step(scheduler, data.expected, x, level, following, history, generator)
    for name, got, true in (
        ("mean", x.mean(dim=(0, 1)), data.mean),
        ("deviation", x.std(dim=(0, 1)), data.deviation),
    ):
        off = float((got - true).abs().max())
        require(off <= _MOMENTS, f"after {_GAUSSIAN_STEPS} steps the {name} is off by {off:.3f}.")


@rule("scheduler")
def steps_keep_shape_and_dtype(declaration: SchedulerDeclaration, build: BuildFunction) -> None:
    """A step returns finite curves of the shape and dtype of its input."""
    for dtype in (torch.float32, torch.float64):
        run = _Run(build(), 5)
        run.x, run.clean = run.x.to(dtype), run.clean.to(dtype)
        while not run.done:
            run.step()
            require(run.x.shape == run.clean.shape, f"got {tuple(run.x.shape)}.")
            require(run.x.dtype == dtype, f"{dtype} became {run.x.dtype}.")
            require(bool(torch.isfinite(run.x).all()), "a value is not finite.")


@rule("scheduler")
def runs_can_be_interleaved(declaration: SchedulerDeclaration, build: BuildFunction) -> None:
    """The scheduler has no state: interleaved runs give the same results as separate ones."""
    separate = [_Run(build(), steps, seed).finish() for steps, seed in ((7, 1), (4, 2))]
    shared = build()
    runs = [_Run(shared, steps, seed) for steps, seed in ((7, 1), (4, 2))]
    while not all(run.done for run in runs):
        for run in runs:
            if not run.done:
                run.step()
    for run, alone in zip(runs, separate, strict=True):
        off = float((torch.stack(run.trail) - alone).abs().max())
        require(off == 0, f"one differs by {off:.2g}.")


@rule("scheduler")
def history_is_a_value(declaration: SchedulerDeclaration, build: BuildFunction) -> None:
    """A step can be repeated: its history and its tensors are not modified."""
    run = _Run(build(), 5)
    run.step()
    run.step()
    level, following = run.levels[2:4]
    x, prediction, history = run.x.clone(), run.prediction(), run.history
    require(isinstance(history, tuple), f"the history is a {type(history).__name__}.")
    outs = []
    for _ in range(2):
        given, denoised = x.clone(), prediction.clone()
        generator = torch.Generator().manual_seed(3)
        predict = partial(_given, denoised)
        out, _ = make_step(run.scheduler, predict, given, level, following, history, generator)
        require(torch.equal(given, x), "x was modified.")
        require(torch.equal(denoised, prediction), "the prediction was modified.")
        outs.append(out)
    require(torch.equal(*outs), "the second call gave a different result.")


@rule("scheduler")
def the_generator_decides_the_noise(
    declaration: SchedulerDeclaration, build: BuildFunction
) -> None:
    """Noise comes from the given generator: runs with the same seed are equal."""
    with torch.random.fork_rng():
        outs = []
        for seed in (1, 2):
            torch.manual_seed(seed)
            outs.append(_Run(build(), 5).finish())
    off = float((outs[0] - outs[1]).abs().max())
    require(off == 0, f"they differ by {off:.2g}.")
