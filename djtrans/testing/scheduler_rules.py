"""Rules for schedulers: noise schedules and their solvers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from djtrans.core.contracts.scheduler import Scheduler, SchedulerDeclaration
from djtrans.testing.gaussian_data import GaussianData
from djtrans.testing.rule import BuildFunction, require, rule

STEPS = (1, 2, 3, 5, 10, 50)
#: The first level is almost all noise: sigma / (alpha + sigma) is at least this.
MOST_NOISE = 0.9
#: The last level is clean, and the oracle's curves are met, within these.
_CLEAN, _MET = 1e-6, 1e-4
#: After so many steps, moments of the samples are those of the data within this.
_MANY, _LIKE = 200, 0.05


def _clean() -> Tensor:
    """Curves to be recovered, ``[batch 2, frames 6, parameters 4]``, from -1 to 1."""
    generator = torch.Generator().manual_seed(0)
    return 2 * torch.rand(2, 6, 4, generator=generator) - 1


class _Run:
    """A trajectory that can be taken step by step, under an oracle that knows the clean curves."""

    def __init__(self, scheduler: Scheduler, steps: int, seed: int = 1) -> None:
        self.scheduler, self.levels = scheduler, scheduler.levels(steps)
        self.generator = torch.Generator().manual_seed(seed)
        self.clean = _clean().roll(seed, dims=0)
        noise = torch.randn(self.clean.shape, generator=self.generator)
        self.x = self.levels[0].alpha * self.clean + self.levels[0].sigma * noise
        self.history: tuple[Any, ...] = ()
        self.at = 0
        #: The curves after each step: the last ones alone may hide what came before.
        self.trail: list[Tensor] = []

    @property
    def done(self) -> bool:
        return self.at >= len(self.levels) - 1

    def prediction(self) -> Tensor:
        # Wrong by less and less: an oracle that never errs would hide what a history is for.
        error = 0.1 * self.levels[self.at + 1].noise_fraction
        return self.clean * (1 - error)

    def step(self) -> None:
        level, following = self.levels[self.at : self.at + 2]
        self.x, self.history = self.scheduler.step(
            self.x, self.prediction(), level, following, self.history, self.generator
        )
        self.at += 1
        self.trail.append(self.x.clone())

    def finish(self) -> Tensor:
        """Go to the end; the curves after each step, ``[steps, batch, frames, parameters]``."""
        while not self.done:
            self.step()
        return torch.stack(self.trail)


@rule("scheduler")
def levels_run_from_noise_to_clean(declaration: SchedulerDeclaration, build: BuildFunction) -> None:
    """For n steps there are n + 1 levels, each with less noise, from almost all to none."""
    for steps in STEPS:
        levels = build().levels(steps)
        require(len(levels) == steps + 1, f"{steps} steps gave {len(levels)} levels.")
        require(all(lv.alpha >= 0 and lv.sigma >= 0 for lv in levels), "one is negative.")
        parts = [level.noise_fraction for level in levels]
        require(
            all(a > b for a, b in pairwise(parts)),
            f"the noise of {steps} steps does not fall throughout.",
        )
        require(parts[0] >= MOST_NOISE, f"{steps} steps begin with a noise of {parts[0]:.3f}.")
        require(parts[-1] <= _CLEAN, f"{steps} steps end with a noise of {parts[-1]:.2g}.")
        off = abs(levels[-1].alpha - 1)
        require(off <= _CLEAN, f"the last alpha is {levels[-1].alpha:g}, so 1 is not reached.")


@rule("scheduler")
def an_oracle_is_recovered(declaration: SchedulerDeclaration, build: BuildFunction) -> None:
    """Told the clean curves at every step, it ends on them, at any number of steps."""
    for steps in STEPS:
        scheduler = build()
        run = _Run(scheduler, steps)
        while not run.done:
            level, following = run.levels[run.at : run.at + 2]
            run.x, run.history = scheduler.step(
                run.x, run.clean, level, following, run.history, run.generator
            )
            run.at += 1
        off = float((run.x - run.clean).abs().max())
        require(off <= _MET, f"after {steps} steps it is off by {off:.2g}.")


@rule("scheduler")
def gaussian_data_come_out_gaussian(
    declaration: SchedulerDeclaration, build: BuildFunction
) -> None:
    """With a perfect denoiser of Gaussian data, samples have the mean and deviation of the data."""
    data = GaussianData(torch.tensor([-0.5, 0.0, 0.4, 0.8]), torch.tensor([0.05, 0.2, 0.5, 0.9]))
    generator = torch.Generator().manual_seed(0)
    scheduler = build()
    levels = scheduler.levels(_MANY)
    x = levels[0].sigma * torch.randn(1, 8000, 4, generator=generator)
    history: tuple[Any, ...] = ()
    for level, following in pairwise(levels):
        x, history = scheduler.step(
            x, data.expected(x, level), level, following, history, generator
        )
    for name, got, true in (
        ("mean", x.mean(dim=(0, 1)), data.mean),
        ("deviation", x.std(dim=(0, 1)), data.deviation),
    ):
        off = float((got - true).abs().max())
        require(off <= _LIKE, f"after {_MANY} steps the {name} is off by {off:.3f}.")


@rule("scheduler")
def steps_keep_shape_and_dtype(declaration: SchedulerDeclaration, build: BuildFunction) -> None:
    """A step gives curves of the shape and dtype that it was given, all finite."""
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
    """The object has no state: two runs of different lengths, in turns, come out as each alone."""
    lone = [_Run(build(), steps, seed).finish() for steps, seed in ((7, 1), (4, 2))]
    shared = build()
    runs = [_Run(shared, steps, seed) for steps, seed in ((7, 1), (4, 2))]
    while not all(run.done for run in runs):
        for run in runs:
            if not run.done:
                run.step()
    for run, alone in zip(runs, lone, strict=True):
        off = float((torch.stack(run.trail) - alone).abs().max())
        require(off == 0, f"one differs by {off:.2g}.")


@rule("scheduler")
def history_is_a_value(declaration: SchedulerDeclaration, build: BuildFunction) -> None:
    """A step can be taken again: neither its history nor its tensors are written to."""
    run = _Run(build(), 5)
    run.step()
    run.step()
    level, following = run.levels[2:4]
    x, prediction, history = run.x.clone(), run.prediction(), run.history
    require(isinstance(history, tuple), f"the history is a {type(history).__name__}.")
    outs = []
    for _ in range(2):
        given, guess = x.clone(), prediction.clone()
        generator = torch.Generator().manual_seed(3)
        out, _ = run.scheduler.step(given, guess, level, following, history, generator)
        require(torch.equal(given, x), "x was written to.")
        require(torch.equal(guess, prediction), "the prediction was written to.")
        outs.append(out)
    require(torch.equal(*outs), "the second time gave something else.")


@rule("scheduler")
def the_generator_decides_the_noise(
    declaration: SchedulerDeclaration, build: BuildFunction
) -> None:
    """Noise comes from the generator given, so that two runs under one seed are the same."""
    with torch.random.fork_rng():
        outs = []
        for own in (1, 2):
            torch.manual_seed(own)
            outs.append(_Run(build(), 5).finish())
    off = float((outs[0] - outs[1]).abs().max())
    require(off == 0, f"they differ by {off:.2g}.")
