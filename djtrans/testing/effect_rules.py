"""Rules for all effects: shapes, transparency at neutral, gradients, sample rates."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.autograd.gradcheck import GradcheckError

from djtrans.core.contracts.effect import EffectDeclaration, SpectralEffect, TimeEffect
from djtrans.testing.effect_probe import (
    NOTHING,
    RATE,
    RATES,
    TOLERANCE,
    Curves,
    Probe,
    context,
    distance,
    finite,
    noise,
    probe,
    project,
    through,
)
from djtrans.testing.rule import BuildFunction, CheckFailed, require, rule

#: Distance from the ends of the range, as a fraction of it, at which gradients are compared: at an
#: end a finite difference would be one-sided.
_INSIDE = 0.1
_KNOTS = 3


@rule("effect")
def effect_fulfils_its_contract(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """The effect has the methods of its domain."""
    built = build()
    contract = SpectralEffect if declaration.domain == "spectral" else TimeEffect
    require(
        isinstance(built, contract), f"{type(built).__name__} lacks some of {contract.__name__}."
    )


@rule("effect")
def parameters_are_explained(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """Every parameter has a unit and a summary."""
    without = [
        p.name for p in probe(declaration, build).parameters if not p.unit or not p.summary.strip()
    ]
    require(not without, f"{', '.join(without)} lack one.")


@rule("effect")
def shapes_are_kept(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """A mask is [batch, frames, bins or 1]; audio keeps [batch, channels, samples]."""
    ctx, p = context(), probe(declaration, build)
    for batch, channels, length in ((1, 1, 1), (1, 2, 300), (3, 2, 7), (2, 1, 64)):
        audio = noise(batch, channels, length)
        out = p.run(p.moving(batch, length), audio, ctx)
        allowed = [(batch, length, 65), (batch, length, 1)] if p.spectral else [tuple(audio.shape)]
        require(tuple(out.shape) in allowed, f"got {tuple(out.shape)} instead of {allowed[0]}.")


@rule("effect")
def dtype_and_device_are_kept(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """Float32 gives float32, float64 gives float64, on the device of the input."""
    ctx = context()
    for device in ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]:
        for dtype in (torch.float32, torch.float64):
            p = probe(declaration, build)
            if isinstance(p.effect, torch.nn.Module):
                p.effect.to(device, dtype)
            length = p.length(ctx)
            audio = noise(2, 2, length, dtype=dtype).to(device)
            curves = {k: v.to(device) for k, v in p.moving(2, length, dtype=dtype).items()}
            out = p.run(curves, audio, ctx)
            require(
                out.dtype == dtype and out.device.type == device,
                f"{dtype} on {device} became {out.dtype} on {out.device.type}.",
            )


@rule("effect")
def input_is_untouched(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """The audio, the curves and the context are not modified."""
    ctx, fresh, p = context(), context(), probe(declaration, build)
    length = p.length(ctx)
    audio, curves = noise(2, 2, length), p.moving(2, length)
    before, copies = audio.clone(), {k: v.clone() for k, v in curves.items()}
    p.run(curves, audio, ctx)
    require(torch.equal(audio, before), "the audio changed.")
    require(curves.keys() == copies.keys(), "the mapping of curves changed.")
    changed = [name for name in copies if not torch.equal(curves[name], copies[name])]
    require(not changed, f"the curve of {', '.join(changed)} changed.")
    same = torch.equal(ctx.beat_times, fresh.beat_times)
    require(same and torch.equal(ctx.frame_times, fresh.frame_times), "the context changed.")


@rule("effect")
def batch_rows_are_independent(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """Each row of a batch gives the same output as alone."""
    ctx, p = context(), probe(declaration, build)
    length = p.length(ctx)
    audio, curves = noise(3, 2, length), p.moving(3, length)
    together = p.run(curves, audio, ctx)
    for row in range(3):
        one = slice(row, row + 1)
        alone = p.run({k: v[one] for k, v in curves.items()}, audio[one], ctx)
        off = distance(alone, together[one])
        require(off <= TOLERANCE, f"row {row} differs by {off:.2g}.")


@rule("effect")
def neutral_is_transparent(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """At neutral a mask is exactly 1, an insert gives its input, a send gives silence.

    Neutral parameters that bypass the effect suffice, whatever the others are.
    """
    p = probe(declaration, build)
    for rate in RATES:
        ctx = context(rate)
        length = p.length(ctx, 0.1)
        audio, neutral = noise(2, 2, length), p.neutral(2, length)
        kept = {name: neutral[name] for name in declaration.bypassed_by or neutral}
        out = p.run({**p.moving(2, length), **kept}, audio, ctx)
        if p.spectral:
            off = distance(out, torch.ones_like(out))
            require(off == 0, f"the mask is off by {off:.2g} at {rate} Hz.")
        elif declaration.routing == "send":
            require(not bool(out.any()), f"it adds {float(out.abs().max()):.2g} at {rate} Hz.")
        else:
            latency = p.latency(ctx)
            off = distance(out[..., latency:], audio[..., : length - latency])
            require(off <= NOTHING, f"the output is off by {off:.2g} at {rate} Hz.")


@rule("effect")
def ends_of_ranges_are_finite(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """Output and gradients are finite with any parameter at either end of its range."""
    ctx, p = context(), probe(declaration, build)
    length = p.length(ctx)
    audio = noise(1, 2, length)
    for label, values in _corners(p):
        curves = p.constant(1, length, values, torch.float32)
        leaves = [curve.requires_grad_(True) for curve in curves.values()]
        out = p.run(curves, audio, ctx)
        require(finite(out), f"the output is not, with {label}.")
        if not leaves:
            return
        found = torch.autograd.grad(project(out).sum(), leaves, allow_unused=True)
        bad = [n for n, g in zip(curves, found, strict=True) if g is not None and not finite(g)]
        require(not bad, f"the gradient of {', '.join(bad)} is not, with {label}.")


@rule("effect")
def every_parameter_has_a_gradient(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """Every parameter has a nonzero gradient inside its range."""
    ctx, p = context(), probe(declaration, build)
    if not p.parameters:
        return
    length = p.length(ctx)
    curves = p.moving(1, length, margin=_INSIDE)
    leaves = [curve.requires_grad_(True) for curve in curves.values()]
    out = p.run(curves, noise(1, 2, length), ctx)
    require(out.requires_grad, "the output is cut off from its curves.")
    found = torch.autograd.grad(project(out).sum(), leaves, allow_unused=True)
    dead = [n for n, g in zip(curves, found, strict=True) if g is None or not bool(g.any())]
    require(not dead, f"that of {', '.join(dead)} is 0 or missing.")


@rule("effect")
def gradients_are_right(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """In float64 the gradients equal finite differences."""
    ctx, p = context(), probe(declaration, build)
    if isinstance(p.effect, torch.nn.Module):
        p.effect.double()
    length = p.length(ctx)
    generator = torch.Generator().manual_seed(3)
    sources = torch.stack([noise(1, 2, length, seed=s, dtype=torch.float64) for s in (1, 2)])

    def outcome(loudness: Tensor, *knots: Tensor) -> Tensor:
        audio = (loudness[:, None, None, None] * sources).sum(dim=0)
        curves: Curves = {
            parameter.name: through(points, length)
            for parameter, points in zip(p.parameters, knots, strict=True)
        }
        return project(p.run(curves, audio, ctx))

    # Few inputs and outputs that depend on every sample keep the exact check cheap.
    loudness = torch.ones(2, dtype=torch.float64, requires_grad=not p.spectral)
    points = []
    for parameter in p.parameters:
        part = torch.rand(1, _KNOTS, generator=generator, dtype=torch.float64)
        value = parameter.minimum + parameter.span * (_INSIDE + (1 - 2 * _INSIDE) * part)
        points.append(value.requires_grad_(True))
    try:
        torch.autograd.gradcheck(outcome, (loudness, *points), check_undefined_grad=False)
    except GradcheckError as error:
        raise CheckFailed(" ".join(str(error).split())[:300]) from error


@rule("effect")
def any_sample_rate_works(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """From 8 to 96 kHz the output is finite, and latency and tail are not negative."""
    p = probe(declaration, build)
    for rate in RATES:
        ctx = context(rate)
        if not p.spectral:
            latency, tail = p.effect.latency_samples(ctx), p.effect.tail_seconds(ctx)
            require(
                isinstance(latency, int) and latency >= 0,
                f"latency_samples is {latency!r} at {rate} Hz.",
            )
            require(0 <= tail < float("inf"), f"tail_seconds is {tail!r} at {rate} Hz.")
        length = p.length(ctx, 0.1)
        require(
            finite(p.run(p.moving(1, length), noise(1, 2, length), ctx)),
            f"the output is not, at {rate} Hz.",
        )


@rule("effect")
def a_seed_decides_everything(declaration: EffectDeclaration, build: BuildFunction) -> None:
    """Two builds give the same output for a context seed under any global torch seed."""
    ctx = context(RATE, seed=5)
    outs = []
    with torch.random.fork_rng():
        for seed in (1, 2):
            p = probe(declaration, build)
            length = p.length(ctx)
            torch.manual_seed(seed)
            outs.append(p.run(p.moving(1, length), noise(1, 2, length), ctx))
    off = distance(*outs)
    require(off == 0, f"they differ by {off:.2g}.")


def _corners(p: Probe) -> Iterator[tuple[str, dict[str, float]]]:
    for parameter in p.parameters:
        for value in (parameter.minimum, parameter.maximum):
            yield f"{parameter.name} = {value:g}", {parameter.name: value}
    yield "all at their minimum", {q.name: q.minimum for q in p.parameters}
    yield "all at their maximum", {q.name: q.maximum for q in p.parameters}
