"""Going over from one version of the same sound to another where they differ least."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

#: Length of the fade.
FADE_SECONDS = 0.004
#: How long before the end the fade is done: an attack may start a little before its beat.
CLEAR_SECONDS = 0.005


def join(before: Tensor, after: Tensor, sample_rate: int) -> Tensor:
    """Start with one version of a sound and end with another, without a step in level.

    The fade is laid where the two are most alike, ahead of the attack that the end may hold. Its
    weights keep the power for sounds that are as much alike: equal gain for equal sounds, equal
    power for unrelated ones.

    Parameters
    ----------
    before, after : Tensor
        ``[..., samples]`` float32, of one shape: the same stretch of time in two versions.
    sample_rate : int
        In Hz.

    Returns
    -------
    Tensor
        Same shape: `before` up to the fade, `after` from there.
    """
    samples = before.shape[-1]
    fade = min(round(FADE_SECONDS * sample_rate), samples)
    reach = max(samples - round(CLEAR_SECONDS * sample_rate), fade)
    at, alike = _best_place(before[..., :reach], after[..., :reach], fade)
    part = torch.sin(0.5 * torch.pi * (torch.arange(fade, dtype=torch.float64) + 0.5) / fade) ** 2
    rest = 1.0 - part
    power = rest.square() + part.square() + 2.0 * max(alike, 0.0) * rest * part
    leaving, entering = (w / power.sqrt() for w in (rest, part))
    middle = slice(at, at + fade)
    faded = before[..., middle] * leaving.to(before) + after[..., middle] * entering.to(after)
    return torch.cat([before[..., :at], faded, after[..., at + fade :]], dim=-1)


def _best_place(before: Tensor, after: Tensor, fade: int) -> tuple[int, float]:
    """Where a fade of `fade` samples joins the two best, and how alike they are there, -1 to 1."""
    x, y = (v.detach().cpu().double().numpy().reshape(-1, v.shape[-1]) for v in (before, after))

    def windowed(values: np.ndarray) -> np.ndarray:
        total = np.concatenate([[0.0], np.cumsum(values.sum(axis=0))])
        return total[fade:] - total[:-fade]

    alike = 2.0 * windowed(x * y) / (windowed(x * x + y * y) + 1e-12)
    # The latest of equals: next to silence all places are alike, and the sound should last.
    at = len(alike) - 1 - int(np.argmax(alike[::-1]))
    return at, min(float(alike[at]), 1.0)
