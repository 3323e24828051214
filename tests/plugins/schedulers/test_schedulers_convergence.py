"""How fast solvers approach the flow that Gaussian data have in closed form, without clipping."""

from __future__ import annotations

import math

import pytest

from djtrans.diffusion.sampling import denoise


def error(scheduler, data, noise, steps):
    out = denoise(data.expected, scheduler, noise, steps, clip=False)
    flow_end = data.mean + data.deviation * noise  # of the probability flow, for every schedule
    return float((out - flow_end).square().mean().sqrt())


@pytest.mark.parametrize(
    ("name", "config", "order"),
    [
        ("flow", {"order": 1, "spacing": "even"}, 1.0),
        ("flow", {"order": 2, "spacing": "even"}, 2.0),
        ("flow", {"order": 1, "spacing": "cosine"}, 1.0),
        ("flow", {"order": 2, "spacing": "cosine"}, 2.0),
        ("heun", {"spacing": "even"}, 2.0),
        ("heun", {"spacing": "cosine"}, 2.0),
        ("ddim", {}, 1.0),
    ],
)
def test_the_order_of_convergence(name, config, order, build, data, noise):
    scheduler = build(name, **config)
    coarse, fine = (error(scheduler, data, noise, steps) for steps in (100, 200))
    assert math.log2(coarse / fine) == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize("name", ["flow", "heun", "ddim", "dpmpp2m"])
def test_deterministic_schedulers_end_on_the_flow_of_the_closed_form(name, build, data, noise):
    assert error(build(name), data, noise, 1000) < 0.002


def test_at_equal_steps_the_second_order_is_nearer(build, data, noise):
    first, second = (error(build("flow", order=order), data, noise, 10) for order in (1, 2))
    assert second < first / 2
