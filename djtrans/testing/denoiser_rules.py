"""Rules for denoisers: shapes, masking, determinism."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from djtrans.core.contracts.denoiser import DenoiserDeclaration, DenoiserShape
from djtrans.core.contracts.encoder import Conditioning
from djtrans.testing.rule import BuildFunction, CheckFailed, require, rule

#: Shape of the tested networks: the parameters of the default mixer, and some conditioning.
SHAPE = DenoiserShape(parameters=54, per_frame=32, global_=16)
#: Batched and single matrix products round differently.
_TOLERANCE = 1e-4


class _NetworkInput:
    """Random input of a network: ``x``, noise fraction and conditioning."""

    def __init__(
        self, batch: int, frames: int, seed: int = 0, shape: DenoiserShape = SHAPE
    ) -> None:
        generator = torch.Generator().manual_seed(seed)

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator)

        self.x = normal(batch, frames, shape.parameters)
        self.noise_fraction = torch.rand(batch, generator=generator)
        self.per_frame = normal(batch, frames, shape.per_frame)
        self.global_ = normal(batch, shape.global_)
        self.mask: Tensor | None = None

    def parts(self) -> list[Tensor]:
        return [self.x, self.noise_fraction, self.per_frame, self.global_]

    @torch.no_grad()
    def run(self, network: Any, rows: slice = slice(None)) -> Tensor:
        x, noise_fraction, per_frame, global_ = (part[rows] for part in self.parts())
        mask = None if self.mask is None else self.mask[rows]
        return network(x, noise_fraction, Conditioning(per_frame, global_, mask))


def _built(build: BuildFunction, shape: DenoiserShape = SHAPE) -> Any:
    """Build a network in eval mode, with noise added to its weights.

    Many networks are initialized with a last layer of zeros, with which any rule would pass.
    """
    network = build().build(shape)
    require(
        isinstance(network, torch.nn.Module), f"build() gave a {type(network).__name__}, no Module."
    )
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return network.eval()


@rule("denoiser")
def predictions_have_the_shape_of_the_input(
    declaration: DenoiserDeclaration, build: BuildFunction
) -> None:
    """A prediction is [batch, frames, parameters] in float32, for any batch and any length."""
    network = _built(build)
    for batch, frames in ((1, 8), (3, 32), (2, 129)):
        inputs = _NetworkInput(batch, frames)
        out = inputs.run(network)
        require(out.shape == inputs.x.shape, f"{tuple(inputs.x.shape)} gave {tuple(out.shape)}")
        require(out.dtype == torch.float32, f"it is {out.dtype}.")


@rule("denoiser")
def networks_have_the_requested_widths(
    declaration: DenoiserDeclaration, build: BuildFunction
) -> None:
    """Any numbers of parameters and of conditioning channels work, including zero channels."""
    for parameters, per_frame, global_ in ((58, 7, 3), (54, 0, 16), (54, 32, 0), (1, 0, 0)):
        shape = DenoiserShape(parameters, per_frame, global_)
        inputs = _NetworkInput(2, 16, shape=shape)
        try:
            out = inputs.run(_built(build, shape))
        except RuntimeError as error:
            raise CheckFailed(f"{shape} fails: {error}") from error
        require(out.shape == inputs.x.shape, f"{shape} gave {tuple(out.shape)}.")


@rule("denoiser")
def masked_frames_have_no_effect(declaration: DenoiserDeclaration, build: BuildFunction) -> None:
    """A transition that is padded and masked gives the same prediction as without padding."""
    network = _built(build)
    for frames in (13, 32):
        long, short = _NetworkInput(2, 48), _NetworkInput(2, 48)
        short.x, short.per_frame = short.x[:, :frames], short.per_frame[:, :frames]
        long.mask = torch.ones(2, 48, dtype=torch.bool)
        long.mask[:, frames:] = False
        off = float((long.run(network)[:, :frames] - short.run(network)).abs().max())
        require(off <= _TOLERANCE, f"{frames} of 48 frames differ by {off:.2g}.")


@rule("denoiser")
def any_noise_level_is_finite(declaration: DenoiserDeclaration, build: BuildFunction) -> None:
    """The prediction is finite at every noise fraction from 0 (clean) to 1 (noise)."""
    network = _built(build)
    for part in (0.0, 1e-4, 0.5, 1.0):
        inputs = _NetworkInput(2, 16)
        inputs.noise_fraction = torch.full((2,), part)
        require(bool(torch.isfinite(inputs.run(network)).all()), f"not at a noise of {part}.")


@rule("denoiser")
def rows_are_independent(declaration: DenoiserDeclaration, build: BuildFunction) -> None:
    """Each row of a batch gives the same output as alone."""
    network = _built(build)
    inputs = _NetworkInput(3, 16)
    together = inputs.run(network)
    for row in range(3):
        one = slice(row, row + 1)
        off = float((inputs.run(network, one) - together[one]).abs().max())
        require(off <= _TOLERANCE, f"row {row} differs by {off:.2g}.")


@rule("denoiser")
def input_stays_as_it_was(declaration: DenoiserDeclaration, build: BuildFunction) -> None:
    """The input x, the noise fraction and the conditioning are not modified."""
    inputs, fresh = _NetworkInput(2, 16), _NetworkInput(2, 16)
    inputs.run(_built(build))
    names = ("x", "noise_fraction", "per_frame", "global_")
    changed = [
        name
        for name, now, before in zip(names, inputs.parts(), fresh.parts(), strict=True)
        if not torch.equal(now, before)
    ]
    require(not changed, f"{', '.join(changed)} changed.")


@rule("denoiser")
def predictions_repeat(declaration: DenoiserDeclaration, build: BuildFunction) -> None:
    """In eval mode, the same input gives the same prediction, also after other inputs."""
    network = _built(build)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first = _NetworkInput(2, 16).run(network).clone()
        torch.manual_seed(2)
        _NetworkInput(1, 8, seed=5).run(network)
        again = _NetworkInput(2, 16).run(network)
    require(torch.equal(first, again), f"it differs by {float((first - again).abs().max()):.2g}.")
