"""The schedulers that come with djtrans: declarations only, nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.contracts.scheduler import SchedulerDeclaration

_FLOW = (
    "X. Liu, C. Gong, Q. Liu, Flow Straight and Fast: Learning to Generate and Transfer Data with "
    "Rectified Flow, ICLR 2023."
)
_EDM = (
    "T. Karras, M. Aittala, T. Aila, S. Laine, Elucidating the Design Space of Diffusion-Based "
    "Generative Models, NeurIPS 2022."
)
_DPMPP = (
    "C. Lu et al., DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic "
    "Models, 2022."
)
_DDPM = "J. Ho, A. Jain, P. Abbeel, Denoising Diffusion Probabilistic Models, NeurIPS 2020."


@attrs.frozen
class FlowConfig:
    """Settings of the rectified-flow solver."""

    order: int = setting(
        2, "1 is Euler's method, 2 that of Adams and Bashforth.", unit="order", choices=(1, 2)
    )
    spacing: str = setting(
        "cosine", "Even steps, or smaller ones at both ends.", choices=("cosine", "even")
    )


@attrs.frozen
class HeunConfig:
    """Settings of Heun's method."""

    spacing: str = setting(
        "cosine", "Even steps, or smaller ones at both ends.", choices=("cosine", "even")
    )


@attrs.frozen
class LinearBetaConfig:
    """A process with linear betas."""

    zero_terminal_snr: bool = setting(
        True, "Whether sampling begins with noise only, without DDPM's trace of the data."
    )


@attrs.frozen
class DdimConfig(LinearBetaConfig):
    """A process with linear betas, and how much noise is added along the way."""

    eta: float = setting(
        0.0, "0 adds no noise, 1 as much as DDPM.", unit="ratio", minimum=0.0, maximum=1.0
    )


@hookimpl
def djtrans_schedulers() -> Iterable[SchedulerDeclaration]:
    """Declare the built-in schedulers."""
    yield SchedulerDeclaration(
        name="flow",
        summary="Rectified flow: straight paths, second-order multistep by default.",
        factory="djtrans.plugins.schedulers.flow:FlowScheduler",
        config=FlowConfig,
        steps=10,
        references=(_FLOW,),
    )
    yield SchedulerDeclaration(
        name="heun",
        summary="Rectified flow by Heun's method: two evaluations per step, second order.",
        factory="djtrans.plugins.schedulers.heun:HeunScheduler",
        config=HeunConfig,
        steps=5,
        evaluations=2,
        references=(
            _FLOW,
            _EDM,
        ),
    )
    yield SchedulerDeclaration(
        name="ddpm",
        summary="Ancestral sampling: new noise at each step, many steps.",
        factory="djtrans.plugins.schedulers.ddpm:DdpmScheduler",
        config=LinearBetaConfig,
        steps=250,
        references=(_DDPM,),
    )
    yield SchedulerDeclaration(
        name="ddim",
        summary="Implicit models: deterministic, first order.",
        factory="djtrans.plugins.schedulers.ddim:DdimScheduler",
        config=DdimConfig,
        steps=50,
        references=(
            "J. Song, C. Meng, S. Ermon, Denoising Diffusion Implicit Models, ICLR 2021.",
            _DDPM,
        ),
    )
    yield SchedulerDeclaration(
        name="dpmpp2m",
        summary="DPM-Solver++(2M): deterministic, second-order multistep.",
        factory="djtrans.plugins.schedulers.dpmpp2m:DpmPp2mScheduler",
        config=LinearBetaConfig,
        steps=20,
        references=(_DPMPP, _DDPM),
    )
