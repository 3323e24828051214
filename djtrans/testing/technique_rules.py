"""Rules for techniques: shape, range and ends of curves, ownership of the lows, seeds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.params import SNAP_FRACTION, conform
from djtrans.core.curves.request import CurveRequest
from djtrans.testing.example_layout import (
    example_layout,
    needed_layout,
    unknown_rows,
    with_unknown_rows,
)
from djtrans.testing.rule import BuildFunction, require, rule

BEATS_PER_BAR = 4
#: Seed of the plain curves, and some of varied ones.
SEEDS = (0, 1, 2, 3, 7)
#: Stems with kick and bass, and the gain up to which their lows count as off (-26 dB).
LOW_STEMS = ("drums", "bass")
_NO_LOWS = 0.05
#: Tolerance of rounding, as a fraction of the range.
_ROUNDING = 1e-6
#: Distance of two beats that is rounding.
_SAME_BEAT = 1e-6


def layouts(declaration: TechniqueDeclaration, build: BuildFunction) -> list[Layout]:
    """Return the layouts that have the parameters that a technique needs.

    They are that of the default mixer, those of the plugin's effects and mixers, and given ones.
    """
    known = (example_layout(), *getattr(build, "layouts", ()))
    found = [layout for layout in known if all(map(layout.select, declaration.needs))]
    require(
        bool(found),
        f"it needs {', '.join(declaration.needs)}, which neither the default mixer has nor one of "
        "the plugin; give the layout of a mixer: layouts=[djtrans.mixer_layout(...)].",
    )
    return found


def requests(declaration: TechniqueDeclaration, build: BuildFunction) -> Iterator[CurveRequest]:
    """Yield requests that a technique must support.

    They cover its layouts and window lengths at 2, 4 and 8 frames per beat and some seeds; odd
    seeds have phrase boundaries every four bars.
    """
    for layout in layouts(declaration, build):
        yield from _requests(declaration, layout)


def _requests(declaration: TechniqueDeclaration, layout: Layout) -> Iterator[CurveRequest]:
    for bars in sorted(set(declaration.bars)):
        swap = declaration.swap_bars(bars) * BEATS_PER_BAR
        for rate, seed in product((2, 4, 8), SEEDS):
            yield _request(declaration, layout, bars, swap, rate, seed)


def _request(
    declaration: TechniqueDeclaration, layout: Layout, bars: int, swap: int, rate: int, seed: int
) -> CurveRequest:
    beats = bars * BEATS_PER_BAR
    boundaries = tuple(map(float, range(swap % 16, beats + 1, 16))) if seed % 2 else ()
    return CurveRequest(
        layout,
        beats * rate,
        swap,
        frames_per_beat=rate,
        seed=seed,
        phrase_beats_a=boundaries,
        phrase_beats_b=boundaries,
    )


def _typical_request(
    declaration: TechniqueDeclaration, layout: Layout, seed: int = SEEDS[-1]
) -> CurveRequest:
    bars = declaration.bars[1]
    swap = declaration.swap_bars(bars) * BEATS_PER_BAR
    return _request(declaration, layout, bars, swap, 2, seed)


@rule("technique")
def curves_have_the_requested_shape(
    declaration: TechniqueDeclaration, build: BuildFunction
) -> None:
    """Curves are floats [frames, parameters] at every declared length and frame rate."""
    for request in requests(declaration, build):
        curves = build().generate(request)
        require(isinstance(curves, Tensor), f"they are a {type(curves).__name__}.")
        expected = (request.n_frames, len(request.layout))
        require(tuple(curves.shape) == expected, f"got {tuple(curves.shape)}, not {expected}.")
        require(curves.is_floating_point(), f"they are {curves.dtype}.")


@rule("technique")
def curves_are_finite(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """No value is infinite or not a number."""
    for request in requests(declaration, build):
        bad = ~torch.isfinite(build().generate(request)).all(dim=0)
        keys = [row.key for row in request.layout.rows if bad[row.index]]
        require(not keys, f"{', '.join(keys[:4])} are not finite.")


@rule("technique")
def curves_stay_in_range(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """Every value lies in the range of its parameter, before any correction."""
    for request in requests(declaration, build):
        curves = build().generate(request)
        lowest, highest = curves.amin(dim=0).tolist(), curves.amax(dim=0).tolist()
        for row, low, high in zip(request.layout.rows, lowest, highest, strict=True):
            p = row.parameter
            slack = _ROUNDING * p.span
            require(
                p.minimum - slack <= low and high <= p.maximum + slack,
                f"{row.key} runs from {low:g} to {high:g}, allowed {p.minimum:g} to {p.maximum:g}.",
            )


@rule("technique")
def both_ends_are_reached(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """The first frame is A alone at neutral, the last B alone, before any correction."""
    for request in requests(declaration, build):
        curves = build().generate(request)
        moved = (conform(curves, request.layout) - curves).abs()
        for frame, name in ((0, "first"), (-1, "last")):
            for row, off in zip(request.layout.rows, moved[frame].tolist(), strict=True):
                require(
                    off <= SNAP_FRACTION * row.parameter.span * (1 + 1e-6),
                    f"{row.key} is {float(curves[frame, row.index]):g} in the {name} frame of "
                    f"{request.n_frames}.",
                )


@rule("technique")
def generation_repeats(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """Two builds, and two calls, give the same curves under any global torch seed."""
    request = _typical_request(declaration, layouts(declaration, build)[-1])
    with torch.random.fork_rng():
        torch.manual_seed(1)
        technique = build()
        first = technique.generate(request).clone()
        torch.manual_seed(2)
        again = technique.generate(request)
        other = build().generate(request)
    require(torch.equal(first, again), "the second call differs.")
    require(torch.equal(first, other), "another build differs.")


@rule("technique")
def unknown_parameters_stay_neutral(
    declaration: TechniqueDeclaration, build: BuildFunction
) -> None:
    """In a layout with additional parameters, unknown ones stay at neutral."""
    layout = with_unknown_rows(layouts(declaration, build)[0])
    curves = build().generate(_typical_request(declaration, layout))
    for index in unknown_rows(layout):
        row = layout.rows[index]
        moved = float((curves[:, index] - row.parameter.neutral).abs().max())
        require(moved <= _ROUNDING * row.parameter.span, f"{row.key} moves by {moved:g}.")


@rule("technique")
def needs_are_enough(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """It generates curves for a layout with only the parameters that it declares to need."""
    layout = needed_layout(layouts(declaration, build)[0], declaration.needs)
    require(len(layout) > 0, "it declares to need none.")
    request = _typical_request(declaration, layout)
    curves = build().generate(request)
    require(
        tuple(curves.shape) == (request.n_frames, len(layout)),
        f"got {tuple(curves.shape)}, not ({request.n_frames}, {len(layout)}).",
    )
    require(bool(torch.isfinite(curves).all()), "a value is not finite.")


@rule("technique")
def one_track_owns_the_lows(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """In no frame are the lows of both tracks up (faders and low EQ of drums and bass)."""
    for request in filter(_has_lows, requests(declaration, build)):
        curves = build().generate(request)
        both = torch.minimum(_lows(curves, request, "a"), _lows(curves, request, "b"))
        frame = int(both.argmax())
        require(
            float(both[frame]) <= _NO_LOWS,
            f"both are at {float(both[frame]):.2g} or more on beat "
            f"{frame / request.frames_per_beat:g} of {request.beats:g} (seed {request.seed}).",
        )


@rule("technique")
def the_lows_come_on_a_downbeat(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """Where B's lows enter in a step (half or more within a frame), it is on a downbeat."""
    for request in filter(_has_lows, requests(declaration, build)):
        lows = _lows(build().generate(request), request, "b")
        steps = (lows.diff() >= 0.5 - _ROUNDING).nonzero()[:, 0] + 1
        off = [f for f in steps.tolist() if f % (request.frames_per_beat * BEATS_PER_BAR)]
        require(
            not off,
            f"they come on beat {off[0] / request.frames_per_beat if off else 0:g} of "
            f"{request.beats:g} (seed {request.seed}).",
        )


