"""Rules for objectives: values, gradients, batches, hard cases."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from djtrans.core.contracts.objective import Objective, ObjectiveDeclaration
from djtrans.core.transition.predicted_mix import PredictedMix
from djtrans.testing.example_layout import example_layout
from djtrans.testing.example_prediction import example_prediction, example_values
from djtrans.testing.rule import BuildFunction, CheckFailed, require, rule

#: Largest relative difference of a directional derivative from its central difference; absolute
#: values and limits have kinks, which a difference may cross.
_GRADIENT_TOLERANCE = 0.02
_STEP = 1e-5


def _ends() -> Iterator[tuple[str, Tensor]]:
    """Yield curves at the ends of their ranges."""
    like = example_values()
    rows = [row.parameter for row in example_layout().rows]
    for name in ("minimum", "maximum", "neutral"):
        values = torch.tensor([getattr(p, name) for p in rows])
        yield f"every parameter at its {name}", values.expand_as(like).clone()


def _evaluate(objective: Objective, values: Tensor) -> Tensor:
    return objective.evaluate(example_prediction(values))


@rule("objective")
def value_is_one_per_transition(declaration: ObjectiveDeclaration, build: BuildFunction) -> None:
    """The value is a tensor [batch] of finite numbers of at least 0."""
    for case, mix in _cases():
        value = build().evaluate(mix)
        require(
            isinstance(value, Tensor) and tuple(value.shape) == (mix.batch,),
            f"for {case} it gives {value!r:.80}, not a tensor [{mix.batch}].",
        )
        plain = value.detach()
        require(bool(torch.isfinite(plain).all()), f"for {case} it gives {plain.tolist()}.")
        require(bool((plain >= 0).all()), f"for {case} it is negative: {plain.tolist()}.")


def _cases() -> Iterator[tuple[str, PredictedMix]]:
    yield "the example", example_prediction()
    for silent in ("a", "b", "ab"):
        yield f"silence of {silent.upper()}", example_prediction(silent=silent)
    yield "stems that are not isolated", example_prediction(isolated=False)
    yield "one bar", example_prediction(beats=4)
    yield "one transition", example_prediction(example_values(batch=1))
    for case, values in _ends():
        yield case, example_prediction(values)


@rule("objective")
def every_prediction_is_rated(declaration: ObjectiveDeclaration, build: BuildFunction) -> None:
    """Silence, a short window, weak stems and curves at their ends raise no exception."""
    for case, mix in _cases():
        try:
            build().evaluate(mix)
        except Exception as error:
            raise CheckFailed(f"{case} raises {type(error).__name__}: {error}") from error


@rule("objective")
def gradients_are_finite(declaration: ObjectiveDeclaration, build: BuildFunction) -> None:
    """Gradients in the curves are finite, also at the ends of their ranges and for silence."""
    cases = [("the example", example_values(), ""), *((c, v, "") for c, v in _ends())]
    cases += [(f"silence of {s.upper()}", example_values(), s) for s in ("a", "b", "ab")]
    for case, values, silent in cases:
        at = values.requires_grad_()
        value = build().evaluate(example_prediction(at, silent=silent))
        require(value.requires_grad, f"for {case} the value does not depend on mix.values.")
        (gradient,) = torch.autograd.grad(value.sum(), at)
        require(bool(torch.isfinite(gradient).all()), f"for {case} the gradient is not finite.")


@rule("objective")
def gradients_agree_with_differences(
    declaration: ObjectiveDeclaration, build: BuildFunction
) -> None:
    """The gradient along random directions is that of central differences, in float64."""
    objective = build()
    generator = torch.Generator().manual_seed(0)
    low, high = example_values().double(), torch.rand(2, 32, 54, generator=generator).double()
    values = (0.2 + 0.6 * (0.7 * low + 0.3 * high)).requires_grad_()
    (gradient,) = torch.autograd.grad(_evaluate(objective, values).sum(), values)
    for _ in range(3):
        direction = torch.randn(values.shape, generator=generator, dtype=torch.float64)
        with torch.no_grad():
            up, down = (
                float(_evaluate(objective, values + sign * _STEP * direction).sum())
                for sign in (1.0, -1.0)
            )
        expected, found = (up - down) / (2.0 * _STEP), float((gradient * direction).sum())
        scale = max(abs(expected), 1e-3 * float(gradient.norm()) * float(direction.norm()), 1e-6)
        require(
            abs(found - expected) <= _GRADIENT_TOLERANCE * scale,
            f"the gradient is {found:.6g} along a direction in which the value changes by "
            f"{expected:.6g}.",
        )


@rule("objective")
def predictions_are_independent(declaration: ObjectiveDeclaration, build: BuildFunction) -> None:
    """The value of a transition does not depend on the others of the batch."""
    values = example_values(batch=3)
    together = _evaluate(build(), values).detach()
    alone = torch.cat([_evaluate(build(), values[i : i + 1]).detach() for i in range(3)])
    require(
        torch.allclose(together, alone, rtol=1e-4, atol=1e-6),
        f"{alone.tolist()} alone, {together.tolist()} in one batch.",
    )


@rule("objective")
def rating_repeats(declaration: ObjectiveDeclaration, build: BuildFunction) -> None:
    """Rating again, with another build or under other seeds, gives the same value."""
    found = []
    with torch.random.fork_rng():
        for seed in (1, 2):
            torch.manual_seed(seed)
            objective = build()
            found.append(_evaluate(objective, example_values()).detach())
            objective.evaluate(example_prediction(beats=4))
            found.append(_evaluate(objective, example_values()).detach())
    require(
        all(torch.equal(found[0], other) for other in found[1:]),
        f"{found[0].tolist()} became {[other.tolist() for other in found[1:]]}.",
    )


@rule("objective")
def prediction_is_untouched(declaration: ObjectiveDeclaration, build: BuildFunction) -> None:
    """The curves and powers of the prediction are not modified."""
    mix, untouched = example_prediction(), example_prediction()
    build().evaluate(mix)
    for name, before, after in (
        ("values", untouched.values, mix.values),
        ("power", untouched.power, mix.power),
        ("a.power", untouched.a.power, mix.a.power),
        ("b.power", untouched.b.power, mix.b.power),
        ("a.gains", untouched.a.gains, mix.a.gains),
        ("a.source.power", untouched.a.source.power, mix.a.source.power),
        ("b.source.power", untouched.b.source.power, mix.b.source.power),
    ):
        require(torch.equal(before, after), f"{name} was modified.")


@rule("objective")
def something_is_rated(declaration: ObjectiveDeclaration, build: BuildFunction) -> None:
    """The value differs between at least two of several transitions."""
    layout = example_layout()
    swap = example_values(batch=1)
    swap[:, :16, layout.select("a/*/fader/gain")] = 1.0
    swap[:, 16:, layout.select("a/*/fader/gain")] = 0.0
    swap[:, :12, layout.select("b/*/fader/gain")] = 0.0
    swap[:, 12:, layout.select("b/*/fader/gain")] = 1.0
    low = swap.clone()
    low[:, 6:, layout.select("a/*/eq/low")] = 0.0
    low[:, 9:12, layout.select("a/*/eq/high")] = 0.5
    curves = [example_values(), swap, low, *(values[:1] for _, values in _ends())]
    found = [v for values in curves for v in _evaluate(build(), values).detach().tolist()]
    require(max(found) - min(found) > 1e-6, f"the value is always {found[0]:g}.")
