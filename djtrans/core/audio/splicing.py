"""Crossfaded splices at the point of least difference between two signals."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

#: Length of the crossfade.
FADE_SECONDS = 0.004
#: Time from the end of the crossfade to the end: an attack may start a little before its beat.
CLEAR_SECONDS = 0.005


def splice(before: Tensor, after: Tensor, sample_rate: int) -> Tensor:
    """Crossfade from one version of a signal to another where they are most similar.

    The fade ends before an attack at the end of the signals. Its weights preserve the power for the
    measured similarity: equal gain for equal signals, equal power for uncorrelated ones.

    Parameters
    ----------
    before, after : Tensor
        ``[..., samples]`` float32, of equal shape: two versions of the same time span.
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
    at, similarity = _best_position(before[..., :reach], after[..., :reach], fade)
    rise = torch.sin(0.5 * torch.pi * (torch.arange(fade, dtype=torch.float64) + 0.5) / fade) ** 2
    fall = 1.0 - rise
    power = fall.square() + rise.square() + 2.0 * max(similarity, 0.0) * fall * rise
    fade_out, fade_in = (w / power.sqrt() for w in (fall, rise))
    middle = slice(at, at + fade)
    faded = before[..., middle] * fade_out.to(before) + after[..., middle] * fade_in.to(after)
    return torch.cat([before[..., :at], faded, after[..., at + fade :]], dim=-1)


def _best_position(before: Tensor, after: Tensor, fade: int) -> tuple[int, float]:
    """Find the start of the most similar `fade` samples, and their similarity, -1 to 1."""
    x, y = (v.detach().cpu().double().numpy().reshape(-1, v.shape[-1]) for v in (before, after))

    def windowed(values: np.ndarray) -> np.ndarray:
        total = np.concatenate([[0.0], np.cumsum(values.sum(axis=0))])
        return total[fade:] - total[:-fade]

    similarity = 2.0 * windowed(x * y) / (windowed(x * x + y * y) + 1e-12)
    # The latest of equals: if one signal is silent all are equal, and the other should last.
    at = len(similarity) - 1 - int(np.argmax(similarity[::-1]))
    return at, min(float(similarity[at]), 1.0)
