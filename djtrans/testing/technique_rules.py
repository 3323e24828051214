"""Rules for techniques."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import torch
from torch import Tensor

from djtrans.core.declarations import TechniqueDeclaration
from djtrans.core.drawing import DrawRequest
from djtrans.core.layout import Layout
from djtrans.core.params import SNAP_FRACTION, conform
from djtrans.testing.example_layout import (
    example_layout,
    larger_layout,
    needed_layout,
    stranger_rows,
)
from djtrans.testing.rule import BuildFunction, require, rule

BEATS_PER_BAR = 4
#: How far outside its range rounding may put a value, as a fraction of the range.
_ROUNDING = 1e-6


def requests(declaration: TechniqueDeclaration, layout: Layout) -> Iterator[DrawRequest]:
    """What a technique must be able to draw: its window lengths at 2, 4 and 8 frames a beat."""
    for bars in sorted(set(declaration.bars)):
        swap = declaration.swap_bars(bars) * BEATS_PER_BAR
        for rate in (2, 4, 8):
            frames = bars * BEATS_PER_BAR * rate
            yield DrawRequest(layout, frames, swap, frames_per_beat=rate, seed=7)


def _usual(declaration: TechniqueDeclaration, layout: Layout) -> DrawRequest:
    return next(requests(attrs.evolve(declaration, bars=(declaration.bars[1],) * 3), layout))


@rule("technique")
def curves_have_the_shape_asked(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """Curves are floats [frames, parameters] at every length and rate that it is declared for."""
    for request in requests(declaration, example_layout()):
        curves = build().draw(request)
        require(isinstance(curves, Tensor), f"they are a {type(curves).__name__}.")
        wanted = (request.n_frames, len(request.layout))
        require(tuple(curves.shape) == wanted, f"got {tuple(curves.shape)}, asked {wanted}.")
        require(curves.is_floating_point(), f"they are {curves.dtype}.")


@rule("technique")
def curves_are_finite(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """No value is infinite or not a number."""
    for request in requests(declaration, example_layout()):
        bad = ~torch.isfinite(build().draw(request)).all(dim=0)
        keys = [row.key for row in request.layout.rows if bad[row.index]]
        require(not keys, f"{', '.join(keys[:4])} are not finite.")


@rule("technique")
def curves_stay_in_range(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """Every value lies in the range of its parameter, before anything is put right."""
    for request in requests(declaration, example_layout()):
        curves = build().draw(request)
        for row in request.layout.rows:
            p, curve = row.parameter, curves[:, row.index]
            low, high = float(curve.min()), float(curve.max())
            slack = _ROUNDING * p.span
            require(
                p.minimum - slack <= low and high <= p.maximum + slack,
                f"{row.key} runs from {low:g} to {high:g}, allowed {p.minimum:g} to {p.maximum:g}.",
            )


@rule("technique")
def both_ends_are_reached(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """The first frame is A alone at neutral, the last B alone, before anything is put right."""
    for request in requests(declaration, example_layout()):
        curves = build().draw(request)
        pinned = conform(curves, request.layout)
        for frame, name in ((0, "first"), (-1, "last")):
            for row in request.layout.rows:
                off = abs(float(pinned[frame, row.index] - curves[frame, row.index]))
                require(
                    off <= SNAP_FRACTION * row.parameter.span * (1 + 1e-6),
                    f"{row.key} is {float(curves[frame, row.index]):g} in the {name} frame of "
                    f"{request.n_frames}.",
                )


@rule("technique")
def drawing_repeats(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """Two builds draw the same for one request, whatever torch's own seed is; so does a redraw."""
    request = _usual(declaration, example_layout())
    with torch.random.fork_rng():
        torch.manual_seed(1)
        technique = build()
        first = technique.draw(request).clone()
        torch.manual_seed(2)
        again = technique.draw(request)
        other = build().draw(request)
    require(torch.equal(first, again), "a second drawing differs.")
    require(torch.equal(first, other), "another build differs.")


@rule("technique")
def unknown_parameters_stay_neutral(
    declaration: TechniqueDeclaration, build: BuildFunction
) -> None:
    """In a layout with more parameters, those that it cannot know are neutral throughout."""
    layout = larger_layout()
    curves = build().draw(_usual(declaration, layout))
    for index in stranger_rows(layout):
        row = layout.rows[index]
        moved = float((curves[:, index] - row.parameter.neutral).abs().max())
        require(moved <= _ROUNDING * row.parameter.span, f"{row.key} moves by {moved:g}.")


@rule("technique")
def needs_are_enough(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """It draws for a layout that has only what it declares to need."""
    layout = needed_layout(declaration.needs)
    require(len(layout) > 0, f"no parameter of the default mixer matches {declaration.needs}.")
    request = _usual(declaration, layout)
    curves = build().draw(request)
    require(
        tuple(curves.shape) == (request.n_frames, len(layout)),
        f"got {tuple(curves.shape)}, asked ({request.n_frames}, {len(layout)}).",
    )
    require(bool(torch.isfinite(curves).all()), "a value is not finite.")
