"""Gradient descent through the mixer: refine curves until their render matches the mix."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.curves.params import TransitionParams
from djtrans.core.track.stems import Stems
from djtrans.inverse.loss import SpectralLoss
from djtrans.mixer.mixer import Mixer


@attrs.frozen
class DescentOptions:
    """Options of gradient descent.

    Attributes
    ----------
    steps : int
        Largest number of steps, 0 to 150.
    learning_rate : float
        Initial learning rate, as a fraction of a parameter's range.
    motion, distance : float
        Weights of the mean change from frame to frame, and of the mean distance from neutral.
    patience : int
        Steps without improvement after which the learning rate decreases.
    least_gain : float
        Relative decrease of the loss that counts as an improvement.
    shorten : float
        Factor by which the learning rate decreases.
    least_rate : float
        Fraction of the initial learning rate below which the descent ends.

    Examples
    --------
    >>> from djtrans.inverse import DescentOptions
    >>> DescentOptions(steps=50).learning_rate
    0.01
    """

    steps: int = setting(150, "Largest number of steps.", minimum=0, maximum=150)
    learning_rate: float = setting(
        0.01, "Initial rate, as a fraction of a range.", minimum=1e-5, maximum=0.5
    )
    motion: float = setting(
        2e-3, "Weight of the mean change from frame to frame.", minimum=0.0, maximum=10.0
    )
    distance: float = setting(
        1e-3, "Weight of the mean distance from neutral.", minimum=0.0, maximum=10.0
    )
    patience: int = setting(
        5, "Steps without improvement until the rate decreases.", unit="steps", minimum=1
    )
    least_gain: float = setting(
        0.01, "Relative decrease of the loss that counts.", minimum=0.0, maximum=0.5
    )
    shorten: float = setting(0.4, "Factor by which the rate decreases.", minimum=0.05, maximum=0.9)
    least_rate: float = setting(
        0.1, "Fraction of the initial rate that ends the descent.", minimum=0.0, maximum=1.0
    )


@attrs.frozen(eq=False)
class Descent:
    """Result of gradient descent.

    Attributes
    ----------
    params : TransitionParams
        The best curves of all steps, within the ranges.
    losses : tuple of float
        Spectral loss, without the prior, of the start and after each step.
    """

    params: TransitionParams
    losses: tuple[float, ...]


def descend(
    mixer: Mixer,
    start: TransitionParams,
    mix: Tensor,
    stems_a: Stems,
    stems_b: Stems,
    options: DescentOptions | None = None,
    progress: FractionCallback | None = None,
) -> Descent:
    """Refine curves until their render matches the mix.

    Adam with values clamped to their ranges after each step, so that a fader can reach 0 and 1,
    which no smooth map onto the range allows. The learning rate decreases on plateaus, and the
    descent ends when it is too small to matter: a good start needs few steps.

    Parameters
    ----------
    mixer : Mixer
    start : TransitionParams
        On the device of the audio.
    mix : Tensor
        ``[channels, samples]``.
    stems_a, stems_b : Stems
        ``[stems, channels, samples]``, as long as the mix.
    options : DescentOptions, optional
    progress : callable, optional
        Called with the fraction done, 0 to 1.

    Returns
    -------
    Descent
    """
    options = options or DescentOptions()
    rows = start.layout.rows
    values = start.values.detach().clone().requires_grad_()
    low = values.new_tensor([row.parameter.minimum for row in rows])
    high = values.new_tensor([row.parameter.maximum for row in rows])
    neutral = values.new_tensor(start.layout.neutral)
    loss_of = SpectralLoss(mix, stems_a.sample_rate)
    # Normalized by the ranges, so that one learning rate suits all.
    scaled = ((values.detach() - low) / (high - low)).requires_grad_()
    optimizer = torch.optim.Adam([scaled], lr=options.learning_rate, betas=(0.9, 0.98))
    best, least, waited, mark = scaled.detach().clone(), float("inf"), 0, float("inf")
    losses: list[float] = []
    for step in range(options.steps + 1):
        values = low + scaled * (high - low)
        out = mixer(stems_a, stems_b, attrs.evolve(start, values=values))
        loss = loss_of(out.mix)
        from_neutral = ((values - neutral) / (high - low)).abs().mean()
        prior = options.motion * scaled.diff(dim=0).abs().mean() + options.distance * from_neutral
        total = loss + prior
        losses.append(float(loss.detach()))
        now = float(total.detach())
        if now < least:
            best, least = scaled.detach().clone(), now
        if now < mark * (1.0 - options.least_gain):
            mark, waited = now, 0
        else:
            waited += 1
        if step == options.steps:
            break
        if waited >= options.patience:
            group = optimizer.param_groups[0]
            group["lr"] *= options.shorten
            if group["lr"] < options.least_rate * options.learning_rate:
                break
            waited = 0
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        with torch.no_grad():
            scaled.clamp_(0.0, 1.0)
        if progress is not None:
            progress((step + 1) / options.steps)
    if progress is not None:
        progress(1.0)
    return Descent(attrs.evolve(start, values=low + best * (high - low)), tuple(losses))
