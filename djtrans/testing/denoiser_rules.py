"""Rules for denoisers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from djtrans.core.contracts import Conditioning
from djtrans.core.declarations import DenoiserDeclaration
from djtrans.testing.rule import BuildFunction, require, rule

#: Sizes of what the rules feed; a denoiser of other sizes is built by the `make` of its author.
PARAMETERS, PER_FRAME, GLOBAL = 54, 32, 16
#: Batched and single products of matrices round differently.
_TOLERANCE = 1e-4


class _Question:
    """Random input for a denoiser: ``x``, noise fraction and conditioning."""

    def __init__(self, batch: int, frames: int, seed: int = 0) -> None:
        generator = torch.Generator().manual_seed(seed)

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator)

        self.x = normal(batch, frames, PARAMETERS)
        self.noise_fraction = torch.rand(batch, generator=generator)
        self.per_frame, self.global_ = normal(batch, frames, PER_FRAME), normal(batch, GLOBAL)

    def parts(self) -> list[Tensor]:
        return [self.x, self.noise_fraction, self.per_frame, self.global_]

    @torch.no_grad()
    def put(self, denoiser: Any, rows: slice = slice(None)) -> Tensor:
        x, noise_fraction, per_frame, global_ = (part[rows] for part in self.parts())
        return denoiser(x, noise_fraction, Conditioning(per_frame, global_))


def _built(build: BuildFunction) -> Any:
    """A new denoiser, ready for inference."""
    denoiser = build()
    return denoiser.eval() if isinstance(denoiser, torch.nn.Module) else denoiser


@rule("denoiser")
def predictions_have_the_shape_of_the_input(
    declaration: DenoiserDeclaration, build: BuildFunction
) -> None:
    """A prediction is [batch, frames, parameters] in float32, for any batch and any length."""
    denoiser = _built(build)
    for batch, frames in ((1, 8), (3, 32), (2, 129)):
        question = _Question(batch, frames)
        out = question.put(denoiser)
        require(out.shape == question.x.shape, f"{tuple(question.x.shape)} gave {tuple(out.shape)}")
        require(out.dtype == torch.float32, f"it is {out.dtype}.")


@rule("denoiser")
def any_noise_level_is_finite(declaration: DenoiserDeclaration, build: BuildFunction) -> None:
    """From clean (0) to all noise (1) the prediction is finite."""
    denoiser = _built(build)
    for part in (0.0, 1e-4, 0.5, 1.0):
        question = _Question(2, 16)
        question.noise_fraction = torch.full((2,), part)
        require(bool(torch.isfinite(question.put(denoiser)).all()), f"not at a noise of {part}.")


@rule("denoiser")
def batch_rows_do_not_meet(declaration: DenoiserDeclaration, build: BuildFunction) -> None:
    """Each row of a batch comes out as it does alone."""
    denoiser = _built(build)
    question = _Question(3, 16)
    together = question.put(denoiser)
    for row in range(3):
        one = slice(row, row + 1)
        off = float((question.put(denoiser, one) - together[one]).abs().max())
        require(off <= _TOLERANCE, f"row {row} differs by {off:.2g}.")


@rule("denoiser")
def input_stays_as_it_was(declaration: DenoiserDeclaration, build: BuildFunction) -> None:
    """Neither x, nor the noise fraction, nor the conditioning are written to."""
    question, fresh = _Question(2, 16), _Question(2, 16)
    question.put(_built(build))
    names = ("x", "noise_fraction", "per_frame", "global_")
    changed = [
        name
        for name, now, before in zip(names, question.parts(), fresh.parts(), strict=True)
        if not torch.equal(now, before)
    ]
    require(not changed, f"{', '.join(changed)} changed.")


@rule("denoiser")
def predictions_repeat(declaration: DenoiserDeclaration, build: BuildFunction) -> None:
    """Asked twice in inference, with another question in between, it says the same."""
    denoiser = _built(build)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first = _Question(2, 16).put(denoiser).clone()
        torch.manual_seed(2)
        _Question(1, 8, seed=5).put(denoiser)
        again = _Question(2, 16).put(denoiser)
    require(torch.equal(first, again), f"it differs by {float((first - again).abs().max()):.2g}.")
