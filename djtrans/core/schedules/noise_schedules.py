"""Noise levels that schedulers share."""

from __future__ import annotations

import math

import numpy as np

from djtrans.core.contracts.scheduler import Level
from djtrans.core.errors import InputError

#: Forward process of [1]_: this many steps, with these first and last betas.
TIMESTEPS = 1000
BETAS = (1e-4, 0.02)


def linear_beta_levels(steps: int, *, zero_terminal_snr: bool) -> tuple[Level, ...]:
    """Levels of a variance-preserving process with linear betas, evenly spaced in time.

    The steps are spaced from the end ("trailing"), so that the first level is that of the last
    timestep, whatever their number [2]_.

    Parameters
    ----------
    steps : int
        1 to 1000.
    zero_terminal_snr : bool
        Whether alpha is shifted and stretched (algorithm 1 of [2]_) so that the first level is
        noise and nothing else. Without it the process of [1]_ begins with a trace of the data,
        alpha = 0.0064, which is not there when sampling starts from noise.

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
    """Raise an :class:`InputError` unless `steps` is at least 1, and at most `most`."""
    if steps < 1 or (most is not None and steps > most):
        allowed = "at least 1" if most is None else f"1 to {most}"
        raise InputError(f"{steps} sampling steps were asked for; give {allowed}.")


def posterior_deviation(level: Level, next_level: Level) -> float:
    """Standard deviation of ``q(x_next | x, clean)``, equation 7 of [1]_ in terms of levels.

    Exact for any two levels of which the second has less noise, 0 where it has none.

    References
    ----------
    .. [1] J. Ho, A. Jain, P. Abbeel, Denoising Diffusion Probabilistic Models, NeurIPS 2020.
    """
    kept = level.alpha / next_level.alpha * next_level.sigma / level.sigma
    return next_level.sigma * math.sqrt(max(0.0, 1.0 - kept * kept))