@rule("technique")
def the_ending_leads_to_the_swap(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """A's end, if declared, plays without gaps up to the swap; its loops begin on a downbeat."""
    ending = declaration.ending
    if ending is None:
        return
    for bars in sorted(set(declaration.bars)):
        swap = float(declaration.swap_bars(bars) * BEATS_PER_BAR)
        segments = ending.segments(swap)
        require(bool(segments), f"it has no segments at {bars} bars.")
        at = segments[0].start
        for segment in segments:
            require(
                abs(segment.start - at) < _SAME_BEAT and segment.start < segment.stop,
                f"a segment lasts from beat {segment.start:g} to {segment.stop:g} after {at:g} "
                f"({bars} bars).",
            )
            at = segment.stop
        require(abs(at - swap) < _SAME_BEAT, f"it ends on beat {at:g}, the swap is on {swap:g}.")
        plain = ending.plain_beats(swap)
        require(
            0.0 < plain <= swap
            and abs(plain - round(plain / BEATS_PER_BAR) * BEATS_PER_BAR) < _SAME_BEAT,
            f"its loops begin on beat {plain:g} of {swap:g} ({bars} bars).",
        )


@rule("technique")
def seeds_vary_the_curves(declaration: TechniqueDeclaration, build: BuildFunction) -> None:
    """Seeds vary the curves: not all seeds give the curves of seed 0."""
    layout = layouts(declaration, build)[0]
    plain, *others = (
        build().generate(_typical_request(declaration, layout, seed)) for seed in (0, 2, 4, 6, 8)
    )
    require(any(not torch.equal(plain, other) for other in others), "seeds 2, 4, 6 and 8 do.")


def _has_lows(request: CurveRequest) -> bool:
    """Return True if the layout has a fader and a low EQ for kick and bass."""
    patterns = (f"a/{stem}/{node}" for stem in LOW_STEMS for node in ("fader/gain", "eq/low"))
    return all(map(request.layout.select, patterns))


def _lows(curves: Tensor, request: CurveRequest, track: str) -> Tensor:
    """Compute the gain of the lows of a track, the louder of kick and bass, ``[frames]``."""
    gains = []
    for stem in LOW_STEMS:
        rows = request.layout.select(f"{track}/{stem}/fader/gain")
        rows += request.layout.select(f"{track}/{stem}/eq/low")
        gains.append(curves[:, rows].prod(dim=1))
    return torch.stack(gains).amax(dim=0)
