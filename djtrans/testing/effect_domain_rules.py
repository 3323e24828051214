"""Rules for spectral effects only (masks), or for time effects only (state, chunking)."""

from __future__ import annotations

import itertools

import torch

from djtrans.core.contracts.effect import EffectDeclaration, PausableEffect
from djtrans.testing.effect_probe import (
    NOTHING,
    TOLERANCE,
    context,
    distance,
    finite,
    noise,
    probe,
)
from djtrans.testing.rule import BuildFunction, require, rule

#: Length of a pause in samples, and number of pauses: in the last ones most tails have ended.
_PAUSE, _PAUSES = 3001, 8


def _is_spectral(declaration: EffectDeclaration) -> bool:
    return declaration.domain == "spectral"


def _has_memory(declaration: EffectDeclaration) -> bool:
    return declaration.domain == "time"


def _has_inputs(declaration: EffectDeclaration) -> bool:
    return bool(declaration.inputs)


@rule("effect", applies=_is_spectral)
def mask_is_never_negative(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """A mask is at least 0 for every curve at every frequency."""
    ctx, p = context(), probe(declaration, build)
    for seed in range(5):
        lowest = float(p.run(p.moving(2, 40, seed=seed), noise(1), ctx).min())
        require(lowest >= 0, f"it falls to {lowest:.3g}.")


@rule("effect", applies=_is_spectral)
def mask_is_made_frame_by_frame(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """The mask of some frames does not depend on the frames before or after them."""
    ctx, p = context(), probe(declaration, build)
    curves = p.moving(2, 12)
    whole = p.run(curves, noise(1), ctx)
    for frames in (slice(0, 1), slice(3, 7), slice(7, 12)):
        some = p.run({k: v[:, frames] for k, v in curves.items()}, noise(1), ctx)
        off = distance(some, whole[:, frames])
        require(off <= TOLERANCE, f"frames {frames.start} to {frames.stop} differ by {off:.2g}.")


@rule("effect", applies=_has_memory)
def silence_stays_silence(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """Silence in gives silence out for any curves; to skip it gives the state after it."""
    ctx, p = context(), probe(declaration, build)
    length = p.length(ctx)
    loudest = float(p.run(p.moving(1, length), torch.zeros(1, 2, length), ctx).abs().max())
    require(loudest <= NOTHING, f"it peaks at {loudest:.2g}.")
    if not isinstance(p.effect, PausableEffect):
        return
    audio, silence, curves = noise(1, 2, length), torch.zeros(1, 2, _PAUSE), p.moving(1, _PAUSE)
    later = p.moving(1, length, seed=1)
    state = p.effect.init_state(1, 2, ctx)
    for pause in range(_PAUSES):
        skipped = p.effect.skip_silence(_PAUSE, ctx, state)
        out, state = p.process(silence, curves, ctx, state)
        if skipped is not None:
            require(not bool(out.any()), "it skips a tail that sounds.")
            after, goal = (p.process(audio, later, ctx, s)[0] for s in (skipped, state))
            off = distance(after, goal)
            require(off <= NOTHING, f"after skipped silence the output is off by {off:.2g}.")
        if pause == 0:  # the others follow audio, and its tail
            _, state = p.process(audio, later, ctx, state)


@rule("effect", applies=_has_memory)
def any_chunking_gives_the_same(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """Audio in chunks of any length gives the same output as one call, within 1e-5."""
    ctx, p = context(), probe(declaration, build)
    length = p.length(ctx)
    audio, curves = noise(2, 2, length), p.moving(2, length)
    whole = p.run(curves, audio, ctx)
    generator = torch.Generator().manual_seed(0)
    plans = [[1, 2, 3, length - 6], [length - 1, 1], [512] * (length // 512) + [length % 512]]
    plans.extend(_random_lengths(length, generator) for _ in range(2))
    for lengths in plans:
        chunks = [n for n in lengths if n]
        off = distance(p.chunked(curves, audio, ctx, chunks), whole)
        require(off <= TOLERANCE, f"chunks of {chunks[:6]} … samples differ by {off:.2g}.")


@rule("effect", applies=_has_memory)
def state_is_a_value(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """A state can be used again: process() neither modifies it nor stores one of its own."""
    ctx, p = context(), probe(declaration, build)
    half = p.length(ctx) // 2
    audio, curves = noise(1, 2, 2 * half), p.moving(1, 2 * half)
    first = {k: v[:, :half] for k, v in curves.items()}
    second = {k: v[:, half:] for k, v in curves.items()}
    empty = p.effect.init_state(1, 2, ctx)
    out_first, middle = p.process(audio[..., :half], first, ctx, empty)
    out_second, _ = p.process(audio[..., half:], second, ctx, middle)
    # Another signal through the same object, from the same states.
    other = noise(1, 2, half, seed=9)
    p.process(other, second, ctx, middle)
    p.process(other, first, ctx, empty)
    again, _ = p.process(audio[..., :half], first, ctx, empty)
    require(distance(again, out_first) == 0, "the first state gave a different output again.")
    again, _ = p.process(audio[..., half:], second, ctx, middle)
    require(distance(again, out_second) == 0, "a later state gave a different output again.")


@rule("effect", applies=_has_inputs)
def every_input_is_used(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """Every declared input changes the output, with a gradient, and is not modified."""
    ctx, p = context(), probe(declaration, build)
    length = p.length(ctx)
    audio, curves = noise(1, 2, length), p.moving(1, length, margin=0.1)
    inputs = {n: x.clone().requires_grad_(True) for n, x in p.inputs(audio).items()}
    copies = {name: x.detach().clone() for name, x in inputs.items()}
    out, _ = p.process(audio, curves, ctx, p.effect.init_state(1, 2, ctx), inputs)
    for name, signal in inputs.items():
        require(torch.equal(signal, copies[name]), f"{name} was modified.")
        found = None
        if out.requires_grad:
            weights = noise(*out.shape, seed=7)
            (found,) = torch.autograd.grad(
                (out * weights).sum(), signal, retain_graph=True, allow_unused=True
            )
        require(found is not None and bool(found.any()), f"{name} has no gradient.")
        require(found is not None and finite(found), f"the gradient of {name} is not finite.")


def _random_lengths(total: int, generator: torch.Generator) -> list[int]:
    cuts = torch.randint(1, total, (6,), generator=generator).sort().values.tolist()
    edges = [0, *cuts, total]
    return [b - a for a, b in itertools.pairwise(edges)]
