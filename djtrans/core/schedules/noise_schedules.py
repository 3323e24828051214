"""Noise schedules shared by the schedulers."""

from __future__ import annotations

import math

import numpy as np

from djtrans.core.contracts.scheduler import Level
from djtrans.core.errors import InputError

#: Forward process of [1]_: this many steps, with these first and last betas.
TIMESTEPS = 1000
BETAS = (1e-4, 0.02)


def flow_levels(steps: int, spacing: str = "even") -> tuple[Level, ...]:
    """Compute the noise levels of rectified flow, from ``Level(0, 1)`` to ``Level(1, 0)``.

    Parameters
    ----------
    steps : int
        Sampling steps, at least 1.
    spacing : {"even", "cosine"}
        Even steps, or smaller ones at both ends: ``sigma = cos(pi i / 2 n)**2``.

    Returns
    -------
    tuple of Level
        ``steps + 1``, with ``alpha + sigma = 1``.

    Raises
    ------
    InputError
        If there is no step.
    """
    check_steps(steps)
    done = [i / steps for i in range(steps + 1)]
    if spacing == "cosine":
        done = [math.sin(math.pi / 2.0 * part) ** 2 for part in done]
    return tuple(Level(alpha, 1.0 - alpha) for alpha in done)


def linear_beta_levels(steps: int, *, zero_terminal_snr: bool) -> tuple[Level, ...]:
    """Compute the noise levels of a variance-preserving process with linear betas.

    The steps are evenly spaced in time from the end ("trailing"), so that the first level is that
    of the last timestep for any number of steps [2]_.

    Parameters
    ----------
    steps : int
        Sampling steps, 1 to 1000.
    zero_terminal_snr : bool
        If True, shift and scale alpha (algorithm 1 of [2]_) so that the first level is pure noise.
        Otherwise the process of [1]_ begins with a trace of the data, alpha = 0.0064, which is
        absent when sampling starts from noise.

    Returns
    -------
    tuple of Level
        ``steps + 1``, with ``alpha**2 + sigma**2 = 1``; the last is ``Level(1, 0)``.

    Raises
    ------
    InputError
        If `steps` is out of range.

    References
    ----------
    .. [1] J. Ho, A. Jain, P. Abbeel, Denoising Diffusion Probabilistic Models, NeurIPS 2020.
    .. [2] S. Lin et al., Common Diffusion Noise Schedules and Sample Steps are Flawed, WACV 2024.

    Examples
    --------
    >>> from djtrans.core import linear_beta_levels
    >>> levels = linear_beta_levels(50, zero_terminal_snr=True)
    >>> len(levels), levels[0], levels[-1]
    (51, Level(alpha=0.0, sigma=1.0), Level(alpha=1.0, sigma=0.0))
    """
    check_steps(steps, TIMESTEPS)
    betas = np.linspace(*BETAS, TIMESTEPS)
    alphas = np.sqrt(np.cumprod(1.0 - betas))
    if zero_terminal_snr:
        alphas = (alphas - alphas[-1]) * alphas[0] / (alphas[0] - alphas[-1])
    timesteps = np.round(TIMESTEPS * (1.0 - np.arange(steps) / steps)).astype(int) - 1
    chosen = alphas[timesteps].tolist()
    return (*(Level(a, math.sqrt(1.0 - a * a)) for a in chosen), Level(1.0, 0.0))


def check_steps(steps: int, most: int | None = None) -> None:
    """Raise :class:`InputError` unless `steps` is at least 1, and at most `most` if given."""
    if steps < 1 or (most is not None and steps > most):
        allowed = "at least 1" if most is None else f"1 to {most}"
        raise InputError(f"steps = {steps} is out of range; give {allowed}.")


def posterior_deviation(level: Level, next_level: Level) -> float:
    """Compute the standard deviation of ``q(x_next | x, clean)``, equation 7 of [1]_.

    Exact for any two levels of which the second has less noise; 0 if it has none.

    References
    ----------
    .. [1] J. Ho, A. Jain, P. Abbeel, Denoising Diffusion Probabilistic Models, NeurIPS 2020.
    """
    correlation = level.alpha / next_level.alpha * next_level.sigma / level.sigma
    return next_level.sigma * math.sqrt(max(0.0, 1.0 - correlation * correlation))
