"""A scheduler with a setting: rectified flow that adds fresh noise at each step.

    python examples/research/scheduler_with_settings.py --churn 0.5

Any trained model can be sampled with it, since a network is conditioned on the noise level in a
form that all schedulers share. On the command line: ``djtrans --plugin FILE generate a.wav b.wav
--scheduler stochastic-flow --set scheduler.churn=0.5``.
"""

import argparse

import attrs

import djtrans
from djtrans.core import Level, normal_like


@attrs.frozen
class StochasticFlowConfig:
    """Settings of the scheduler."""

    churn: float = djtrans.setting(
        0.3, "Fraction of the noise that is replaced.", unit="fraction", minimum=0.0, maximum=1.0
    )


class StochasticFlow:
    """Step on the straight line to the prediction, then replace a part of the remaining noise."""

    def __init__(self, config):
        self.churn = config.churn

    def levels(self, steps):
        """Return ``steps + 1`` levels from noise to clean curves."""
        return tuple(Level(i / steps, 1 - i / steps) for i in range(steps + 1))

    def step(self, x, prediction, level, next_level, history, generator):
        """Return x at the next level, ``[batch, frames, parameters]``, and the history."""
        noise = (x - level.alpha * prediction) / level.sigma
        kept, fresh = (1 - self.churn**2) ** 0.5, normal_like(x, generator)
        noise = kept * noise + self.churn * fresh
        return next_level.alpha * prediction + next_level.sigma * noise, history


@djtrans.hookimpl
def djtrans_schedulers():
    """Declare the scheduler."""
    yield djtrans.SchedulerDeclaration(
        name="stochastic-flow",
        summary="Rectified flow with fresh noise at each step.",
        factory=StochasticFlow,
        config=StochasticFlowConfig,
        steps=20,
    )


def main(churn, seeds=4):
    """Print how much the curves of several seeds differ, for the model's scheduler and this one."""
    djtrans.default_registry().register_file(__file__)
    choices = {"flow": "flow", "stochastic": ("stochastic-flow", {"churn": churn})}
    for name, scheduler in choices.items():
        model = djtrans.load_model(device="cpu", scheduler=scheduler)
        request = djtrans.CurveRequest(
            model.layout, n_frames=64, swap_beat=16, technique="djtrans/bass-swap"
        )
        curves = [model.generate(attrs.evolve(request, seed=seed)) for seed in range(seeds)]
        spread = sum(float((c - curves[0]).abs().mean()) for c in curves[1:]) / (seeds - 1)
        print(f"{name}: mean difference between seeds {spread:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Sample the bundled model stochastically.")
    parser.add_argument("--churn", type=float, default=0.3, help="0 (none) to 1 (all noise is new)")
    main(parser.parse_args().churn)
